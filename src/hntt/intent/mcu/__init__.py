"""The MCU servers: what other parts may rely on (``contract``), and the facts of one server (``facts``)."""

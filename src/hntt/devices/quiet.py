"""What Python says on stderr of processes that outlive their event loop, and nobody can do anything about."""

from __future__ import annotations

import logging

_SAID = "that handles pid %r is closed"


def silence_late_children() -> None:
    """Drop asyncio's warning of a process that ended after its loop had.

    A way into a device by the ProxyCommand of the operator's ssh_config is such a process: it ends with the connection,
    a moment later. From Python 3.12 on nothing is said of it.
    """
    logging.getLogger("asyncio").addFilter(lambda record: not str(record.msg).endswith(_SAID))

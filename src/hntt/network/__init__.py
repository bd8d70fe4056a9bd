"""Facts derived from the register: addresses, lines, names, dial plan, bandwidth."""

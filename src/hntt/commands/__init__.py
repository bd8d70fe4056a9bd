"""The functions behind ``hntt``'s own sub-commands, one module each."""

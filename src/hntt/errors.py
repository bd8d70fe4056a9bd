"""What ends a command with a message instead of a traceback."""

from __future__ import annotations


class HnttError(Exception):
    """Something the operator can act upon. The text is in the operator's language and says what to do next."""


class UsageError(HnttError):
    """The command was asked for something that cannot be: exit code 2."""


class FindingsError(HnttError):
    """The register has findings of severity error: nothing may connect or be rendered. Exit code 1."""

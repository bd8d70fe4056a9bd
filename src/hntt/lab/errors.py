"""The lab's errors."""

from __future__ import annotations


class LabError(Exception):
    """Something an operator can act upon; the text is in the operator's language."""


class LabUnavailableError(LabError):
    """This machine cannot run containers for the lab; the text says why."""


class CommandError(LabError):
    """A command the lab ran failed; the text names the command and carries what it said."""

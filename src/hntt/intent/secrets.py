"""Where secret values come from. Rendering asks for them by name and never knows where they are kept.

Names: ``ospf_key``, ``snmp_auth``, ``snmp_priv``, ``snmp_user``, ``local_password`` and per-device ones with the host
after a slash (``enable/rt.le-thuy``, ``sip/vcs.le-thuy``, ``vcs_password/vcs.le-thuy``). Offline, names stand in for
the values, so that a rendered configuration can be reviewed by anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

PLACEHOLDER = re.compile(r"<secret:[a-z0-9_./-]+>")


class SecretSource(Protocol):
    """Gives a secret by name; raises KeyError with the name when it has none."""

    def get(self, name: str) -> str:
        """The value."""
        ...


@dataclass(frozen=True)
class Placeholders:
    """Offline source: ``<secret:NAME>`` for every name."""

    def get(self, name: str) -> str:
        """A visible stand-in."""
        return f"<secret:{name}>"


@dataclass(frozen=True)
class SecretValues:
    """Values from a vault file or the lab. ``host/…`` names fall back to the part before the slash."""

    values: Mapping[str, str] = field(repr=False)

    def get(self, name: str) -> str:
        """The value of ``name``, else of the part before its slash."""
        for key in (name, name.partition("/")[0]):
            if key in self.values:
                return self.values[key]
        raise KeyError(name)

    def mask(self, text: str) -> str:
        """``text`` with every known value replaced by its name."""
        for name, value in sorted(self.values.items(), key=lambda item: -len(item[1])):
            if len(value) >= 4:
                text = text.replace(value, f"<secret:{name}>")
        return text

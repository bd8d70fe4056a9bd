"""Where secret values come from. Rendering asks for them by name and never knows where they are kept.

Names: ``ospf_key``, ``snmp_auth``, ``snmp_priv``, ``snmp_user``, ``local_password`` and per-device ones with the host
after a slash (``enable/rt.le-thuy``, ``sip/vcs.le-thuy``, ``vcs_password/vcs.le-thuy``). Offline, names stand in for
the values, so that a rendered configuration can be reviewed by anybody.

Passwords that only machines use are made from one master secret: the vault holds ``sip``, and every endpoint's own
``sip/…`` follows from it. Who learns one endpoint's password learns nothing of another's, and nobody lists 168.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from hntt.intent.kiosk import authority_der

DERIVED = frozenset({"sip", "trunk", "ami"})
"""Names whose value is a master secret: what is below them is derived from it, unless it is given."""
DERIVED_LENGTH = 24
COMPUTED: Mapping[str, tuple[str, Callable[[str], str]]] = {"authority_der": ("authority", authority_der)}
"""Names whose value is another one's in a different form; no vault holds them."""

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


def derived(master: str, name: str) -> str:
    """The password ``name`` out of a master secret: 24 letters and digits (120 bits), the same every time."""
    digest = hmac.new(master.encode(), name.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:DERIVED_LENGTH]


@dataclass(frozen=True)
class SecretValues:
    """Values from a vault file or the lab. ``name/host`` without a value of its own goes back to that of ``name``:

    derived from it for the names in ``DERIVED``, the same for all hosts otherwise.
    """

    values: Mapping[str, str] = field(repr=False)
    _derived: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def get(self, name: str) -> str:
        """The value of ``name``, else what follows from the part before its slash."""
        if name in self.values:
            return self.values[name]
        if name in COMPUTED:
            other, form = COMPUTED[name]
            return self._derived.setdefault(name, form(self.get(other)))
        base = name.partition("/")[0]
        if base not in self.values:
            raise KeyError(name)
        if base not in DERIVED:
            return self.values[base]
        return self._derived.setdefault(name, derived(self.values[base], name))

    def mask(self, text: str) -> str:
        """``text`` with every value known or handed out replaced by its name."""
        known = {**self._derived, **self.values}
        for name, value in sorted(known.items(), key=lambda item: -len(item[1])):
            if len(value) >= 4:
                text = text.replace(value, f"<secret:{name}>")
        return text

"""Secrets in declared state: placeholders while rendering, values only at the last moment.

A template says ``{{ secret('snmp_auth') }}`` and gets the placeholder ``<secret:snmp_auth>``. States, plans, dumps and
diffs therefore never hold a value. :func:`reveal` puts the values in, where a file is written or hashed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from hntt.i18n import tr

_PLACEHOLDER = re.compile(r"<secret:([a-z][a-z0-9_]*)>")


class MissingSecret(LookupError):
    """A secret that was asked for and that the source does not have; ``name`` says which."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            tr(
                vi=f"thiếu bí mật “{name}”: hãy thêm vào `hntt_secrets` trong tệp vault của kho thiết bị",
                en=f"secret '{name}' is missing: add it to `hntt_secrets` in the inventory's vault file",
            )
        )


class SecretSource(Protocol):
    """Where secret values come from."""

    def get(self, name: str) -> str:
        """The value of secret ``name``; raises :class:`MissingSecret`."""


class OfflineSecrets:
    """Without any values: every secret is its own placeholder (plans, golden files, dumps)."""

    def get(self, name: str) -> str:
        """The placeholder of ``name``."""
        return placeholder(name)


class MappingSecrets:
    """Values from a mapping, such as the vault variable ``hntt_secrets``."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name: str(value) for name, value in values.items()}

    def get(self, name: str) -> str:
        """The value of ``name``; raises :class:`MissingSecret`."""
        try:
            return self._values[name]
        except KeyError:
            raise MissingSecret(name) from None

    def __repr__(self) -> str:
        return f"MappingSecrets({sorted(self._values)})"


def placeholder(name: str) -> str:
    """The text that stands for secret ``name``."""
    return f"<secret:{name}>"


def secret_names(text: str) -> frozenset[str]:
    """Names of the secrets whose placeholders are in ``text``."""
    return frozenset(_PLACEHOLDER.findall(text))


def reveal(text: str, secrets: SecretSource) -> str:
    """``text`` with every placeholder replaced by its value; raises :class:`MissingSecret`."""
    return _PLACEHOLDER.sub(lambda match: secrets.get(match.group(1)), text)

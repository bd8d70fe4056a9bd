"""Secrets in declared state: placeholders while rendering, values only at the last moment.

A template says ``{{ secret('snmp_auth') }}`` and gets the placeholder ``<secret:snmp_auth>``. States, plans, dumps
and diffs therefore never hold a value. :func:`reveal` puts the values in, where a file is written or hashed.
"""

from __future__ import annotations

import re

from hntt.i18n import tr
from hntt.intent.secrets import Placeholders, SecretSource

_PLACEHOLDER = re.compile(r"<secret:([a-z0-9_./-]+)>")


class MissingSecretError(LookupError):
    """A secret that was asked for and that the source does not have; ``name`` says which."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            tr(
                vi=f"thiếu bí mật “{name}”: hãy thêm vào `hntt_secrets` trong tệp vault của kho thiết bị",
                en=f"secret '{name}' is missing: add it to `hntt_secrets` in the inventory's vault file",
            )
        )


def is_offline(secrets: SecretSource) -> bool:
    """Whether the source only has stand-ins for the values."""
    return isinstance(secrets, Placeholders)


def value_of(name: str, secrets: SecretSource) -> str:
    """The value of one secret; raises :class:`MissingSecretError`."""
    try:
        return secrets.get(name)
    except KeyError:
        raise MissingSecretError(name) from None


def placeholder(name: str) -> str:
    """The text that stands for secret ``name``."""
    return f"<secret:{name}>"


def secret_names(text: str) -> frozenset[str]:
    """Names of the secrets whose placeholders are in ``text``."""
    return frozenset(_PLACEHOLDER.findall(text))


def reveal(text: str, secrets: SecretSource) -> str:
    """``text`` with every placeholder replaced by its value; raises :class:`MissingSecretError`."""
    return _PLACEHOLDER.sub(lambda match: value_of(match.group(1), secrets), text)

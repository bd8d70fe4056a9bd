"""The settings of the role ``vcs`` that one unit has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hntt.intent.linux.settings import resolve_settings, role_defaults

ROLE = "vcs"


def unit_settings(roles_dir: Path, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The role's defaults, overlaid by the inventory's ``variables``; nothing but the role's own settings.

    Raises ``SettingsError`` for a value that can't be resolved.
    """
    defaults = role_defaults(roles_dir, [ROLE])
    chosen = {name: variables[name] for name in defaults if name in variables}
    return resolve_settings({**defaults, **chosen}, {"hntt": variables.get("hntt", {})})

"""Facts laid over a register's inventory: how the devices are reached where they stand in for the real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from hntt.errors import HnttError
from hntt.i18n import tr
from hntt.inventory.selection import Selection

_KEYS = ("only", "all", "groups", "hosts")


@dataclass(frozen=True)
class Overlay:
    """``only`` replaces fields of the inventory's own. Variables become variables of the hosts, special over general.

    Being host variables, they count more than anything in group_vars: what a lab is overrides what is usual.
    """

    only: Selection = field(default_factory=Selection)
    all_vars: Mapping[str, Any] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hosts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def read_overlay(path: Path) -> Overlay:
    """The overlay in ``path``; HnttError when it is absent (the lab is not up) or damaged."""
    if not path.is_file():
        raise HnttError(
            tr(
                vi=f"Chưa có {path}: phòng lab chưa chạy. Hãy chạy: hntt lab up (hoặc ./run lab-up)",
                en=f"There is no {path}: the lab is not up. Run: hntt lab up (or ./run lab-up)",
            )
        )
    data = _load(path)
    return Overlay(
        only=Selection.from_options(data.get("only") or {}, where=str(path)),
        all_vars=_mapping(path, data, "all"),
        groups=_mapping(path, data, "groups"),
        hosts=_mapping(path, data, "hosts"),
    )


def _load(path: Path) -> Mapping[str, Any]:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(data, dict) or set(data) - set(_KEYS):
        raise _damaged(path, tr(vi=f"chỉ gồm {', '.join(_KEYS)}", en=f"it takes {', '.join(_KEYS)} only"))
    return data


def _mapping(path: Path, data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key) or {}
    if not isinstance(value, dict):
        raise _damaged(path, tr(vi=f"“{key}” phải là tên: giá trị", en=f"'{key}' must be a mapping"))
    return value


def _damaged(path: Path, reason: str) -> HnttError:
    return HnttError(
        tr(
            vi=f"{path} bị hỏng ({reason}). Hãy chạy lại: hntt lab up",
            en=f"{path} is damaged ({reason}). Run again: hntt lab up",
        )
    )

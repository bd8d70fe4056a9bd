"""``hntt.yml``: the file that makes a folder an inventory, read without Ansible."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.inventory.selection import Selection

FILE_NAME = "hntt.yml"
PLUGIN = "hntt_register"
_KEYS = ("plugin", "register", "only", "overlay", "known_hosts", "secrets_file")


@dataclass(frozen=True)
class InventoryConfig:
    """The options of one inventory, all paths absolute. Files may be absent; whoever reads them says so."""

    file: Path
    register_dir: Path
    only: Selection = field(default_factory=Selection)
    overlay: Path | None = None
    known_hosts: Path | None = None
    secrets_file: Path | None = None

    @property
    def directory(self) -> Path:
        """The inventory's folder, where group_vars and host_vars are."""
        return self.file.parent


def read_config(inventory: Path) -> InventoryConfig:
    """The options of ``inventory``: a folder with an ``hntt.yml``, or that file. UsageError when it is neither."""
    file = inventory / FILE_NAME if inventory.is_dir() else inventory
    if not file.is_file():
        raise UsageError(
            tr(
                vi=f"{file}: không có tệp này. Chọn thư mục inventory bằng -i, ví dụ: -i inventories/quang_binh",
                en=f"{file}: no such file. Name an inventory's folder with -i, such as: -i inventories/quang_binh",
            )
        )
    return from_options(file, _read_mapping(file))


def from_options(file: Path, options: Mapping[str, Any]) -> InventoryConfig:
    """Options as found in ``file`` (or as Ansible read them), relative paths taken from the file's folder."""
    unknown = sorted(set(options) - set(_KEYS))
    if unknown:
        raise UsageError(
            tr(
                vi=f"{file}: không có tùy chọn {', '.join(unknown)}; có: {', '.join(_KEYS)}",
                en=f"{file}: there is no option {', '.join(unknown)}; there are: {', '.join(_KEYS)}",
            )
        )
    return InventoryConfig(
        file=file.absolute(),
        register_dir=_path(file, options.get("register") or "register"),
        only=Selection.from_options(options.get("only") or {}, where=str(file)),
        overlay=_optional_path(file, options.get("overlay")),
        known_hosts=_optional_path(file, options.get("known_hosts")),
        secrets_file=_optional_path(file, options.get("secrets_file")),
    )


def _path(file: Path, text: str) -> Path:
    return Path(os.path.normpath(file.absolute().parent / text))


def _optional_path(file: Path, text: str | None) -> Path | None:
    return _path(file, text) if text else None


def _read_mapping(file: Path) -> Mapping[str, Any]:
    try:
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(tr(vi=f"{file}: không phải YAML: {error}", en=f"{file}: not YAML: {error}")) from error
    if not isinstance(data, dict) or data.get("plugin") != PLUGIN:
        raise UsageError(
            tr(vi=f"{file}: cần có dòng “plugin: {PLUGIN}”", en=f"{file}: a line 'plugin: {PLUGIN}' is wanted")
        )
    return data

"""Options that all commands share. They may stand before the command or after it; the one after it counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from hntt.errors import UsageError
from hntt.i18n import set_language, tr

DEFAULT_INVENTORY = "inventories/quang_binh"
Format = Literal["text", "json"]


@dataclass
class _Given:
    inventory: str | None = None
    output_format: str | None = None


_before_command = _Given()

InventoryOption = Annotated[
    str | None,
    typer.Option(
        "--inventory",
        "-i",
        metavar="INVENTORY",
        help=tr(
            vi=f"Thư mục inventory (mặc định {DEFAULT_INVENTORY})",
            en=f"Inventory folder (default {DEFAULT_INVENTORY})",
        ),
    ),
]
LangOption = Annotated[str | None, typer.Option("--lang", metavar="vi|en", help=tr(vi="Ngôn ngữ", en="Language"))]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", metavar="text|json", help=tr(vi="Dạng kết quả", en="Form of the output")),
]


def remember(*, inventory: str | None, output_format: str | None) -> None:
    """Keep what stood before the command. (``--lang`` has taken effect earlier, see :mod:`hntt.cli`.)"""
    _before_command.inventory, _before_command.output_format = inventory, output_format


def inventory_path(given: str | None, default: str = DEFAULT_INVENTORY) -> Path:
    """The inventory asked for: after the command, before it, or the default one."""
    return Path(given or _before_command.inventory or default)


def output_format(given: str | None) -> Format:
    """The form asked for; UsageError for one that there is not."""
    wanted = given or _before_command.output_format or "text"
    if wanted not in ("text", "json"):
        raise UsageError(
            tr(vi=f"--format: chỉ có text hoặc json, không có “{wanted}”", en=f"--format: text or json, not '{wanted}'")
        )
    return cast("Format", wanted)


def use_language(lang: str | None) -> None:
    """Force the language asked for; UsageError for one that there is not."""
    if lang is None:
        return
    if lang not in ("vi", "en"):
        raise UsageError(tr(vi=f"--lang: chỉ có vi hoặc en, không có “{lang}”", en=f"--lang: vi or en, not '{lang}'"))
    set_language(cast("Literal['vi', 'en']", lang))

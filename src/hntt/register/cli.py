"""``hntt check`` and ``hntt register …``. Like every command module, this one may import any room of the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from hntt.commands.options import FormatOption, InventoryOption, LangOption, inventory_path, output_format, use_language
from hntt.i18n import tr
from hntt.inventory.config import read_config
from hntt.register.reading import tidy
from hntt.report.check import as_document, check
from hntt.report.check_text import show

register_app = typer.Typer(no_args_is_help=True)


def check_command(
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help=tr(vi="Mọi chi tiết, không chỉ trang đầu", en="All details, not only the first page")
        ),
    ] = False,
    inventory: InventoryOption = None,
    lang: LangOption = None,
    form: FormatOption = None,
) -> int:
    """Check the register behind an inventory; returns 0 where it has no errors, else 1."""
    use_language(lang)
    wanted = output_format(form)
    result = check(register_folder(inventory_path(inventory)))
    if wanted == "json":
        print(json.dumps(as_document(result), ensure_ascii=False, indent=2))
    else:
        show(result, everything=everything)
    return result.exit_code


def register_folder(inventory: Path) -> Path:
    """The register of an inventory; a folder that is a register itself serves as well."""
    if (inventory / "districts").is_dir() or (inventory / "province.yml").is_file():
        return inventory
    return read_config(inventory).register_dir


@register_app.command(
    "tidy",
    help=tr(
        vi="Bỏ những gì không nhìn thấy trong tệp: BOM, CRLF, chữ viết rời, ký tự rộng 0, dấu cách lạ",
        en="Take what cannot be seen out of files: BOM, CRLF, decomposed letters, zero-width characters, odd spaces",
    ),
)
def tidy_command(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, metavar="FILE...")],
    lang: LangOption = None,
) -> int:
    """Rewrite the files that need it, and say which."""
    use_language(lang)
    for file in files:
        before = file.read_bytes()
        after = tidy(before.decode("utf-8")).encode()
        if before == after:
            print(tr(vi=f"{file}: không có gì để sửa", en=f"{file}: nothing to mend"))
            continue
        file.write_bytes(after)
        print(tr(vi=f"{file}: đã sửa", en=f"{file}: mended"))
    return 0

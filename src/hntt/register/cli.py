"""``hntt check`` and ``hntt register …``. Like every command module, this one may import any room of the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from hntt.commands.options import FormatOption, InventoryOption, LangOption, inventory_path, output_format, use_language
from hntt.commands.project import project_root
from hntt.i18n import tr
from hntt.intent import pki
from hntt.inventory.config import read_config
from hntt.register.error_pages import pages
from hntt.register.error_pages import write as write_pages
from hntt.register.loader import load
from hntt.register.reading import tidy
from hntt.register.schema import schemas
from hntt.register.schema import write as write_schemas
from hntt.report.check import as_document, check
from hntt.report.check_text import show

CheckOption = Annotated[
    bool,
    typer.Option("--check", help=tr(vi="Chỉ kiểm tra, không ghi", en="Only check, write nothing")),
]
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


@register_app.command(
    "schema",
    help=tr(
        vi="Sinh lại JSON Schema của sổ (cho trình soạn thảo) từ mô hình",
        en="Make the register's JSON Schema (for editors) from the models again",
    ),
)
def schema_command(only_check: CheckOption = False, inventory: InventoryOption = None, lang: LangOption = None) -> int:
    """Write ``register/schema``; with ``--check`` only say whether it is current (1 when it is not)."""
    use_language(lang)
    folder = register_folder(inventory_path(inventory)) / "schema"
    if only_check:
        stale = [name for name, text in schemas().items() if _read(folder / name) != text]
        return _say_stale([folder / name for name in stale], "hntt register schema")
    return _say_written(write_schemas(folder))


@register_app.command(
    "errors-docs",
    help=tr(
        vi="Sinh lại docs/errors: mỗi mã lỗi một trang, ví dụ lấy từ các ca kiểm thử",
        en="Make docs/errors again: a page per code, its example taken from the cases",
    ),
)
def errors_docs_command(only_check: CheckOption = False, lang: LangOption = None) -> int:
    """Write ``docs/errors``; with ``--check`` only say whether it is current (1 when it is not)."""
    use_language(lang)
    root = project_root()
    folder, cases = root / "docs" / "errors", root / "tests" / "cases" / "register"
    if only_check:
        stale = [name for name, text in pages(cases).items() if _read(folder / name) != text]
        return _say_stale([folder / name for name in stale], "hntt register errors-docs")
    return _say_written(write_pages(folder, cases))


@register_app.command(
    "authority",
    help=tr(
        vi="Tạo CA riêng mới của tỉnh và in ra để chép vào vault; không ghi gì vào dự án",
        en="Make a new private authority of the province and print it for the vault; nothing is written",
    ),
)
def authority_command(
    name: Annotated[
        str | None,
        typer.Option(help=tr(vi="Tên trên chứng thư; mặc định: HNTT và tên tỉnh", en="Name shown on certificates")),
    ] = None,
    inventory: InventoryOption = None,
    lang: LangOption = None,
) -> int:
    """Print a key and its certificate as YAML; another one every time."""
    use_language(lang)
    shown = name or f"HNTT {load(register_folder(inventory_path(inventory))).province.province.name}"
    print(pki.as_yaml(pki.new_authority(shown)), end="")
    return 0


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None


def _say_stale(files: list[Path], command: str) -> int:
    for file in files:
        print(tr(vi=f"{file}: đã cũ, chạy {command}", en=f"{file}: not current, run {command}"))
    return 1 if files else 0


def _say_written(files: list[Path]) -> int:
    for file in files:
        print(tr(vi=f"{file}: đã ghi", en=f"{file}: written"))
    if not files:
        print(tr(vi="Đã là bản mới nhất.", en="Already current."))
    return 0

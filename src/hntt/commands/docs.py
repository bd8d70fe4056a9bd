"""``hntt docs``: everything in the project that is generated from its sources, made again."""

from __future__ import annotations

from typing import Annotated

import typer

from hntt.commands.options import InventoryOption, LangOption, use_language
from hntt.commands.project import project_root
from hntt.i18n import tr
from hntt.register.cli import errors_docs_command, schema_command
from hntt.report import role_readme


def docs_command(
    only_check: Annotated[
        bool,
        typer.Option("--check", help=tr(vi="Chỉ kiểm tra, không ghi", en="Only check, write nothing")),
    ] = False,
    inventory: InventoryOption = None,
    lang: LangOption = None,
) -> int:
    """Write the JSON Schema, the page of each error code and each role's README; 1 with ``--check`` when one is old."""
    use_language(lang)
    check = ["--check"] if only_check else []
    results = (
        schema_command(only_check=only_check, inventory=inventory),
        errors_docs_command(only_check=only_check),
        role_readme.main(["--roles", str(project_root() / "roles"), *check]),
    )
    return max(results)

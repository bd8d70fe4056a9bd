"""The JSON Schema that editors use to complete and check register files, made from the models.

Descriptions are Vietnamese, because the people who edit the files are; an editor shows one language only.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from hntt.register.fields import FIELDS
from hntt.register.models import DistrictFile, ProvinceFile

FILES: dict[str, type[BaseModel]] = {"province.schema.json": ProvinceFile, "district.schema.json": DistrictFile}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """File name to content, as they belong into ``register/schema``."""
    return {name: _text(model.model_json_schema(), model.__name__) for name, model in FILES.items()}


def write(folder: Path) -> list[Path]:
    """Write the schemas below ``folder``; returns the files that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, content in schemas().items():
        file = folder / name
        if not file.is_file() or file.read_text(encoding="utf-8") != content:
            file.write_text(content, encoding="utf-8")
            changed.append(file)
    return changed


def _text(schema: dict[str, Any], root: str) -> str:
    _describe(schema, root)
    for name, definition in schema.get("$defs", {}).items():
        _describe(definition, name)
    return json.dumps({"$schema": _DIALECT, **schema}, ensure_ascii=False, indent=2) + "\n"


def _describe(definition: dict[str, Any], model: str) -> None:
    """Our texts in the place of the models' docstrings (which are for developers) and of pydantic's titles."""
    definition.pop("description", None)
    definition.pop("title", None)
    for name, field in definition.get("properties", {}).items():
        field.pop("title", None)
        field["description"] = FIELDS[model][name].vi

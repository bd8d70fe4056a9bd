"""What is generated from the models and the rules is current and complete."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

import hntt.network.laws
import hntt.register.laws  # noqa: F401  (registers every code)
from hntt.register import models
from hntt.register.error_pages import pages
from hntt.register.fields import FIELDS
from hntt.register.rules import RULES
from hntt.register.schema import schemas

ROOT = Path(__file__).parents[3]
REGISTER = ROOT / "inventories" / "quang_binh" / "register"


def _models() -> dict[str, type[BaseModel]]:
    found = (item for item in vars(models).values() if isinstance(item, type) and issubclass(item, models._Model))
    return {item.__name__: item for item in found if not item.__name__.startswith("_") and item.__name__ != "Register"}


def test_every_field_has_its_meaning_and_no_meaning_is_left_over() -> None:
    assert {name: set(model.model_fields) for name, model in _models().items()} == {
        name: set(texts) for name, texts in FIELDS.items()
    }


@pytest.mark.parametrize("name", sorted(schemas()))
def test_schema_is_current(name: str) -> None:
    """Make it again with: hntt register schema."""
    assert (REGISTER / "schema" / name).read_text(encoding="utf-8") == schemas()[name]


@pytest.mark.parametrize("file", [REGISTER / "province.yml", *sorted((REGISTER / "districts").glob("*.yml"))])
def test_the_register_satisfies_the_schema_its_modeline_names(file: Path) -> None:
    modeline = file.read_text(encoding="utf-8").splitlines()[0]
    schema = json.loads((file.parent / modeline.partition("$schema=")[2]).read_text(encoding="utf-8"))
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(data)
    data["nhầm"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(data)


def test_error_pages_are_current() -> None:
    """Make them again with: hntt register errors-docs."""
    folder = ROOT / "docs" / "errors"
    assert {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.md")} == pages(
        ROOT / "tests" / "cases" / "register"
    )


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_rule_speaks_both_languages(code: str) -> None:
    rule = RULES[code]
    for text in (rule.title, rule.why, rule.mend):
        assert text.vi.strip()
        assert text.en.strip()
        assert text.vi != text.en

"""Inventories as files: each case narrows or overlays the province's register and says what must come of it.

Keys of a case: ``options`` (what stands in hntt.yml beside plugin and register), ``overlay`` (the file's content;
``overlay_text`` for one that is no YAML), ``hosts`` (the exact names, or ``count``), ``groups`` (name to number of
hosts in it, children included), ``vars`` (host to variables that must be equal), ``error`` (one text per language that
the message must contain).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hntt.errors import HnttError
from hntt.i18n import set_language
from hntt.inventory.config import read_config
from hntt.inventory.source import Source, read_source
from hntt.inventory.view import Inventory, inventory_of

HERE = Path(__file__).parent
REGISTER = Path(__file__).parents[3] / "inventories" / "quang_binh" / "register"
CASES = sorted(HERE.glob("*.yml"))


@pytest.fixture(scope="module")
def source() -> Source:
    return read_source(REGISTER)


@pytest.fixture(autouse=True)
def _own_language():
    yield
    set_language(None)


def members(inventory: Inventory, group: str) -> set[str]:
    found = inventory.groups[group]
    return set(found.hosts).union(*(members(inventory, child) for child in found.children))


def build(case: dict[str, Any], folder: Path, source: Source) -> Inventory:
    options = {"plugin": "hntt_register", "register": str(REGISTER), **case.get("options", {})}
    if "overlay" in case:
        (folder / "overlay.yml").write_text(yaml.safe_dump(case["overlay"]), encoding="utf-8")
    if "overlay_text" in case:
        (folder / "overlay.yml").write_text(case["overlay_text"], encoding="utf-8")
    (folder / "hntt.yml").write_text(case.get("file_text") or yaml.safe_dump(options), encoding="utf-8")
    return inventory_of(read_config(folder), source)


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_case(file: Path, tmp_path: Path, source: Source) -> None:
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    if "error" in case:
        for language, text in case["error"].items():
            set_language(language)
            with pytest.raises(HnttError) as caught:
                build(case, tmp_path, source)
            assert text in str(caught.value)
        return
    inventory = build(case, tmp_path, source)
    if "hosts" in case:
        assert sorted(inventory.hosts) == sorted(case["hosts"])
    if "count" in case:
        assert len(inventory.hosts) == case["count"]
    assert {group: len(members(inventory, group)) for group in case.get("groups", {})} == case.get("groups", {})
    for host, wanted in case.get("vars", {}).items():
        found = inventory.hosts[host]
        assert {name: found.get(name) for name in wanted} == wanted
    assert case.keys() & {"hosts", "count", "groups", "vars"}, "a case must expect something"

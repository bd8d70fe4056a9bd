"""A case is a PC of a small province with what its register knows, and the whole seed."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "unit" / "intent"))

from tests_province import AUTHORITY, OPERATOR_KEY, register  # noqa: E402

from hntt.image.seed import Maker, Versions  # noqa: E402
from hntt.image.tokens import Issued, Token  # noqa: E402
from hntt.intent.secrets import SecretValues  # noqa: E402
from hntt.network.build import build  # noqa: E402
from hntt.register.models import CommunePc, Register  # noqa: E402

NOW = datetime(2026, 11, 28, 8, 0, 0, tzinfo=UTC)
SECRETS = {"authority": AUTHORITY, "host_authority": "ssh-ed25519 AAAAhost authority\n"}
TOKEN = Token("0011223344556677", "", "", NOW.isoformat(), "2026-12-28T08:00:00+00:00")
CASES = sorted(path.parent for path in HERE.glob("*/case.yml"))


def changed_register(host: str, pc: dict[str, Any] | None) -> Register:
    slug = host.split(".")[1]
    district = register().districts[0]
    communes = [
        commune.model_copy(update={"pc": CommunePc(**pc)}) if pc and commune.slug == slug else commune
        for commune in district.communes
    ]
    return register().model_copy(update={"districts": [district.model_copy(update={"communes": communes})]})


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_seed(folder: Path) -> None:
    case = yaml.safe_load((folder / "case.yml").read_text(encoding="utf-8"))
    image = str(case.get("image", "2026.11.28.1"))
    changed = changed_register(case["host"], case.get("pc"))
    maker = Maker(changed, build(changed), SecretValues(SECRETS), [OPERATOR_KEY])
    seed = maker.seed(case["host"], Issued(TOKEN, "secret"), Versions(image, str(case.get("minimum", image))), NOW)
    # Hashes of what the roles want: they change with every line of a program.
    sums = next(file for file in seed["files"] if file["path"] == "/etc/hntt-pc/declared.sums")
    assert f"  {sums['path']}" not in sums["content"]
    sums["content"] = "".join(f"{line[66:]}\n" for line in sums["content"].splitlines())
    text = json.dumps(seed, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    expected = folder / "expected.json"
    if os.environ.get("HNTT_REGEN"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


def test_every_folder_is_a_case() -> None:
    folders = {path for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(CASES)

"""The province of the intent's tests serves here too."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hntt.i18n import set_language
from hntt.image.signing import KeyFolder, make_keys

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "intent"))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    return make_keys(tmp_path / "keys", "HNTT test")

"""Fixtures for what runs on managed hosts."""

from __future__ import annotations

from typing import Any

import pytest
from linux_support import FakeSystemd, load_host_modules


@pytest.fixture(scope="session")
def host() -> dict[str, Any]:
    return load_host_modules()


@pytest.fixture
def systemd() -> FakeSystemd:
    return FakeSystemd()

"""Fixtures: a copy of the toolchain in a temporary folder, with stand-ins for the programs it starts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from toolchain_sandbox import ROOT, Sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """The toolchain's files without an environment."""
    root = tmp_path / "project"
    root.mkdir()
    for name in ("scripts", ".ci"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("run", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, root / name)
    (tmp_path / "outside/bin").mkdir(parents=True)
    return Sandbox(root, tmp_path / "outside")


@pytest.fixture
def ready(sandbox: Sandbox) -> Sandbox:
    """The toolchain with a current environment whose programs all succeed."""
    for name in ("python", "pip", "hntt", "molecule", "ansible-playbook", "ruff", "mypy", "yamllint", "ansible-lint"):
        sandbox.stand_in(name, in_venv=True)
    sandbox.stamp()
    return sandbox


@pytest.fixture(params=["sh", "dash", "bash"])
def shell(request: pytest.FixtureRequest) -> str:
    """Each shell that ``#!/bin/sh`` may turn out to be."""
    return str(request.param)

"""READMEs of roles say what the roles say."""

from __future__ import annotations

from pathlib import Path

import pytest
from linux_support import PROJECT

from hntt.report.role_readme import main, outdated, readme, write

SPEC = """---
argument_specs:
  main:
    short_description: Serves pages
    description: [One thing.]
    options:
      web_port: {type: int, default: 80, description: "Port, of the server."}
      web_names: {type: list, elements: str, required: true, description: Names.}
"""
STATE = """---
packages: [{name: nginx}]
listening: [{proto: tcp, port: 80, process: nginx}]
"""


@pytest.fixture
def roles(tmp_path: Path) -> Path:
    meta = tmp_path / "web" / "meta"
    meta.mkdir(parents=True)
    (meta / "argument_specs.yml").write_text(SPEC)
    (tmp_path / "web" / "state.yml").write_text(STATE)
    return tmp_path


def test_settings_and_lists_are_told(roles: Path) -> None:
    text = readme(roles / "web")
    assert "| `web_port` | int | `80` | Port, of the server. |" in text
    assert "| `web_names` | list of str | required | Names. |" in text
    assert "- listening: tcp/80 (nginx)" in text


def test_a_changed_specification_is_noticed(roles: Path) -> None:
    assert main(["--check", "--roles", str(roles)]) == 1
    assert write(roles) == [roles / "web" / "README.md"]
    assert main(["--check", "--roles", str(roles)]) == 0
    spec = roles / "web" / "meta" / "argument_specs.yml"
    spec.write_text(spec.read_text().replace("default: 80", "default: 8080"))
    assert main(["--check", "--roles", str(roles)]) == 1


def test_the_projects_readmes_are_current() -> None:
    assert outdated(PROJECT / "roles") == []

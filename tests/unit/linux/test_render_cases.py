"""One file per case: roles and variables in, the rendered state or the error out (tests/cases/linux/render)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from linux_support import PROJECT

from hntt.i18n import set_language
from hntt.intent.linux import MissingSecretError, SettingsError, StateConflictError, StateError, render_host
from hntt.intent.secrets import SecretValues

CASES = sorted((PROJECT / "tests" / "cases" / "linux" / "render").glob("*.yml"))
ERRORS = (StateError, StateConflictError, SettingsError, MissingSecretError)


def write_roles(folder: Path, roles: dict[str, Any]) -> Path:
    for name, role in roles.items():
        (folder / name / "defaults").mkdir(parents=True)
        (folder / name / "templates").mkdir()
        (folder / name / "state.yml").write_text(yaml.safe_dump(role["state"], allow_unicode=True))
        (folder / name / "defaults" / "main.yml").write_text(yaml.safe_dump(role.get("defaults", {})))
        for template, text in role.get("templates", {}).items():
            (folder / name / "templates" / template).write_text(text)
    return folder


def rendered(case: dict[str, Any], folder: Path) -> Any:
    secrets = SecretValues(case["secrets"]) if "secrets" in case else None
    if "project_role" in case:
        return render_host(PROJECT / "roles", [case["project_role"]], case["vars"], secrets)
    roles = write_roles(folder, case["roles"])
    return render_host(roles, case.get("call", list(case["roles"])), case["vars"], secrets)


def summary(state: Any, keys: list[str]) -> dict[str, Any]:
    all_of = {
        "files": {file.dest: file.content for file in state.files},
        "secret_files": [file.dest for file in state.files if file.secret],
        "roles": list(state.roles),
    }
    return {key: all_of[key] if key in all_of else [item.key for item in state.items(key)] for key in keys}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, tmp_path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    set_language("en")
    try:
        if "expected" in case:
            state = rendered(case, tmp_path)
            assert summary(state, list(case["expected"])) == case["expected"]
            for value in case.get("secrets", {}).values():
                assert value not in state.to_json()
            assert state.to_json() == rendered(case, tmp_path / "again").to_json()
        else:
            with pytest.raises(ERRORS) as caught:
                rendered(case, tmp_path)
            assert_error(case, str(caught.value))
    finally:
        set_language(None)


def assert_error(case: dict[str, Any], message: str) -> None:
    if "error" in case:
        assert message == case["error"]
    else:
        assert case["error_contains"] in message

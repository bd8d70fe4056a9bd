"""Gates, progress, results of a guarded change, secrets: what the actions rest on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from hntt.audit.model import Outcome
from hntt.audit.scope import Scope
from hntt.devices.results import ApplyResult
from hntt.devices.texts import Text
from hntt.errors import UsageError
from hntt.i18n import set_language
from hntt.intent.secrets import SecretValues
from hntt.inventory.source import read_source
from hntt.play.apply import action_result
from hntt.play.gates import gates_of
from hntt.play.inputs import Variables, inventory_config, read_secrets
from hntt.play.progress import Progress

PROJECT = Path(__file__).resolve().parents[3]
SOURCE = read_source(PROJECT / "inventories/quang_binh/register")
SCOPE = Scope({}, SOURCE.register, SOURCE.network, SecretValues({}), PROJECT / "roles")


@pytest.fixture(autouse=True)
def english() -> Any:
    set_language("en")
    yield
    set_language(None)


def test_gates_of_a_district_that_is_planned() -> None:
    gates = gates_of(SCOPE, "quang-ninh", "planned")
    assert list(gates.lines()) == ["quang-ninh: 16 sites (16 planned)"]
    assert not gates.blocked


def test_gates_name_what_the_first_sites_lack() -> None:
    gates = gates_of(SCOPE, "quang-ninh", "surveyed")
    lines = list(gates.lines())
    assert len(gates.blocked) == 16
    assert lines[1].startswith("quang-ninh: is 'planned', 'surveyed' is required; lacking: room.place, room.seats")
    assert lines[-1] == "… and 13 more sites"


@pytest.mark.parametrize(("district", "state"), [("quang-nin", "planned"), ("", "planned"), ("quang-ninh", "built")])
def test_gates_refuse_names_that_do_not_exist(district: str, state: str) -> None:
    with pytest.raises(UsageError, match=r"quang-ninh|surveyed"):
        gates_of(SCOPE, district, state)


def test_progress_is_silent_for_short_work_and_speaks_during_long_work() -> None:
    said: list[str] = []
    progress = Progress(said.append, interval_s=0.05)
    with progress.doing("reading", total=7):
        pass
    assert said == []
    with progress.doing("reading", total=7):
        progress.step(3)
        time.sleep(0.13)
    assert said
    assert said[0].startswith("  … reading 3/7, ")


def result(outcome: Any, **more: Any) -> ApplyResult:
    return ApplyResult("rt.tinh", outcome, Text("vi", "the reason"), **more)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("reverted", "the router is back at its old configuration"),
        ("refused", "nothing was changed"),
        ("failed_untouched", "nothing was changed"),
        ("left_changed", "THE ROUTER HOLDS NEITHER"),
        ("unknown", "its state could not be seen"),
        ("confirmed", "the new configuration runs but is not saved"),
    ],
)
def test_a_failed_change_says_first_what_the_router_runs_now(outcome: str, words: str) -> None:
    told = action_result(result(outcome))
    assert told["failed"]
    assert told["msg"].startswith(words)
    assert "the reason" in told["msg"]
    assert told["hntt_next"]


def test_a_good_change_is_changed_and_shows_its_difference() -> None:
    told = action_result(result("confirmed", saved=True, diff="+ a", commands_sent=("a",)))
    assert (told["changed"], told["commands"], told.get("failed")) == (True, 1, None)
    assert told["diff"] == [{"prepared": "+ a\n"}]


def test_nothing_to_change_is_not_changed() -> None:
    assert not action_result(result("unchanged"))["changed"]


class HostVars:
    """Two views of one host, as Ansible has them."""

    def raw_get(self, host_name: str) -> Mapping[str, Any]:
        return {"plain": "a", "template": "{{ x }}", "inventory_dir": str(PROJECT / "inventories/quang_binh")}

    def __getitem__(self, key: str) -> Mapping[str, Any]:
        return {"template": f"resolved for {key}"}


def test_variables_resolve_templates_only_when_asked() -> None:
    variables = Variables(HostVars(), "rt.tinh")
    assert variables["plain"] == "a"
    assert variables["template"] == "resolved for rt.tinh"
    assert "missing" not in variables


def test_an_inventory_without_a_register_is_named() -> None:
    with pytest.raises(UsageError, match=r"hntt\.yml"):
        inventory_config({"a": {"inventory_dir": str(PROJECT / "playbooks")}})
    with pytest.raises(UsageError, match="-i"):
        inventory_config({"a": {"inventory_dir": "/a"}, "b": {"inventory_dir": "/b"}})


def test_secrets_of_a_file_that_is_not_there_are_none(tmp_path: Path) -> None:
    assert read_secrets(tmp_path / "none.yml", yaml.safe_load) == SecretValues({})


def test_secrets_must_be_a_mapping(tmp_path: Path) -> None:
    file = tmp_path / "s.yml"
    file.write_text("- a\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"s\.yml"):
        read_secrets(file, lambda path: yaml.safe_load(Path(path).read_text(encoding="utf-8")))


def test_every_outcome_has_words_in_both_languages() -> None:
    for lang in ("vi", "en"):
        set_language(lang)  # type: ignore[arg-type]
        assert len({outcome.label for outcome in Outcome}) == len(Outcome)

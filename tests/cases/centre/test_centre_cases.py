"""One file per case: who asks the centre for what, when, and what it answers (tests/cases/centre/*.yml)."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "unit" / "centre"))
from centre_bench import BEGIN, Bench, code_of

CASES = sorted(Path(__file__).parent.glob("*.yml"))


def said(bench: Bench, step: dict[str, Any], keys: dict[str, str]) -> str:
    bench.now = BEGIN + timedelta(minutes=step.get("minute", 0))
    if "tokens" in step:
        bench.put_tokens(*step["tokens"])
        return "ok"
    if "restart" in step:
        bench.restart()
        return "ok"
    if "enrol" in step:
        answer: dict[str, str] = {}
        code = code_of(lambda body: answer.update(bench.desk.enrol(body)), bench.request(**step["enrol"]))
        known = {value: name for name, value in keys.items()}
        if answer:
            keys.setdefault(step.get("as", known.get(answer["report_key"], "?")), answer["report_key"])
            code += f" {known.get(answer['report_key'], step.get('as'))}"
        return code
    signed = step["report"].pop("signed")
    key = bytes.fromhex(keys[signed]) if signed in keys else bench.token_key(signed)
    return code_of(bench.desk.report, bench.report(key, **step["report"]))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, tmp_path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    bench, keys = Bench(tmp_path), dict[str, str]()
    assert case["why"]
    for number, step in enumerate(case["steps"], start=1):
        assert said(bench, step, keys) == step.get("says", "ok"), f"step {number}: {step}"
    if "kept" in case:
        kept = {host: [item["stage"] for item in items] for host, items in bench.store.read().items()}
        assert kept == case["kept"]

"""Simulated routers behind real SSH, one per test."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from device_bench import NAME, PLATFORMS, Bench, every_line, make_fleet

from hntt.devices.results import ApplyResult


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bench(platform: str, tmp_path: Path) -> Iterator[Bench]:
    """A router under test; parametrise ``platform`` to choose which."""
    with make_fleet({NAME: platform}) as fleet:
        yield Bench(platform, fleet, tmp_path)


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, int], tuple[Bench, ApplyResult]]]:
    """A router per line of each platform's change, its session cut after that line; all at once, since one waits."""
    folder = tmp_path_factory.mktemp("cut")
    names = {case: f"rt.{case[0].replace('_', '-')}-{case[1]}" for case in every_line()}
    with make_fleet({names[case]: case[0] for case in names}) as fleet, ThreadPoolExecutor(12) as pool:
        benches = {case: Bench(case[0], fleet, folder, name) for case, name in names.items()}
        for case, bench in benches.items():
            bench.faults.drop_after_line = case[1]
        results = pool.map(lambda bench: bench.apply(), benches.values())
        yield dict(zip(benches, zip(benches.values(), results, strict=True), strict=True))

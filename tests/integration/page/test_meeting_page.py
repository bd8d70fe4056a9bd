"""The communes' meeting page: its decisions, its small parts, and the built page in a real browser."""

from __future__ import annotations

import pytest
from node_tests import PAGE, NodeRun, build_page, names_in, run_node_tests

pytestmark = pytest.mark.page

IN_BROWSER = "test/browser/page.test.js"
PURE = ("test/machine.test.js", "test/parts.test.js")


@pytest.fixture(scope="module")
def built() -> None:
    build_page()


@pytest.fixture(scope="module")
def in_browser(built: None) -> NodeRun:
    return run_node_tests(IN_BROWSER, timeout=100)


@pytest.mark.parametrize("file", PURE)
def test_without_a_browser(file: str) -> None:
    done = run_node_tests(file, timeout=30)
    assert done.status == 0, done.output[-4000:]
    assert len(done.results) > 10


@pytest.mark.parametrize("name", names_in(IN_BROWSER, "scene"))
def test_in_a_browser(in_browser: NodeRun, name: str) -> None:
    assert in_browser.results.get(name), in_browser.about(name)


def test_what_is_served_is_complete_and_small(built: None) -> None:
    served = {path.name: path.stat().st_size for path in (PAGE / "dist").iterdir()}
    assert set(served) == {"LICENSES.txt", "index.html", "room.css", "room.js"}
    # Over a commune's line of 2 Mbit/s it has to arrive in about a second.
    assert sum(served.values()) < 400_000


def test_the_lock_names_no_host_and_pins_everything_by_hash() -> None:
    text = (PAGE / "package-lock.json").read_text()
    assert "http" not in text
    assert text.count('"node_modules/') == text.count('"integrity": "sha512-')

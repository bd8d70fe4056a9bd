"""Tokens: spent once, whoever comes, however many at once, whatever breaks in between."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from centre_bench import AN_THUY, Bench, code_of, token_list

from hntt.centre.enrolment import TokenFileError, parse_tokens
from hntt.centre.refusal import RefusalError


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_of_twenty_at_once_with_keys_of_their_own_one_is_enrolled(tmp_path: Path) -> None:
    together = threading.Barrier(20)

    def slow(key: str, identity: str, names: object) -> str:
        together.wait(timeout=10)  # all have found the token unspent
        return f"certificate of {key}"

    bench, codes = Bench(tmp_path, certify=slow), []

    def come(number: int) -> None:
        codes.append(code_of(bench.desk.enrol, bench.request(key=number)))

    threads = [threading.Thread(target=come, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [*["403 token_spent"] * 19, "ok"]
    assert len(list((tmp_path / "spent").iterdir())) == 1


def test_a_certificate_that_can_not_be_made_spends_nothing(bench: Bench) -> None:
    def broken(*_: object) -> str:
        raise RefusalError(503, "cannot_sign", "", "")

    bench.certify = broken
    bench.restart()
    assert code_of(bench.desk.enrol, bench.request()) == "503 cannot_sign"
    bench.certify = lambda *_: "certificate"
    bench.restart()
    assert code_of(bench.desk.enrol, bench.request(key=2)) == "ok"


def test_the_record_of_a_spent_token_holds_no_secret_of_the_token(bench: Bench, tmp_path: Path) -> None:
    bench.desk.enrol(bench.request())
    text = (tmp_path / "spent" / "t-an.json").read_text()
    assert "secret of t-an" not in text
    assert (tmp_path / "spent" / "t-an.json").stat().st_mode & 0o777 == 0o600


def test_what_the_controller_reads_holds_no_key(bench: Bench) -> None:
    answer = bench.desk.enrol(bench.request())
    shown = json.dumps(bench.enrolments.enrolled())
    assert AN_THUY in shown
    assert answer["report_key"] not in shown


def test_a_full_disk_spends_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> bool:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("hntt.centre.enrolment.create_whole", full)
        assert code_of(bench.desk.enrol, bench.request()) == "503 store_full"
    assert code_of(bench.desk.enrol, bench.request(key=2)) == "ok"


def test_a_list_that_makes_no_sense_leaves_the_one_in_force(bench: Bench) -> None:
    before = bench.tokens.read()
    broken = (b"", b"[]", b'{"format":2,"tokens":[]}', b'{"format":1,"tokens":[{"id":"../x"}]}')
    for content in (*broken, token_list({**bench.rows["t-an"], "expires": "2026-12-01T00:00:00"})):
        with pytest.raises(TokenFileError):
            bench.tokens.replace(content)
    assert bench.tokens.read() == before


def test_ids_can_not_name_other_files() -> None:
    row = {"host": AN_THUY, "secret_sha256": "0" * 64, "expires": "2026-12-01T00:00:00+00:00"}
    for name in ("../tokens", "a/b", ".hidden", ""):
        with pytest.raises(TokenFileError):
            parse_tokens(token_list({"id": name, **row}))


def test_reports_are_signed_with_the_token_before_and_with_the_given_key_after_enrolment(bench: Bench) -> None:
    assert code_of(bench.desk.report, bench.report(bench.token_key("t-an"))) == "ok"
    key = bytes.fromhex(bench.desk.enrol(bench.request())["report_key"])
    assert code_of(bench.desk.report, bench.report(key, seq=1)) == "ok"
    # The stick still has the token; whoever finds it can't speak for the PC any more.
    assert code_of(bench.desk.report, bench.report(bench.token_key("t-an"), seq=2)) == "403 bad_auth"


def test_a_second_installation_makes_the_first_ones_key_worthless(bench: Bench) -> None:
    first = bytes.fromhex(bench.desk.enrol(bench.request())["report_key"])
    bench.now += timedelta(hours=2)
    bench.desk.enrol(bench.request(token="t-old", key=2))
    assert code_of(bench.desk.report, bench.report(first)) == "403 bad_auth"

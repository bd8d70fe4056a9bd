"""Why a PC is not enrolled is on its own screen, in words for who stands before it, until it is enrolled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hntt.image.target import notice, send
from hntt.image.target.send import CentreError, Places

ROOT = Path(__file__).resolve().parents[3]
PC = "Máy của xã An Thủy, Lệ Thủy (mã 19132)"
CALL = "hãy gọi bộ phận kỹ thuật của tỉnh và đọc nguyên câu này."
SEED: dict[str, Any] = {
    "host": "pc.a.b", "commune": "An Thủy", "district": "Lệ Thủy", "code": "19132",
    "token": {"id": "t1", "secret": "s"}, "centre": {"url": "https://noc:8443", "authority": ""},
}  # fmt: skip
SAID = {
    "token_expired": f"{PC} bị trung tâm từ chối vì USB cài máy đã quá hạn: {CALL}",
    "token_spent": f"{PC} bị trung tâm từ chối vì mã trên USB cài máy đã được dùng rồi: {CALL}",
    "unknown_token": f"{PC} bị trung tâm từ chối vì USB cài máy đã bị thay hoặc bị huỷ: {CALL}",
    "other_host": f"{PC} bị trung tâm từ chối vì mã trên USB cài máy là của xã khác: {CALL}",
    "not_registered": f"{PC} bị trung tâm từ chối vì trung tâm chưa có máy này trong sổ: {CALL}",
    "a_new_reason": f"{PC} bị trung tâm từ chối vì lời của trung tâm: {CALL}",
}


class Centre:
    """Answers with ``error``, or enrols when there is none; then ``later`` is its answer to reports."""

    error: CentreError | None = None
    later: CentreError | None = None

    def __init__(self, *_place: str) -> None: ...

    def post(self, path: str, _body: dict[str, Any]) -> dict[str, Any]:
        error = self.error if path == "/enrol" else self.later
        if error is not None:
            raise error
        return {"certificate": "ssh-ed25519-cert-v01@openssh.com AAAA", "report_key": "ab" * 32}

    def close(self) -> None: ...


@pytest.fixture
def pc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    places = Places(tmp_path)
    places.identity.mkdir(parents=True)
    places.seed.write_text(json.dumps(SEED))
    places.seed.with_name("seed.json.sig").write_bytes(b"")
    (places.identity / "ssh_host_ed25519_key.pub").write_text("ssh-ed25519 AAAA")
    monkeypatch.setattr(send, "Centre", Centre)
    return places


def told(pc: Places, monkeypatch: pytest.MonkeyPatch, error: CentreError | None) -> dict[str, Any] | None:
    """What the screen is told after one run with this answer of the centre; None for nothing."""
    monkeypatch.setattr(Centre, "error", error)
    send.main(["--now"], pc)
    if not pc.notice.is_file():
        return None
    text = pc.notice.read_bytes().decode("ascii")
    assert pc.notice.stat().st_mode & 0o777 == 0o644, "the page's user reads it and writes nothing"
    return dict(json.loads(text.removeprefix("notice = ").removesuffix(";\n")))


@pytest.mark.parametrize("code", SAID)
def test_a_refusal_names_the_commune_the_reason_and_whom_to_call(
    pc: Places, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    error = CentreError(403, code, "lời của trung tâm", "")
    assert told(pc, monkeypatch, error) == {"call": True, "text": SAID[code]}


def test_waiting_for_the_line_is_no_refusal(pc: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = told(pc, monkeypatch, CentreError(0, "no_line", "không tới được trung tâm: [Errno 113]", ""))
    words = "chưa có đường truyền tới trung tâm: hãy kiểm tra dây mạng, máy tự thử lại."
    assert shown == {"call": False, "text": f"{PC} {words}"}


@pytest.mark.parametrize(("status", "code"), [(0, "clock"), (503, "broken"), (429, "too_often")])
def test_what_passes_by_itself_calls_nobody(
    pc: Places, monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    shown = told(pc, monkeypatch, CentreError(status, code, "lời của trung tâm", ""))
    assert shown == {"call": False, "text": f"{PC} đang chờ trung tâm: lời của trung tâm."}


def test_a_stranger_in_the_place_of_the_centre_is_told(pc: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = told(pc, monkeypatch, CentreError(0, "not_trusted", "…", ""))
    reason = "máy chủ trả lời không chứng minh được mình là trung tâm"
    assert shown == {"call": True, "text": f"{PC} chưa ghi danh được vì {reason}: {CALL}"}


def test_it_changes_with_the_reason_and_goes_with_the_enrolment(pc: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = CentreError(403, "token_expired", "", "")
    assert told(pc, monkeypatch, CentreError(0, "no_line", "", "")) != told(pc, monkeypatch, refused)
    assert told(pc, monkeypatch, None) is None
    monkeypatch.setattr(Centre, "later", CentreError(403, "bad_auth", "", ""))
    send.reports.Queue("pc.a.b", "1", pc.queue).add("healthy")
    assert told(pc, monkeypatch, None) is None, "an enrolled PC has another page to show"


def test_the_operator_s_page_has_the_words_of_the_screen() -> None:
    page = (ROOT / "docs/vi/cai-lai-may.md").read_text(encoding="utf-8")
    for code, reason in {**notice.REFUSED, **notice.STUCK}.items():
        line = next((line for line in page.splitlines() if line.startswith(f"| {code} |")), "")
        assert reason in line, code

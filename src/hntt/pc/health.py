"""Whether this PC is well: its page is there, its camera is seen, it is registered to its room, nothing has drifted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hntt.i18n import tr
from hntt.pc.facts import FOLDER, Facts, FactsError, secret
from hntt.pc.registration import Account, contacts
from hntt.pc.system import System

SUMS = FOLDER / "declared.sums"
"""SHA-256 of every file that was declared and holds no secret, as the last converge (or the image) wrote them."""
Asked = Callable[[Account, Path], list[str]]


@dataclass(frozen=True)
class Check:
    """One answer; ``detail`` is what was seen."""

    name: str
    ok: bool
    detail: str


def checks(facts: Facts, system: System, asked: Asked = contacts) -> Iterator[Check]:
    """All checks, one after the other, the cheap ones first."""
    yield _kiosk(facts, system)
    yield _page(facts, system)
    yield _camera(facts, system)
    yield _registered(facts, asked)
    yield _drift(system)


def _kiosk(facts: Facts, system: System) -> Check:
    running = system.is_active(facts.unit)
    return Check(
        "kiosk",
        running,
        tr(vi="màn hình họp đang chạy", en="the kiosk runs")
        if running
        else tr(vi=f"{facts.unit} không chạy", en=f"{facts.unit} does not run"),
    )


def _page(facts: Facts, system: System) -> Check:
    open_now = system.connections(system.uid(facts.user), facts.web_port)
    return Check(
        "page",
        open_now > 0,
        tr(vi=f"{open_now} kết nối của trang họp tới máy chủ", en=f"{open_now} connections of the page to its server"),
    )


def _camera(facts: Facts, system: System) -> Check:
    if not facts.camera:
        return Check("camera", True, tr(vi="ngoại lệ: máy này không có camera", en="exception: this PC has no camera"))
    found = list(system.cameras())
    seen = ", ".join(found) or tr(vi="không thấy camera nào", en="no camera is seen")
    return Check("camera", bool(found), seen)


def _registered(facts: Facts, asked: Asked) -> Check:
    try:
        account = Account(facts.extension, secret(), facts.server, facts.sip_port)
        found = asked(account, FOLDER / "authority.pem")
    except (OSError, FactsError) as error:
        return Check("registered", False, f"{facts.server}: {error}")
    there = len(found) > 0
    return Check(
        "registered",
        there,
        tr(
            vi=f"số {facts.extension} {'đã' if there else 'chưa'} đăng ký vào {facts.server}, phòng {facts.room}",
            en=f"number {facts.extension} is {'' if there else 'not '}registered at {facts.server}, room {facts.room}",
        ),
    )


def _drift(system: System) -> Check:
    told = system.run("sha256sum", "--check", "--quiet", str(SUMS))
    wrong = [
        line.partition(": ")[0] for line in told.text.splitlines() if ": " in line and not line.startswith("sha256sum:")
    ]
    fine = tr(vi="mọi tệp đúng như lần cấu hình cuối", en="all files are as last converged")
    return Check("drift", told.code == 0, fine if told.code == 0 else ", ".join(wrong) or told.text[:200])

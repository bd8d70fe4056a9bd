"""What an audit says: per host one outcome and the differences found, each with its topic and cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from hntt.i18n import tr

COVERED_KINDS = frozenset({"router", "noc", "mcu", "vcs", "commune_pc"})
"""Kinds of device that can be audited and converged so far; the others are reported as not covered yet."""


class Outcome(StrEnum):
    """How the audit of one host ended."""

    CLEAN = "clean"
    DRIFT = "drift"
    FAILED = "failed"
    AUTH_FAILED = "auth_failed"
    HOST_KEY_CHANGED = "host_key_changed"
    UNREACHABLE = "unreachable"
    NOT_BUILT = "not_built"
    NOT_COVERED = "not_covered"

    @property
    def label(self) -> str:
        """The words shown to people."""
        return {
            Outcome.CLEAN: tr(vi="đúng cấu hình", en="clean"),
            Outcome.DRIFT: tr(vi="sai lệch", en="drift"),
            Outcome.FAILED: tr(vi="không kiểm tra được", en="could not be audited"),
            Outcome.AUTH_FAILED: tr(vi="không đăng nhập được", en="login refused"),
            Outcome.HOST_KEY_CHANGED: tr(vi="khóa máy không khớp", en="host key does not match"),
            Outcome.UNREACHABLE: tr(vi="không liên lạc được", en="unreachable"),
            Outcome.NOT_BUILT: tr(vi="chưa lắp đặt", en="not built yet"),
            Outcome.NOT_COVERED: tr(vi="chưa hỗ trợ kiểm tra", en="not covered yet"),
        }[self]

    @property
    def is_trouble(self) -> bool:
        """Whether the audit did not get its answer although it should have."""
        return self in _TROUBLE

    @property
    def next_step(self) -> str:
        """What the operator does about it; empty when there is nothing to do."""
        return {
            Outcome.DRIFT: tr(
                vi="xem trước bằng site.yml --check --diff, rồi chạy site.yml",
                en="look with site.yml --check --diff, then run site.yml",
            ),
            Outcome.FAILED: tr(vi="xem lý do ở từng thiết bị", en="see the reason at each device"),
            Outcome.AUTH_FAILED: tr(
                vi="kiểm tra khóa SSH hoặc mật khẩu trong vault",
                en="check the SSH key or the password in the vault",
            ),
            Outcome.HOST_KEY_CHANGED: tr(
                vi="không kết nối; hỏi người tại chỗ thiết bị có bị thay không, rồi ghi lại khóa mới",
                en="do not connect; ask on site whether the device was replaced, then record its new key",
            ),
            Outcome.UNREACHABLE: tr(vi="kiểm tra nguồn điện và đường truyền", en="check power and line"),
        }.get(self, "")


_TROUBLE = frozenset({Outcome.FAILED, Outcome.AUTH_FAILED, Outcome.HOST_KEY_CHANGED, Outcome.UNREACHABLE})


class Cause(StrEnum):
    """Why a difference is there, as far as it shows."""

    MISSING = "missing"
    UNEXPECTED = "unexpected"
    CHANGED = "changed"
    RUNTIME = "runtime"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """The words shown to people."""
        return {
            Cause.MISSING: tr(vi="thiếu trên thiết bị", en="missing on the device"),
            Cause.UNEXPECTED: tr(vi="có thêm, không ai khai báo", en="there, declared by nobody"),
            Cause.CHANGED: tr(vi="khác với khai báo", en="different from what is declared"),
            Cause.RUNTIME: tr(vi="khai báo đúng nhưng không hoạt động", en="declared right, but not working"),
            Cause.UNKNOWN: tr(vi="không so sánh được", en="could not be compared"),
        }[self]


@dataclass(frozen=True)
class Host:
    """A host as the audit needs it. ``district`` is None at the centre; ``code`` is the GSO code of its site."""

    name: str
    kind: str
    platform: str = ""
    tier: str = ""
    district: str | None = None
    site: str = ""
    site_name: str = ""
    code: str | None = None
    state: str = ""

    @property
    def is_live(self) -> bool:
        """Whether its site has been declared ready or live, so that silence is trouble."""
        return self.state in ("ready", "live")


@dataclass(frozen=True, order=True)
class Change:
    """One difference: ``topic`` (what kind of setting), ``subject`` (which one), ``lines`` (masked, ``+``/``-``).

    ``by_hand``: nobody declared how to undo it, so converging leaves it to people.
    """

    topic: str
    subject: str
    cause: Cause
    lines: tuple[str, ...] = ()
    by_hand: bool = False


@dataclass(frozen=True)
class HostAudit:
    """The result for one host. ``detail`` says in words what went wrong when it did.

    ``repairable`` says whether converging would change the host: a difference that nobody declared how to undo
    (an extra user, an open port) is drift, and left to people.
    """

    host: Host
    outcome: Outcome
    changes: tuple[Change, ...] = ()
    detail: str = ""
    repairable: bool = False

    @property
    def left_to_people(self) -> tuple[Change, ...]:
        """The differences that converging does not undo; see :class:`Change`."""
        return tuple(change for change in self.changes if change.by_hand)


@dataclass(frozen=True)
class Audit:
    """The result for all hosts asked about, in the order they were given."""

    hosts: tuple[HostAudit, ...]
    started: datetime
    seconds: float

    @property
    def counts(self) -> Counter[Outcome]:
        """Hosts per outcome."""
        return Counter(item.outcome for item in self.hosts)

    @property
    def verdict(self) -> Outcome:
        """The worst that happened: trouble before drift before clean."""
        for outcome in (
            Outcome.FAILED,
            Outcome.AUTH_FAILED,
            Outcome.HOST_KEY_CHANGED,
            Outcome.UNREACHABLE,
            Outcome.DRIFT,
        ):
            if self.counts[outcome]:
                return outcome
        return Outcome.CLEAN

    def with_outcome(self, *outcomes: Outcome) -> tuple[HostAudit, ...]:
        """The hosts that ended so."""
        return tuple(item for item in self.hosts if item.outcome in outcomes)


def host_from_facts(name: str, facts: Mapping[str, Any]) -> Host:
    """A host out of the inventory's ``hntt`` dictionary (:mod:`hntt.intent.hostvars`); absent keys become empty."""
    site: Mapping[str, Any] = facts.get("site") or {}
    return Host(
        name=name,
        kind=str(facts.get("kind") or ""),
        platform=str(facts.get("platform") or ""),
        tier=str(facts.get("tier") or ""),
        district=site.get("district"),
        site=str(site.get("label") or name.partition(".")[2]),
        site_name=str(site.get("name") or ""),
        code=site.get("code"),
        state=str(site.get("state") or ""),
    )

"""The communes' PCs: each one says of itself whether it is well."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from hntt.audit.checks.model import Check, Finding, Subject, UnreadableError
from hntt.i18n import tr
from hntt.network.model import Kind


def judge_pc(_: Subject, outputs: Sequence[str]) -> Iterator[Finding]:
    """Its page is there, its camera is seen, it is registered to its room, its files are as last converged."""
    try:
        checks = json.loads(outputs[0])["checks"]
        wrong = [(str(item["name"]), str(item["detail"])) for item in checks if not item["ok"]]
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError(outputs[0].strip()[:80]) from error
    for name, detail in wrong:
        yield Finding(f"hntt-pc {name}", tr(vi="tốt", en="well"), detail)


PC = Check(
    name="pc_well",
    vi="máy tính của xã: trang họp mở, thấy camera, đã đăng ký vào phòng",
    en="the commune's PC shows its page, sees its camera and is registered to its room",
    kinds=frozenset({Kind.COMMUNE_PC}),
    platforms=frozenset({"debian_kiosk"}),
    commands=lambda _: ["sudo -n /usr/local/sbin/hntt-pc check --json"],
    judge=lambda subject, outputs: list(judge_pc(subject, outputs)),
)

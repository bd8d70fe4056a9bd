"""One commune's meeting-room network can't reach another's; seen from where the PCs stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hntt.audit.checks.model import Check, Finding, Subject, UnreadableError
from hntt.audit.checks.paths import address
from hntt.i18n import tr
from hntt.network.addresses import PC
from hntt.network.model import Device, Kind, Tier


def others(subject: Subject) -> list[str]:
    """Addresses in the other communes' networks: the PC's and the router's of each."""
    communes = [d for d in _routers(subject) if d.tier is Tier.COMMUNE and d.host != subject.host]
    return [place for device in communes for place in (str(device.site.conference[PC]), address(device))]


def _routers(subject: Subject) -> list[Device]:
    return [d for d in subject.network.devices.values() if d.kind is Kind.ROUTER and d.host in subject.present]


def script(subject: Subject) -> str:
    """From the commune's own network: the own router must answer (else nothing is shown), the others must not."""
    look = "(ping -n -q -c 1 -W 1 {0} >/dev/null 2>&1 && echo open {0}) &\n"
    looks = "".join(look.format(place) for place in others(subject))
    return f"ping -n -q -c 2 -i 0.3 -W 1 {address(subject.device)} >/dev/null 2>&1 && echo own\n{looks}wait\n"


def judge(subject: Subject, outputs: Sequence[str]) -> Iterator[Finding]:
    """Nothing beyond the own router answers."""
    rows = [line.split() for line in outputs[0].splitlines()]
    if ["own"] not in rows:
        raise UnreadableError(
            tr(vi="bộ định tuyến của chính xã không trả lời", en="the commune's own router does not answer")
        )
    for row in rows:
        if row[0] == "open":
            yield Finding(row[1], tr(vi="bị chặn", en="blocked"), tr(vi="đến được", en="reachable"))


SEGMENTATION = Check(
    name="segmentation",
    vi="mạng phòng họp xã này không vào được mạng xã khác",
    en="one commune's meeting-room network can't reach another's",
    kinds=frozenset({Kind.ROUTER}),
    platforms=frozenset({"frr", "cisco_ios", "mikrotik_routeros"}),
    commands=lambda subject: [script(subject)],
    judge=lambda subject, outputs: list(judge(subject, outputs)),
)

"""Clock, names and log of a device: what the controller services give, seen from where they are used."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address

from hntt.audit.checks.model import Check, Finding, Subject, UnreadableError, shown
from hntt.i18n import tr
from hntt.network.model import Kind

_CLIENTS = frozenset({Kind.ROUTER, Kind.MCU, Kind.COMMUNE_PC})
"""Who uses the controller services."""
_LINUX = frozenset({"frr", "asterisk", "debian_kiosk"})


# One question to one server: neither the hosts file nor a cache may answer in its place, and `dig` is not everywhere.
_ASK = """
import socket, sys
server, name = sys.argv[1:]
question = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\\0\\0\\1\\0\\1"
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.settimeout(3)
link.sendto(b"hq\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0" + question, (server, 53))
answer = link.recv(4096)
at = 12 + len(question)
for _ in range(int.from_bytes(answer[6:8], "big")):
    while answer[at] and answer[at] < 192:
        at += answer[at] + 1
    at += 1 if not answer[at] else 2
    kind, size = answer[at:at + 2], int.from_bytes(answer[at + 8:at + 10], "big")
    at += 10 + size
    if kind == b"\\0\\1":
        print(socket.inet_ntoa(answer[at - 4:at]))
"""


def judge_clock(subject: Subject, outputs: Sequence[str]) -> Iterator[Finding]:
    """The controller is a time source that answers, and there is no other."""
    rows = [line.split(",") for line in outputs[0].splitlines() if line.startswith("^")]
    if not rows and outputs[0].strip():
        raise UnreadableError(outputs[0].strip()[:80])
    reach = {row[2]: int(row[5], 8) for row in rows if len(row) > 5}
    for address in subject.controllers:
        if not reach.get(address):
            state = tr(vi="không trả lời", en="no answer") if address in reach else shown(sorted(reach))
            yield Finding("ntp", address, state)
    for address in sorted(set(reach) - set(subject.controllers)):
        yield Finding("ntp", shown(subject.controllers), address)


def judge_names(subject: Subject, outputs: Sequence[str]) -> Iterator[Finding]:
    """The controller resolves the device's own name and the controller's."""
    for (name, address), output in zip(names_asked(subject), outputs, strict=True):
        answers = {line.strip() for line in output.splitlines() if _is_address(line.strip())}
        if answers != {address}:
            yield Finding(f"dns {name}", address, shown(sorted(answers)))


def names_asked(subject: Subject) -> list[tuple[str, str]]:
    """Names and the addresses that the register gives them: the device itself, and the controllers."""
    devices = [subject.device, *(d for d in subject.network.devices.values() if d.kind is Kind.NOC)]
    return [(f"{device.host}.{subject.network.domain}", str(device.address)) for device in dict.fromkeys(devices)]


def judge_log(subject: Subject, outputs: Sequence[str]) -> Iterator[Finding]:
    """The message that every device was asked to log has arrived in the file of its name."""
    arrived = {line.rpartition("/")[2].removesuffix(".log") for line in outputs[0].splitlines() if line.strip()}
    for host in sorted(host for host in subject.present if host != subject.host):
        if host not in arrived:
            yield Finding(f"syslog {host}", tr(vi="thông báo thử", en="the test message"), shown([]))


def marker(token: str) -> str:
    """The text of the test message of one run."""
    return f"hntt-verify-{token}"


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True


CLOCK = Check(
    name="clock",
    vi="đồng hồ lấy giờ từ máy chủ trung tâm",
    en="the clock follows the controller",
    kinds=_CLIENTS,
    platforms=_LINUX,
    commands=lambda _: ["chronyc -n -c sources"],
    judge=lambda subject, outputs: list(judge_clock(subject, outputs)),
)
NAMES = Check(
    name="dns",
    vi="máy chủ tên miền trả lời đúng theo sổ đăng ký",
    en="names resolve as the register has them",
    kinds=_CLIENTS,
    platforms=_LINUX,
    commands=lambda subject: [
        f"python3 -c {shlex.quote(_ASK)} {subject.facts['services']['dns'][0]} {shlex.quote(name)}"
        for name, _ in names_asked(subject)
    ],
    judge=lambda subject, outputs: list(judge_names(subject, outputs)),
)
SEND_LOG = Check(
    name="syslog_send",
    vi="gửi được thông báo nhật ký",
    en="a log message can be sent",
    kinds=_CLIENTS,
    platforms=_LINUX,
    commands=lambda subject: [f"logger -p user.notice -t hntt {marker(subject.token)} && echo sent"],
    judge=lambda _, outputs: [] if "sent" in outputs[0] else [Finding("logger", "sent", outputs[0].strip()[:80])],
)
LOG = Check(
    name="syslog",
    vi="nhật ký của từng thiết bị về đến trung tâm",
    en="every device's log arrives at the centre",
    kinds=frozenset({Kind.NOC}),
    platforms=frozenset({"debian"}),
    commands=lambda subject: [f"sudo -n grep -rlF {marker(subject.token)} /var/log/hntt || true"],
    judge=lambda subject, outputs: list(judge_log(subject, outputs)),
)

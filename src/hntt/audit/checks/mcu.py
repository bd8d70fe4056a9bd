"""The MCU servers: whole, in touch with each other, and shut to whoever has no account; the last from the rooms."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from hntt.audit.checks.model import Check, Finding, Subject, UnreadableError, shown
from hntt.i18n import tr
from hntt.intent.mcu.contract import AMI_PORT, SIP_TLS_PORT, peer_name
from hntt.network.dialplan import PROVINCE_ROOM
from hntt.network.model import Kind

_PLATFORMS = frozenset({"asterisk"})
_PLAIN_SIP = 5060
_REFUSALS = ("401", "403")
_CONTACT = re.compile(r"Contact:\s+(?P<name>[\w-]+)/\S+\s+\S+\s+(?P<status>\w+)")

# A caller without an account, from where the PCs stand. Whose certificate it is, is for those who register.
_KNOCK = """
import socket, ssl, sys
from concurrent.futures import ThreadPoolExecutor
plain, sip, manager, room, *servers = sys.argv[1:]
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

def door(server, port):
    try:
        socket.create_connection((server, int(port)), 1).close()
        return f"open {server} {port}"
    except OSError:
        return f"shut {server} {port}"

def call(server, port):
    try:
        with context.wrap_socket(socket.create_connection((server, int(port)), 3)) as link:
            here = "%s:%d" % link.getsockname()
            link.sendall("\\r\\n".join([
                f"INVITE sip:{room}@{server}:{port};transport=tls SIP/2.0",
                f"Via: SIP/2.0/TLS {here};rport;branch=z9hG4bKhnttknock",
                f"From: <sip:nobody@{server}>;tag=knock", f"To: <sip:{room}@{server}>",
                f"Call-ID: knock-{here}", "CSeq: 1 INVITE", f"Contact: <sip:nobody@{here};transport=tls>",
                "Max-Forwards: 70", "Content-Length: 0", "", ""]).encode())
            return f"said {server} " + link.recv(4096).split(b"\\r\\n")[0].decode()
    except OSError as error:
        return f"silent {server} {error}"

looks = [(look, server, port) for server in servers for look, port in ((door, plain), (door, manager), (call, sip))]
with ThreadPoolExecutor(16) as pool:
    print("\\n".join(pool.map(lambda item: item[0](*item[1:]), looks)))
"""


def judge_server(_: Subject, outputs: Sequence[str]) -> Iterator[Finding]:
    """Asterisk works with the files that are there, all its modules run, its certificate is good."""
    codes = re.findall(r"^rc (\d+)$", outputs[0], re.MULTILINE)
    if len(codes) != len(_STATES):
        raise UnreadableError(outputs[0].strip()[:80])
    for (name, vi, en), code in zip(_STATES, codes, strict=True):
        if code != "0":
            yield Finding(f"hntt-mcu {name}", tr(vi=vi, en=en), tr(vi=f"mã thoát {code}", en=f"exit code {code}"))


_STATES = (
    ("loaded", "chạy đúng các tệp cấu hình đang có", "running with the files that are there"),
    ("whole", "đủ mô-đun, chứng thư còn hạn", "all modules, a good certificate"),
)


def judge_peers(subject: Subject, outputs: Sequence[str]) -> Iterator[Finding]:
    """Every other server that is looked at answers this one."""
    states = {found["name"]: found["status"] for found in _CONTACT.finditer(outputs[0])}
    if not states and "No objects found" not in outputs[0]:
        raise UnreadableError(outputs[0].strip()[:80])
    for host in others(subject):
        status = states.get(peer_name(host))
        if status != "Avail":
            yield Finding(f"sip {host}", "Avail", status or shown([]))


def judge_doors(subject: Subject, outputs: Sequence[str]) -> Iterator[Finding]:
    """Plain SIP and the manager's port are shut to a room, and a caller without an account is refused."""
    rows = [line.split(maxsplit=2) for line in outputs[0].splitlines() if line.strip()]
    told = {row[1]: row[2] for row in rows if row[0] == "said" and len(row) > 2}
    for server in servers(subject):
        if server not in {row[1] for row in rows if len(row) > 1}:
            raise UnreadableError(tr(vi=f"không hỏi được {server}", en=f"{server} could not be asked"))
        words = told.get(server, "").split()
        if len(words) < 2 or words[1] not in _REFUSALS:
            yield Finding(f"sip {server}", tr(vi="từ chối (401)", en="a refusal (401)"), told.get(server) or shown([]))
    for row in rows:
        if row[0] == "open":
            yield Finding(f"{row[1]}:{row[2]}", tr(vi="đóng", en="shut"), tr(vi="mở", en="open"))


def others(subject: Subject) -> list[str]:
    """The other MCU servers that are looked at."""
    return sorted(host for host in _hosts(subject) if host != subject.host)


def servers(subject: Subject) -> list[str]:
    """Addresses of the MCU servers that are looked at."""
    return [str(subject.network.devices[host].address) for host in sorted(_hosts(subject))]


def _hosts(subject: Subject) -> list[str]:
    return [d.host for d in subject.network.devices.values() if d.kind is Kind.MCU and d.host in subject.present]


def knock(subject: Subject) -> str:
    """The program that is run in a room."""
    words = [str(_PLAIN_SIP), str(SIP_TLS_PORT), str(AMI_PORT), PROVINCE_ROOM, *servers(subject)]
    return f"python3 -c {shlex.quote(_KNOCK)} {shlex.join(words)}"


SERVER = Check(
    name="mcu_server",
    vi="máy chủ MCU chạy đúng cấu hình, đủ mô-đun, chứng thư còn hạn",
    en="the MCU server runs what is declared, whole, with a good certificate",
    kinds=frozenset({Kind.MCU}),
    platforms=_PLATFORMS,
    commands=lambda _: [
        "; ".join(f"sudo -n /usr/local/sbin/hntt-mcu check {name}; echo rc $?" for name, *_ in _STATES)
    ],
    judge=lambda subject, outputs: list(judge_server(subject, outputs)),
)
PEERS = Check(
    name="mcu_peers",
    vi="các máy chủ MCU gọi được nhau",
    en="the MCU servers reach each other",
    kinds=frozenset({Kind.MCU}),
    platforms=_PLATFORMS,
    commands=lambda _: ["sudo -n asterisk -rx 'pjsip show contacts'"],
    judge=lambda subject, outputs: list(judge_peers(subject, outputs)),
)
DOORS = Check(
    name="mcu_doors",
    vi="từ phòng họp xã, người không có tài khoản không gọi được vào MCU",
    en="from a commune's room nobody without an account gets into an MCU server",
    kinds=frozenset({Kind.ROUTER}),
    platforms=frozenset({"frr", "cisco_ios", "mikrotik_routeros"}),
    commands=lambda subject: [knock(subject)] if servers(subject) else [],
    judge=lambda subject, outputs: list(judge_doors(subject, outputs)),
)

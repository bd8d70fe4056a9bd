"""From a masked difference of configurations to changes with a topic and a cause."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hntt.audit.model import Cause, Change
from hntt.i18n import tr

_TOPICS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (topic, re.compile(pattern))
    for topic, pattern in (
        ("qos", r"^(class-map|policy-map|/queue|/ip firewall mangle|mls qos)"),
        ("segmentation", r"^(ip access-list|access-list|ip prefix-list|/ip firewall|/ipv6 firewall)"),
        ("routing", r"^(router |ip route|route-map|/routing|/ip route|no ip (route|forwarding))"),
        ("interface", r"^(interface |vlan |/interface|/ip address|bridge )"),
        ("time", r"^(ntp |clock |/system ntp|/system clock)"),
        ("log", r"^(logging |log |service timestamps|/system logging)"),
        ("monitoring", r"^(snmp-server|/snmp|agentx)"),
        ("names", r"^(hostname|ip name-server|ip domain|/system identity|/ip dns)"),
        (
            "management",
            r"^(line |username |enable |aaa |tacacs|radius|ip ssh|ip http|banner|service |crypto |archive"
            r"|/user|/ip service|/ip ssh|password )",
        ),
    )
)


def topic_label(topic: str) -> str:
    """The topic in words."""
    labels = {
        "qos": tr(vi="chất lượng dịch vụ (QoS)", en="quality of service"),
        "segmentation": tr(vi="phân vùng mạng, danh sách truy cập", en="segmentation, access lists"),
        "routing": tr(vi="định tuyến", en="routing"),
        "interface": tr(vi="cổng và địa chỉ", en="interfaces and addresses"),
        "time": tr(vi="đồng bộ thời gian", en="time"),
        "log": tr(vi="nhật ký", en="logging"),
        "monitoring": tr(vi="giám sát SNMP", en="SNMP monitoring"),
        "names": tr(vi="tên máy và DNS", en="names and DNS"),
        "management": tr(vi="quản trị thiết bị", en="management access"),
        "calls": tr(vi="cuộc gọi và đăng ký SIP", en="calls and SIP registration"),
        "packages": tr(vi="gói phần mềm", en="packages"),
        "files": tr(vi="tệp cấu hình", en="files"),
        "directories": tr(vi="thư mục", en="directories"),
        "services": tr(vi="dịch vụ", en="services"),
        "users": tr(vi="người dùng và khóa SSH", en="users and SSH keys"),
        "sudo": tr(vi="quyền sudo", en="sudo rules"),
        "sysctls": tr(vi="tham số nhân", en="kernel settings"),
        "ports": tr(vi="cổng đang lắng nghe", en="listening ports"),
        "units": tr(vi="đơn vị systemd", en="systemd units"),
        "saving": tr(vi="lưu cấu hình", en="saving"),
        "other": tr(vi="khác", en="other"),
    }
    return labels.get(topic, topic)


def topic_of(header: str) -> str:
    """The topic of a top-level configuration line; a leading ``no`` does not matter."""
    line = header.removeprefix("no ")
    return next((topic for topic, pattern in _TOPICS if pattern.search(line)), "other")


def changes_from_diff(diff: str) -> tuple[Change, ...]:
    """One change per top-level section of a masked difference.

    Lines are marked ``+`` (missing on the device), ``-`` (there, not declared) or blank (an unchanged header), each
    followed by a space and the line as indented in the configuration.
    """
    return tuple(_change(section) for section in _sections(diff.splitlines()))


def _sections(lines: Sequence[str]) -> Iterator[list[str]]:
    section: list[str] = []
    for line in lines:
        if not line.strip():
            continue
        if section and not _body(line).startswith(" "):
            yield section
            section = []
        section.append(line.rstrip())
    if section:
        yield section


def _body(line: str) -> str:
    return line[2:] if line[:2] in ("+ ", "- ", "  ") else line.lstrip("+-")


def _change(section: list[str]) -> Change:
    header = _body(section[0]).strip()
    marks = {line[0] for line in section if line[0] in "+-"}
    cause = {frozenset("+"): Cause.MISSING, frozenset("-"): Cause.UNEXPECTED}.get(frozenset(marks), Cause.CHANGED)
    return Change(topic=topic_of(header), subject=header, cause=cause, lines=tuple(section))

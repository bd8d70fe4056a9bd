"""A PC from the image: what is alike on all PCs is in it, and only what is this PC's own is left to the converge."""

from __future__ import annotations

import json

from testinfra_hosts import PROJECT, state_dir

from hntt.image.content import role_content
from hntt.intent.day0 import PC_FROM_ROLE
from hntt.inventory.offline import read_offline

OF_THE_LAB = {"/usr/local/lib/hntt-pc/browser", "/etc/chrony/chrony.conf", "/etc/default/chrony"}
"""The browser has the flags of this scenario, and a container's clock is its host's. No real PC has such settings."""
LEFT = {"file", "service", "sysctl", "clock"}
"""Kinds of what is left: files, a timer that is among them, the kernel's settings, whose file names the host; nobody
gives the time yet. Packages, users, links, directories and rights are the image's."""


def test_only_what_is_its_own_is_left_to_the_first_converge() -> None:
    found = json.loads((state_dir() / "first_audit.json").read_text(encoding="utf-8"))
    assert {line.split()[0] for line in found} <= LEFT, found
    files = {line.split()[1].rstrip(":") for line in found if line.startswith("file ")}
    assert "/etc/hntt-pc/page.js" in files, "else nothing was looked at"
    baked = {file.path for file in role_content(read_offline(PROJECT / "inventories/quang_binh"), PROJECT).files}
    # What a seed brings, this scenario's day-0 does not.
    assert files & baked <= OF_THE_LAB | set(PC_FROM_ROLE), files & baked
    assert [line for line in found if line.startswith("service ")] == [
        "service hntt-pc-night.timer: no such unit [missing]"
    ]

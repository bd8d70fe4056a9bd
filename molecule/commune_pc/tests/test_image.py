"""A PC from the image: what is alike on all PCs is in it, and only what is this PC's own is left to the converge."""

from __future__ import annotations

import json

from testinfra_hosts import PROJECT, state_dir

from hntt.image.content import role_content
from hntt.inventory.offline import read_offline

OF_THE_LAB = {"/usr/local/lib/hntt-pc/browser", "/etc/chrony/chrony.conf", "/etc/default/chrony"}
"""The browser has the flags of this scenario, and a container's clock is its host's. No real PC has such settings."""


def test_only_files_of_its_own_are_left_to_the_first_converge() -> None:
    found = json.loads((state_dir() / "first_audit.json").read_text(encoding="utf-8"))
    assert found, "a PC without its own page can't be what it shall be"
    for line in found:
        print(line)
    kinds = {line.split()[0] for line in found}
    assert kinds <= {"file", "service"}, found
    baked = {file.path for file in role_content(read_offline(PROJECT / "inventories/quang_binh"), PROJECT).files}
    files = {line.split()[1].rstrip(":") for line in found if line.startswith("file ")}
    assert files & baked <= OF_THE_LAB, files & baked

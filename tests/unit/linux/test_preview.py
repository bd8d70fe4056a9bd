"""The view of /etc that validators get: what it leaves out, and what it must never touch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from linux_support import FakeSystemd, load_host_modules

preview = load_host_modules()["hntt_preview"]


class Looking(FakeSystemd):
    """Reads the list of names to leave out when the view is entered."""

    left_out: str

    def run(self, *argv: str) -> tuple[int, str]:
        if argv[0] == "unshare":
            self.left_out = (Path(argv[argv.index("sh", 5) + 1]) / "removed").read_text()
            return 0, ""
        return super().run(*argv)


def removal(path: str) -> dict[str, Any]:
    return {"dest": path, "data": None, "validate": None}


def test_only_files_below_etc_are_left_out() -> None:
    systemd = Looking()
    entries = [removal("/etc/old.conf"), removal("/usr/share/page/sites/1.json"), removal("/etcetera")]
    with preview.Preview(entries, systemd):
        assert systemd.left_out.split("\0") == ["/etc/old.conf"]

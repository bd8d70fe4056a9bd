"""The confirmed change of FRR, which has none of its own: a transient systemd timer runs ``frr-reload.py``.

The management user keeps the running configuration in a file (written, synced, read back and compared) and arms
``hntt-guard-revert``; the lines go through vtysh. The startup file is only written after the confirmation, so a
restart at any moment before it also brings the old configuration back.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Iterable, Sequence

from hntt.devices.mechanism import (
    AlreadyPendingError,
    ArmError,
    GuardError,
    Link,
    NotPendingError,
    UnreadableStartupError,
)
from hntt.devices.texts import Text

FOLDER = "/var/lib/hntt/guard"
# frr-reload.py writes the startup configuration at its end, whether it succeeded or not, unless the file it loads is
# the frr.conf of its configuration folder (10.3): so the kept file is that, in a folder of its own.
KEPT = f"{FOLDER}/frr.conf"
_RELOAD = f"/usr/lib/frr/frr-reload.py --reload --stdout --confdir {FOLDER} {KEPT}"
UNIT = "hntt-guard-revert"
_NEW = f"{FOLDER}/frr.conf.new"
# More than any startup configuration takes, on the disk where it lies.
_ROOM = "/etc/frr/hntt-room"
_ROOM_KIB = 256
_PERMANENT = ("interface ", "line vty")
_BUSY = {"active", "activating", "reloading", "deactivating"}


class FrrGuard:
    """The mechanism of ``frr``."""

    def window_s(self, confirm_timeout_s: int) -> int:
        """systemd counts in seconds."""
        return confirm_timeout_s

    def pending(self, link: Link) -> str | None:
        """The timer, or the return that it has begun."""
        units = (f"{UNIT}.timer", f"{UNIT}.service")
        _, output = link.shell.run(f"sudo -n systemctl is-active {' '.join(units)}")
        busy = [f"{unit} {state}" for unit, state in zip(units, output.split(), strict=False) if state in _BUSY]
        return ", ".join(busy) or None

    def arm(self, link: Link, running: str, commands: Sequence[str], confirm_timeout_s: int) -> None:
        """Keep the configuration on the router's disk, prove it is there, and start the timer."""
        self._keep(link, kept_file(running, commands))
        self._must(
            link,
            f"sudo -n systemd-run --quiet --collect --unit={UNIT} --on-active={confirm_timeout_s}s"
            f" --timer-property=AccuracySec=100ms {_RELOAD}",
        )
        if self.pending(link) is None:
            raise ArmError(
                Text(vi="systemd không giữ bộ hẹn giờ hoàn tác", en="systemd does not hold the revert timer")
            )

    def _keep(self, link: Link, text: str) -> None:
        self._must(link, f"sudo -n install -d -m 0700 {FOLDER}")
        try:
            self._must(link, f"sudo -n dd of={_NEW} conv=fsync status=none", stdin=text)
            answer = self._must(link, f"sudo -n sha256sum {_NEW}")
            if answer.split()[:1] != [hashlib.sha256(text.encode()).hexdigest()]:
                raise ArmError(
                    Text(
                        vi="bản cấu hình cũ giữ trên router đọc lại không đúng (đĩa đầy?)",
                        en="the kept configuration does not read back as it was written (disk full?)",
                    )
                )
            if self.pending(link) is not None:  # then the file that is there is another change's way back
                raise AlreadyPendingError
        except ArmError:
            link.shell.run(f"sudo -n rm -f {_NEW}")
            raise
        self._must(link, f"sudo -n mv -f {_NEW} {KEPT}")
        self._must(link, f"sudo -n sync -f {FOLDER}")

    def _must(self, link: Link, command: str, *, stdin: str = "") -> str:
        status, output = link.shell.run(command, stdin=stdin)
        if status != 0:
            said = output.strip().splitlines()[-1:] or [f"status {status}"]
            raise ArmError(
                Text(
                    vi=f"không giữ được cấu hình cũ hoặc không hẹn được giờ hoàn tác: {said[0]}",
                    en=f"the old configuration could not be kept, or the revert not be armed: {said[0]}",
                )
            )
        return output

    def send(self, link: Link, commands: Iterable[str], sent: Callable[[str], None]) -> None:
        """Send the lines in vtysh's configuration mode."""
        link.demand("configure terminal")
        link.send(commands, sent)
        link.demand("end")

    def confirm(self, link: Link) -> None:
        """Stop the timer; a return that has begun is not stopped, and counts as not pending."""
        units = self.pending(link)
        if units is None or f"{UNIT}.timer" not in units:
            raise NotPendingError
        status, output = link.shell.run(f"sudo -n systemctl stop {UNIT}.timer")
        if status != 0:
            raise GuardError(Text(vi=f"không dừng được bộ hẹn giờ: {output}", en=f"cannot stop the timer: {output}"))
        if self.pending(link) is not None:
            raise NotPendingError
        link.shell.run(f"sudo -n rm -f {KEPT}")

    def save(self, link: Link) -> None:
        """``write memory``, once the disk has shown that it has room.

        On a full disk FRR 10.3 overwrites the startup file with as much as fits, and says ``[OK]``.
        """
        self._prove_room(link)
        answer = link.cli.run("write memory")
        if "[OK]" not in answer:
            said = answer.strip()
            raise GuardError(Text(vi=f"“write memory” báo: {said}", en=f"`write memory` says: {said}"))

    def _prove_room(self, link: Link) -> None:
        write = f"sudo -n dd if=/dev/zero of={_ROOM} bs=1K count={_ROOM_KIB} conv=fsync status=none"
        status, output = link.shell.run(write)
        link.shell.run(f"sudo -n rm -f {_ROOM}")
        if status != 0:
            said = (output.strip().splitlines() or [f"status {status}"])[-1]
            raise GuardError(Text(vi=f"chưa ghi gì: {said}", en=f"nothing was written: {said}"))

    def startup(self, link: Link) -> str | None:
        """The one file of all daemons; ``show startup-config`` prints nothing where there is one (10.3)."""
        script = str(link.platform.quirks.startup)
        status, output = link.shell.run(f"sudo -n sh -c {shlex.quote(script)}")
        if status != 0:
            said = (output.strip().splitlines() or [f"status {status}"])[-1]
            raise UnreadableStartupError(link.platform.mask(said))
        return output

    def revert_now(self, link: Link) -> bool:
        """Start the return without waiting for the timer."""
        status, _ = link.shell.run(f"sudo -n systemctl start {UNIT}.service")
        return status == 0

    def restore(self, link: Link, commands: Iterable[str]) -> None:
        """Enter the lines in vtysh's configuration mode."""
        self.send(link, commands, lambda line: None)


def kept_file(running: str, commands: Sequence[str]) -> str:
    """What ``frr-reload.py`` needs to undo ``commands``: what vtysh printed, less its heading, plus empty sections.

    It removes what the file lacks, and FRR refuses to remove an interface that exists or ``line vty`` (seen on
    10.3); with the section in the file it only removes the lines below. A missing ``exec-timeout`` must be named,
    because ``no exec-timeout`` sets 0 and not the default.
    """
    lines = running.replace("\r", "").splitlines()
    body = [line for line in lines if not line.startswith(("Building configuration", "Current configuration"))]
    while body and body[-1].strip() in ("", "end", "!"):
        body.pop()
    present = {line for line in lines if line.startswith(_PERMANENT)}
    for section in dict.fromkeys(line for line in commands if line.startswith(_PERMANENT)):
        if section not in present:
            body += ["!", section, "exit"]
    if not any(line.startswith(" exec-timeout ") for line in lines):
        body += ["!", "line vty", " exec-timeout 10 0", "exit"]
    return "\n".join([*body, "!", "end"]).strip("\n") + "\n"

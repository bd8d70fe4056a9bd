"""A simulated FRR router: vtysh, and enough of the Unix side for the guard. It is a simulator: no FRR runs here.

Follows what FRR 10.3 on Debian 13 was seen to do: `show running-config` with an `exit` after each section, `show
startup-config` that prints nothing, `% Unknown command`, `no interface` refused, `no exec-timeout` unknown, `write
memory` that on a full disk stores half of the file and says `[OK]`. On the Unix side the commands that the guard
sends are emulated by their documented effect: `install -d`, `dd … conv=fsync`, `sha256sum`, `mv`, `rm`, `sync`,
`cat`, `echo`, `systemctl is-active|start|stop`, `systemd-run --on-active`, `frr-reload.py --reload`, `vtysh -c`,
and `sh -c` with commands joined by `&&`. Anything else answers `command not found`.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import shlex
from collections.abc import Callable

from hntt.lab.simulators.device import Answer, CliSession, LogoutError, SessionCutError, Settings, SimDevice
from hntt.lab.simulators.tree import ConfigTree, Entry, RejectedError, load_grammar

_PERMANENT = ("interface ", "line vty")
STARTUP = "/etc/frr/frr.conf"


class FrrDevice(SimDevice):
    """One simulated FRR router; the user named like the CLI user gets vtysh, everybody else a shell."""

    platform = "frr"
    cli_user = "hntt-net"

    def __init__(self, name: str, config: str, settings: Settings) -> None:
        super().__init__(name, settings)
        self.grammar = load_grammar(self.platform)
        self.tree = ConfigTree(self.grammar, config)
        self.files: dict[str, bytes] = {STARTUP: config.encode()}
        self.units: dict[str, tuple[asyncio.TimerHandle, list[str]]] = {}

    def running(self) -> str:
        """What `show running-config` prints."""
        return f"Building configuration...\n\nCurrent configuration:\n{self._body(self.tree)}"

    def startup(self) -> str:
        """The file /etc/frr/frr.conf."""
        return self.files.get(STARTUP, b"").decode()

    def save(self) -> None:
        """Write the running configuration to the startup file: as much of it as the disk takes, as the real one."""
        text = self._body(self.tree).encode()
        self.files[STARTUP] = text[: len(text) // 2] if self.faults.disk_full else text

    def reboot(self) -> None:
        """Restart with what is stored: of a file that was cut off, the lines that vtysh can read; no timer is left."""

        def load() -> None:
            for timer, _ in self.units.values():
                timer.cancel()
            self.units.clear()
            try:
                self.tree = ConfigTree(self.grammar, self.startup())
            except RejectedError:
                self.tree = ConfigTree(self.grammar, self.startup().rpartition("\n")[0])

        self.restart(load)

    def _body(self, tree: ConfigTree) -> str:
        head = ["!", "frr version 10.3", "frr defaults traditional", f"hostname {self.name}"]
        skip = ("frr ", "hostname ", "service integrated-vtysh-config")
        shown = tree.copy()
        shown.root.children = [e for e in shown.root.children if e.children or not e.text.startswith(_PERMANENT)]
        lines = [line for line in shown.lines(closing="exit") if not line.startswith(skip)]
        return "\n".join([*head, "service integrated-vtysh-config", "!", *lines, "!", "end"]) + "\n"

    def session(self, user: str) -> CliSession:
        """vtysh."""
        return VtyshSession(self)

    def wants_stdin(self, command: str) -> bool:
        """`dd` reads its input."""
        return " dd " in f" {command} "

    def execute(self, user: str, command: str, stdin: bytes) -> Answer:
        """Run a command of the management user."""
        if self.faults.drops_on(command):
            raise SessionCutError
        words = shlex.split(command)
        if words[:2] == ["sudo", "-n"]:
            words = words[2:]
        action = _COMMANDS.get(words[0].rsplit("/", 1)[-1]) if words else None
        if action is None:
            return Answer(f"bash: {command}: command not found\n", 127)
        return action(self, words[1:], stdin)

    def reload_from(self, path: str) -> Answer:
        """`frr-reload.py --reload PATH`: make the running configuration what the file says.

        As the real one, it cannot take away an interface that the file does not mention, and then fails; and it does
        nothing with a file that vtysh cannot read.
        """
        if path not in self.files:
            return Answer(f"{path}: No such file or directory\n", 1)
        try:
            wanted = ConfigTree(self.grammar, self.files[path].decode())
        except RejectedError as refusal:
            return Answer(f"vtysh failed to process new configuration: {refusal}\n", 1)
        stuck = [e for e in self.tree.root.children if e.text.startswith(_PERMANENT) and not wanted.root.find(e.text)]
        wanted.root.children += [entry for entry in stuck if entry.children]
        self.tree = wanted
        self.restored()
        return Answer("only inactive interfaces can be deleted\n", 1) if any(e.children for e in stuck) else Answer()


class VtyshSession(CliSession):
    """One vtysh session."""

    page_length = 0

    def __init__(self, device: FrrDevice) -> None:
        self.device = device
        self.path: list[Entry] | None = None

    @property
    def prompt(self) -> str:
        """``name#`` or ``name(config-if)#``."""
        if self.path is None:
            return f"{self.device.name}# "
        if len(self.path) < 2:
            return f"{self.device.name}(config)# "
        sections = self.device.grammar.modes[self.path[-2].mode].sections
        mode = next((s.prompt for s in sections if s.mode == (self.path or [])[-1].mode), "config")
        return f"{self.device.name}({mode})# "

    def answer(self, line: str) -> str:
        """Run a line in view or configuration mode."""
        if self.device.faults.drops_on(line):
            raise SessionCutError
        line = line.strip()
        if not line or line.startswith("!"):
            return ""
        if self.path is None:
            return self._view(line)
        if line == "end" or (line == "exit" and len(self.path) == 1):
            self.path = None
            return ""
        return self._configure(line)

    def _configure(self, line: str) -> str:
        path = self.path or []
        if path[0] is not self.device.tree.root:
            path[:] = [self.device.tree.root]
        try:
            if self.device.faults.rejects(line):
                return f"% Unknown command: {line}\n"
            self.device.tree.enter(path, line)
        except RejectedError as refusal:
            return f"{str(refusal).rstrip()}\n"
        if line != "exit":
            self.device.accepted(line)
        return ""

    def _view(self, line: str) -> str:
        if line in ("exit", "quit"):
            raise LogoutError
        if line == "configure terminal":
            self.path = [self.device.tree.root]
            return ""
        if re.match(r"show run(ning-config)?$", line):
            return self.device.running()
        if line == "show startup-config":  # empty wherever one file serves all daemons
            return ""
        if re.match(r"terminal length \d+$", line):
            return ""
        if re.match(r"wr(ite)?( mem(ory)?)?$", line):
            return self._save()
        return f"% Unknown command: {line}\n"

    def _save(self) -> str:
        note = "Note: this version of vtysh never writes vtysh.conf\nBuilding Configuration...\n"
        if self.device.faults.unsaveable:
            return f"{note}Can't open configuration file {STARTUP}.\n"
        if not self.device.faults.forgets_save:
            self.device.save()
        return f"{note}Integrated configuration saved to /etc/frr/frr.conf\n[OK]\n"


def _dd(device: FrrDevice, words: list[str], stdin: bytes) -> Answer:
    path = next(word.removeprefix("of=") for word in words if word.startswith("of="))
    if device.faults.disk_full:
        device.files[path] = stdin[: len(stdin) // 2]
        return Answer(f"dd: fsync failed for '{path}': No space left on device\n", 1)
    device.files[path] = stdin
    return Answer()


def _sh(device: FrrDevice, words: list[str], stdin: bytes) -> Answer:
    """`sh -c` with a list of commands joined by `&&`, the last perhaps `if test -e FILE; then COMMAND; fi`."""
    printed = ""
    for command in words[words.index("-c") + 1].split(" && "):
        if found := re.fullmatch(r"if test -e (\S+); then (.*); fi", command):
            if found.group(1) not in device.files:
                continue
            command = found.group(2)
        answer = device.execute("root", command, b"")
        printed += answer.text
        if answer.status != 0:
            return Answer(printed, answer.status)
    return Answer(printed)


def _echo(device: FrrDevice, words: list[str], stdin: bytes) -> Answer:
    return Answer(" ".join(words) + "\n")


def _sha256sum(device: FrrDevice, words: list[str], stdin: bytes) -> Answer:
    if words[0] not in device.files:
        return Answer(f"sha256sum: {words[0]}: No such file or directory\n", 1)
    return Answer(f"{hashlib.sha256(device.files[words[0]]).hexdigest()}  {words[0]}\n")


def _mv(device: FrrDevice, words: list[str], stdin: bytes) -> Answer:
    source, target = words[-2:]
    if source not in device.files:
        return Answer(f"mv: cannot stat '{source}': No such file or directory\n", 1)
    device.files[target] = device.files.pop(source)
    return Answer()


def _rm(device: FrrDevice, words: list[str], stdin: bytes) -> Answer:
    device.files.pop(words[-1], None)
    return Answer()


def _cat(device: FrrDevice, words: list[str], stdin: bytes) -> Answer:
    if words[0] not in device.files:
        return Answer(f"cat: {words[0]}: No such file or directory\n", 1)
    return Answer(device.files[words[0]].decode())


def _nothing(device: FrrDevice, words: list[str], stdin: bytes) -> Answer:
    return Answer()


def _systemctl(device: FrrDevice, words: list[str], stdin: bytes) -> Answer:
    verb, *units = words
    if verb == "is-active":
        states = ["active" if u.endswith(".timer") and _stem(u) in device.units else "inactive" for u in units]
        return Answer("".join(f"{state}\n" for state in states), 0 if "active" in states else 3)
    stem = _stem(units[0])
    if stem not in device.units:
        return Answer(f"Failed to {verb} {units[0]}: Unit {units[0]} not loaded.\n", 5)
    timer, command = device.units[stem]
    if verb == "stop":
        timer.cancel()
        del device.units[stem]
        return Answer()
    return device.execute("root", shlex.join(command), b"")


def _systemd_run(device: FrrDevice, words: list[str], stdin: bytes) -> Answer:
    options = dict(word.removeprefix("--").partition("=")[::2] for word in words if word.startswith("--unit="))
    stem = options["unit"]
    if stem in device.units:
        return Answer(f"Failed to start transient timer unit: Unit {stem}.timer was already loaded.\n", 1)
    delay = next(float(word.removeprefix("--on-active=").rstrip("s")) for word in words if "--on-active=" in word)
    start = next(index for index, word in enumerate(words) if not word.startswith("--"))
    command = words[start:]

    def fire() -> None:
        device.units.pop(stem, None)
        device.execute("root", shlex.join(command), b"")

    device.units[stem] = (device.later(delay, fire), command)
    return Answer()


def _frr_reload(device: FrrDevice, words: list[str], stdin: bytes) -> Answer:
    answer = device.reload_from(words[-1])
    folder = words[words.index("--confdir") + 1] if "--confdir" in words else "/etc/frr"
    if words[-1] != f"{folder}/frr.conf":  # the real one then saves, whether it succeeded or not
        device.save()
    return answer


def _vtysh(device: FrrDevice, words: list[str], stdin: bytes) -> Answer:
    session = VtyshSession(device)
    return Answer("".join(session.answer(word) for word in words if word != "-c"))


def _stem(unit: str) -> str:
    return unit.rsplit(".", 1)[0]


_COMMANDS: dict[str, Callable[[FrrDevice, list[str], bytes], Answer]] = {
    "dd": _dd,
    "sha256sum": _sha256sum,
    "mv": _mv,
    "rm": _rm,
    "cat": _cat,
    "echo": _echo,
    "sh": _sh,
    "install": _nothing,
    "sync": _nothing,
    "systemctl": _systemctl,
    "systemd-run": _systemd_run,
    "frr-reload.py": _frr_reload,
    "vtysh": _vtysh,
}

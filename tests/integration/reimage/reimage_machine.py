"""A PC in QEMU by software emulation, UEFI, driven over its serial console and its monitor."""

from __future__ import annotations

import codecs
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

FIRMWARE = Path("/usr/share/OVMF")
_ESCAPES = re.compile(r"\x1b(\[[0-9;?=]*[A-Za-z]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][A-Z0-9]|[=>78cM])")


class ConsoleError(AssertionError):
    """The console did not say what it should have."""


class Machine:
    """One PC: its disks, perhaps a stick. ``with`` switches it on, its end switches it off."""

    memory_mib = 1024
    cpu = "max"
    processors = 1
    """With two, QEMU's emulation now and then stops a kernel that patches itself (int3)."""

    def __init__(
        self,
        folder: Path,
        disks: list[tuple[Path, str]],
        stick: Path | None = None,
        name: str = "pc",
        record: Path | None = None,
        network: str | None = None,
    ) -> None:
        """``disks``: image files with their serials. ``record``: a file for QEMU's log of what the first is written.

        ``network``: QEMU's user networking with these settings.
        """
        self.folder, self.disks, self.stick, self.name = folder, disks, stick, name
        self.record, self.network = record, network
        self.log = folder / f"{name}.console.txt"
        self.text = ""
        self.seen = 0
        self._lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Machine:
        self.on()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def hardware(self) -> list[str]:
        """What differs from machine to machine, as words for QEMU: here a screen, and the network asked for."""
        network = f"user,model=virtio-net-pci,{self.network}" if self.network else "none"
        return ["-vga", "none" if self.stick is None else "std", "-nic", network]

    def words(self) -> list[str]:
        """QEMU's command line."""
        variables = self.folder / f"{self.name}.vars.fd"
        if not variables.exists():
            shutil.copy(FIRMWARE / "OVMF_VARS_4M.fd", variables)
        self.socket = self.folder / f"{self.name}.qmp"
        command = [
            "qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", self.cpu,
            "-smp", str(self.processors), "-m", str(self.memory_mib), "-nodefaults", "-display", "none",
            "-serial", "stdio", "-qmp", f"unix:{self.socket},server=on,wait=off", *self.hardware(),
            "-drive", f"if=pflash,format=raw,readonly=on,file={FIRMWARE}/OVMF_CODE_4M.fd",
            "-drive", f"if=pflash,format=raw,file={variables}",
        ]  # fmt: skip
        for number, (path, serial) in enumerate(self.disks):
            logged = self.record if number == 0 else None
            # The host keeps what QEMU has written when QEMU is killed, so it need not flush.
            node = f"raw{number}" if logged else f"d{number}"
            command += [
                "-blockdev",
                f"driver=raw,node-name={node},cache.no-flush=on,file.driver=file,file.filename={path},file.cache.no-flush=on",
            ]
            if logged is not None:
                command += ["-blockdev", f"driver=file,node-name=log,filename={logged},cache.no-flush=on"]
                command += ["-blockdev", f"driver=blklogwrites,node-name=d{number},file={node},log=log"]
            command += ["-device", f"virtio-blk-pci,drive=d{number},serial={serial},bootindex={number + 1}"]
        if self.stick is not None:
            command += ["-device", "qemu-xhci,id=usb", "-device", "usb-kbd"]
            command += ["-drive", f"if=none,id=stick,format=raw,readonly=on,file={self.stick}"]
            command += ["-device", "usb-storage,drive=stick,id=theStick,removable=on,bootindex=9"]
        return command

    def on(self) -> None:
        """Switch on."""
        with self._lock:
            self.text, self.seen = "", 0
        self.process = subprocess.Popen(
            self.words(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        with self.log.open("ab") as log:
            while piece := os.read(process.stdout.fileno(), 65536):
                log.write(piece)
                log.flush()
                with self._lock:
                    self.text += _ESCAPES.sub("", decoder.decode(piece)).replace("\r", "")

    def cut(self) -> None:
        """The power is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def expect(self, *patterns: str, timeout: float = 240) -> re.Match[str]:
        """Wait for the first of the patterns after what was seen so far."""
        end = time.monotonic() + timeout
        while True:
            with self._lock:
                rest = self.text[self.seen :]
            found = [match for pattern in patterns if (match := re.search(pattern, rest))]
            if found:
                first = min(found, key=lambda match: match.start())
                self.seen += first.end()
                return first
            if time.monotonic() > end or self.process is None or self.process.poll() is not None:
                raise ConsoleError(
                    f"{self.name}: none of {patterns} within {timeout} s; the console's end:\n{rest[-3000:]}"
                )
            time.sleep(0.1)

    def type(self, text: str) -> None:
        """Type a line on the serial console."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n".encode())
        self.process.stdin.flush()

    def shell(self, command: str, timeout: float = 60) -> str:
        """What a command prints in the installed system, where the tests' image logs root in on the console."""
        self.type(f"echo BEG''IN; {command}; echo EN''D $?")
        self.expect(r"BEGIN\n", timeout=timeout)
        begin = self.seen
        end = self.expect(r"END \d+\n", timeout=timeout)
        return self.text[begin : self.seen - len(end.group(0))].strip()

    def monitor(self, command: str, **arguments: Any) -> None:
        """One command to QEMU's own monitor."""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.socket))
            stream = client.makefile("rw")
            stream.readline()
            for line in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                stream.write(json.dumps(line) + "\n")
                stream.flush()
                while "return" not in (answer := json.loads(stream.readline())):
                    assert "error" not in answer, answer

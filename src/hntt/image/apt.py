"""Debian's packages through an apt of its own: the machine's proxies and Debian's mirror, none of its installed state.

Which mirror that is, is said by mmdebstrap, which the lab's images are made with too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hntt.i18n import tr
from hntt.image.errors import ImageError
from hntt.image.files import sha256_of
from hntt.image.packages import Locked, Wanted

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_INSTALLED = re.compile(r"^Inst (\S+) (?:\[[^]]*\] )?\((\S+) .*\[(\S+)\]\)", re.MULTILINE)
_SOURCE = re.compile(r"^deb (\[[^]]*\] )?")
_SECONDS = 600
_AT_ONCE = 100


@dataclass(frozen=True)
class Apt:
    """An apt whose lists, state and cache lie below ``folder``."""

    folder: Path

    @classmethod
    def prepare(cls, folder: Path, suite: str, architecture: str) -> Apt:
        """Make it and read the mirror's lists; ImageError when there is no mirror."""
        for name in ("lists/partial", "cache/archives/partial", "state"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        signed = f"deb [signed-by={_KEYRING}] "
        text = "".join(f"{signed}{line.removeprefix('deb ')}\n" for line in sources(suite))
        (folder / "sources.list").write_text(text, encoding="utf-8")
        (folder / "apt.conf").write_text(_settings(folder, architecture), encoding="utf-8")
        apt = cls(folder)
        apt._run(["apt-get", "-qq", "update"])
        return apt

    def resolve(self, wanted: Wanted) -> tuple[Locked, ...]:
        """Everything that has to be installed for ``wanted`` on an empty system, with hashes."""
        text = self._run(["apt-get", "-s", "install", "--no-install-recommends", "?essential", "apt", *wanted.names])
        chosen = sorted({(name.partition(":")[0], version) for name, version, _arch in _INSTALLED.findall(text)})
        if not chosen:
            raise ImageError(tr(vi="apt không chọn được gói nào", en="apt chose no package"))
        found: list[Locked] = []
        for first in range(0, len(chosen), _AT_ONCE):
            names = [f"{name}={version}" for name, version in chosen[first : first + _AT_ONCE]]
            found += _records(self._run(["apt-cache", "show", *names]))
        by_name = {(item.name, item.version): item for item in found}
        return tuple(by_name[key] for key in chosen)

    def fetch(self, packages: Sequence[Locked], folder: Path) -> None:
        """Bring all files into ``folder``, those that are there and whole are kept. ImageError for one that differs."""
        folder.mkdir(parents=True, exist_ok=True)
        lacking = [item for item in packages if not _is_whole(folder / item.file_name, item)]
        for first in range(0, len(lacking), _AT_ONCE):
            part = lacking[first : first + _AT_ONCE]
            self._run(["apt-get", "-qq", "download", *(f"{item.name}={item.version}" for item in part)], cwd=folder)
        require_whole(lacking, folder)

    def _run(self, command: Sequence[str], cwd: Path | None = None) -> str:
        environment = {**os.environ, "APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C.UTF-8"}
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, env=environment, cwd=cwd, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise ImageError(
                tr(vi=f"{command[0]}: quá {_SECONDS} giây", en=f"{command[0]}: no end in sight")
            ) from error
        if done.returncode != 0:
            said = "\n".join(done.stderr.strip().splitlines()[-6:])
            raise ImageError(
                tr(
                    vi=f"{command[0]} không làm được:\n{said}\nNếu kho đã bỏ gói, tạo lại danh sách: hntt image lock",
                    en=f"{command[0]} failed:\n{said}\nIf the mirror has dropped a package, lock anew: hntt image lock",
                )
            )
        return done.stdout


def require_whole(packages: Iterable[Locked], folder: Path) -> None:
    """ImageError for the first file in ``folder`` that is not what the lock says; that file is removed."""
    for item in packages:
        path = folder / item.file_name
        if not _is_whole(path, item):
            path.unlink(missing_ok=True)
            raise ImageError(
                tr(
                    vi=f"{item.file_name}: không đúng SHA-256 trong danh sách gói (packages.lock); không dựng image",
                    en=f"{item.file_name}: not the SHA-256 of the lock (packages.lock); no image is built",
                )
            )


def repository(packages: Sequence[Locked], cache: Path, folder: Path) -> None:
    """Make ``folder`` (new) a flat apt repository of exactly these files, checked once more."""
    require_whole(packages, cache)
    folder.mkdir(parents=True)
    parts = []
    for item in packages:
        path = folder / item.file_name
        shutil.copyfile(cache / item.file_name, path)
        fields = subprocess.run(["dpkg-deb", "--field", path], capture_output=True, text=True, check=True).stdout
        size = path.stat().st_size
        parts.append(f"{fields.rstrip()}\nFilename: ./{item.file_name}\nSize: {size}\nSHA256: {item.sha256}\n")
    (folder / "Packages").write_text("\n".join(parts), encoding="utf-8")


def _is_whole(path: Path, item: Locked) -> bool:
    return path.is_file() and sha256_of(path) == item.sha256


def sources(suite: str) -> list[str]:
    """Debian's usual sources of a suite, one line each, as mmdebstrap knows them; ImageError when it knows none."""
    # The hook runs once mmdebstrap has written its sources and ends it, so nothing is downloaded.
    hook = '--setup-hook=cat "$1/etc/apt/sources.list" >&2; exit 9'
    try:
        done = subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=apt", "--format=null", hook, suite],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise ImageError(
            tr(vi="thiếu mmdebstrap; chạy ./run setup", en="mmdebstrap is missing; run ./run setup")
        ) from error
    lines = [_SOURCE.sub("deb ", line) for line in done.stderr.splitlines() if line.startswith("deb ")]
    if not lines:
        raise ImageError(tr(vi=f"mmdebstrap không biết kho của {suite}", en=f"mmdebstrap knows no mirror of {suite}"))
    return lines


def _settings(folder: Path, architecture: str) -> str:
    values = {
        "Dir::State": folder / "state",
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    return "".join(f'{name} "{value}";\n' for name, value in values.items())


def _records(text: str) -> Iterable[Locked]:
    for record in text.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Architecture|SHA256): (\S+)$", record, re.MULTILINE))
        if len(fields) == 4:
            yield Locked(fields["Package"], fields["Version"], fields["Architecture"], fields["SHA256"])

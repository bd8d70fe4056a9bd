"""The lab's system images, built by mmdebstrap out of Debian's own packages.

An image is defined by data (:class:`ImageDefinition`) and tagged with a hash of it, so it is built when its
definition changes and never otherwise. The lab has no network; what the roles install is baked into each image
as a small local apt repository (``/var/cache/hntt-repo``, with all dependencies, the image's only apt source),
available but not installed. Which packages those are is said in ``image_packages.yml``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import functools
import hashlib
import importlib.resources
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hntt.i18n import tr
from hntt.lab import pc_image
from hntt.lab.errors import CommandError, LabError
from hntt.lab.names import RUNTIME_ROOT
from hntt.lab.shell import run

Say = Callable[[str], None]
_BUILD_SECONDS = 1800
_REPO = "/var/cache/hntt-repo"

# What mmdebstrap says when apt does not take the mirror; why not, it keeps to itself.
_REFUSED = "apt-get update --error-on=any"
_IGNORE_DATE = '--aptopt=Acquire::Check-Valid-Until "false"'

_LAB_TOOLS = ("ethtool", "iperf3", "less", "tcpdump", "traceroute")
# snmpd is there from the start: its libraries would not fit on the small disk of each router.
_ROUTER = ("frr", "frr-pythontools", "snmpd")

# chronyd is kept from the machine's clock (the container has no CAP_SYS_TIME), but runs and answers.
_CHRONY_DROP_IN = """[Unit]
ConditionCapability=
[Service]
ExecStart=
ExecStart=!/usr/sbin/chronyd $DAEMON_OPTS -x
"""
# From Debian 14 on chronyd stays in the foreground and says itself when it is ready.
_CHRONY_FOREGROUND = _CHRONY_DROP_IN.replace("chronyd $", "chronyd -n $")
_SUDOERS = "hntt ALL=(ALL:ALL) NOPASSWD: ALL\n"

_MAKE_REPO = r"""
mkdir -p REPO
for package in PACKAGES; do
  apt-get install -qq -y --no-install-recommends --download-only \
    -o Dir::Cache::archives=REPO -o APT::Sandbox::User=root "$package" >/dev/null
done
rm -rf REPO/partial REPO/lock
cd REPO
for deb in *.deb; do
  [ -e "$deb" ] || break
  dpkg-deb --field "$deb"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' \
    "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
done > Packages
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/99mmdebstrap
rm -rf /var/lib/apt/lists/*
echo 'deb [trusted=yes lang=none] file:REPO ./' > /etc/apt/sources.list.d/hntt-repo.list
apt-get update -qq
"""

_SETTLE = """
useradd --create-home --shell /bin/bash --password '*' hntt
rm -f /etc/ssh/ssh_host_*
: > /etc/machine-id
: > /etc/resolv.conf
touch /etc/.updated /var/.updated
# The two ask-password units wait for nobody here and hold inotify instances, of which a kernel has 128 for all
# containers of one user together.
systemctl mask systemd-logind.service systemd-journal-catalog-update.service e2scrub_reap.service \
  systemd-ask-password-console.path systemd-ask-password-wall.path \
  apt-daily.timer apt-daily-upgrade.timer >/dev/null 2>&1
"""

# Debian closes /etc/frr to all but the user frr; vtysh as hntt-net (group frr) wants to read vtysh.conf there.
_ROUTER_SETTLE = """
dpkg-statoverride --remove /etc/frr
dpkg-statoverride --update --add frr frr 0750 /etc/frr
useradd --create-home --shell /usr/bin/vtysh --groups frrvty,frr --password '*' hntt-net
sed -i 's/^ospfd=no/ospfd=yes/' /etc/frr/daemons
"""

# A video unit's SSH is the simulator's; Debian's would hold the port. Its program comes with day-0.
_VCS = ("baresip-core", "baresip-ffmpeg", "python3-asyncssh", "python3-yaml")
_VCS_UNIT = """[Unit]
Description=Simulated video unit
Wants=network-online.target
After=network-online.target
ConditionPathExists=/etc/hntt-vcs/unit.json
[Service]
Environment=PYTHONPATH=/opt/hntt-vcs PYTHONUNBUFFERED=1
ExecStart=/usr/bin/python3 -m hntt.lab.simulators.xapi --unit /etc/hntt-vcs/unit.json
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
"""
_VCS_SERVICE = ("/etc/systemd/system/hntt-vcs.service", 0o644, _VCS_UNIT)
_VCS_SETTLE = """
systemctl enable systemd-networkd.service hntt-vcs.service >/dev/null 2>&1
systemctl mask ssh.service ssh.socket >/dev/null 2>&1
"""

_LINUX_SETTLE = """
systemctl enable systemd-networkd.service >/dev/null 2>&1
"""

_PREFERENCES = "/etc/apt/preferences.d"
_LOCKED = f"{_PREFERENCES}/hntt-lock"

# The eyes and fingers of the tests; all else that a commune's PC has is said in pc_image.py.
_PC_TOOLS = ("grim", "wtype")
# A container has no screen, no keyboard and no terminal of its own: the compositor draws into memory.
_PC_KIOSK = """[Service]
TTYPath=
TTYReset=no
TTYVHangup=no
TTYVTDisallocate=no
StandardInput=null
UtmpIdentifier=
Environment=WLR_BACKENDS=headless WLR_RENDERER=pixman WLR_HEADLESS_OUTPUTS=1 LIBSEAT_BACKEND=noop
"""
_PC_DROP_IN = ("/etc/systemd/system/hntt-kiosk.service.d/lab.conf", 0o644, _PC_KIOSK)
_PC_SETTLE = """
systemctl unmask systemd-logind.service apt-daily.timer apt-daily-upgrade.timer >/dev/null 2>&1
CONTENT
systemctl mask usbguard.service usbguard-dbus.service >/dev/null 2>&1
"""


@dataclass(frozen=True)
class ImageDefinition:
    """What an image is made of; every field counts for its tag.

    ``files``: (path, mode, text); those in ``/etc/apt/preferences.d`` count from the beginning. ``script`` runs at the
    end inside the new system, as root.
    """

    name: str
    suite: str
    packages: tuple[str, ...]
    repository: tuple[str, ...]
    files: tuple[tuple[str, int, str], ...]
    script: str

    @property
    def tag(self) -> str:
        """The image's name for podman, with the hash of this definition."""
        digest = hashlib.sha256(json.dumps(dataclasses.asdict(self), sort_keys=True).encode()).hexdigest()
        return f"localhost/{self.name}:{digest[:12]}"


IMAGE_NAMES = ("hntt-router", "hntt-linux", "hntt-vcs", "hntt-mcu", "hntt-pc")
"""``hntt-router`` is Debian 13 with FRR, ``hntt-linux`` a bare one, ``hntt-vcs`` what a simulated video unit runs on: a
SIP client and a service for the simulator. ``hntt-mcu`` is a bare Debian 14, the first one with an Asterisk again.
``hntt-pc`` is a commune's PC as its own image makes it (:mod:`hntt.lab.pc_image`)."""


@functools.cache
def _defined(name: str) -> ImageDefinition:
    listed = _package_lists()
    base = (*listed["preinstalled"], *_LAB_TOOLS)
    files = (
        ("/etc/sudoers.d/hntt", 0o440, _SUDOERS),
        ("/etc/systemd/system/chrony.service.d/lab.conf", 0o644, _CHRONY_DROP_IN),
    )
    newer = (files[0], (*files[1][:2], _CHRONY_FOREGROUND))
    if name == "hntt-pc":
        return _pc(base, files)
    return {
        "hntt-router": lambda: _definition(name, (*base, *_ROUTER), listed[name], files, _ROUTER_SETTLE),
        "hntt-linux": lambda: _definition(name, base, listed[name], files, _LINUX_SETTLE),
        "hntt-vcs": lambda: _definition(name, (*base, *_VCS), [], (*files, _VCS_SERVICE), _VCS_SETTLE),
        "hntt-mcu": lambda: _definition(name, base, listed[name], newer, _LINUX_SETTLE, suite="forky"),
    }[name]()


def _pc(base: tuple[str, ...], files: tuple[tuple[str, int, str], ...]) -> ImageDefinition:
    like = pc_image.in_a_container()
    baked = {path for path, _mode, _text in like.files}
    own = tuple(file for file in files if file[0] not in baked)
    settle = _LINUX_SETTLE + _PC_SETTLE.replace("CONTENT", like.script) + f"rm {_LOCKED}\n"
    placed = (*own, *like.files, _PC_DROP_IN, (_LOCKED, 0o644, like.preferences))
    return _definition("hntt-pc", (*base, *like.packages, *_PC_TOOLS), [], placed, settle)


def _definition(
    name: str,
    packages: tuple[str, ...],
    repository: list[str],
    files: tuple[tuple[str, int, str], ...],
    script: str,
    suite: str = "trixie",
) -> ImageDefinition:
    offered = tuple(sorted(set(repository) - set(packages)))
    make_repo = _MAKE_REPO.replace("PACKAGES", " ".join(offered)).replace("REPO", _REPO)
    return ImageDefinition(
        name=name,
        suite=suite,
        packages=tuple(sorted(set(packages))),
        repository=offered,
        files=files,
        script=make_repo + _SETTLE + script,
    )


def _package_lists() -> dict[str, list[str]]:
    text = importlib.resources.files("hntt.lab").joinpath("image_packages.yml").read_text(encoding="utf-8")
    listed: dict[str, list[str]] = yaml.safe_load(text)
    return listed


def definition_of(name: str) -> ImageDefinition:
    """The definition of that name; LabError when there is none."""
    if name not in IMAGE_NAMES:
        raise LabError(tr(vi=f"không có image {name}", en=f"there is no image {name}"))
    return _defined(name)


def ensure_image(name: str, say: Say | None = None) -> str:
    """Build the image of that name unless it is there, and return its tag (``localhost/NAME:HASH``).

    Takes about half a minute when it has to build, and needs Debian's mirror then. Safe against being called
    by several processes at once. LabError for an unknown name, CommandError when building fails.
    """
    definition, tell = definition_of(name), say or (lambda _text: None)
    if not image_exists(definition.tag):
        with _building(name):
            if not image_exists(definition.tag):
                _build(definition, tell)
    # Each time, since an image is kept: it does not become what was locked.
    if name == "hntt-pc" and (warning := pc_image.warning(image_root(definition.tag))):
        tell(warning)
    return definition.tag


def image_exists(tag: str) -> bool:
    """Whether podman has an image of that tag."""
    return run(["podman", "image", "exists", tag], check=False).returncode == 0


def image_root(tag: str) -> Path:
    """The directory with the image's files (an imported image is one layer); read only, by convention."""
    shown = run(["podman", "image", "inspect", tag]).stdout
    data: dict[str, Any] = json.loads(shown)[0]
    driver = data["GraphDriver"]
    if driver["Name"] != "overlay" or "LowerDir" in driver["Data"]:
        raise LabError(
            tr(
                vi=f"podman phải lưu {tag} thành một lớp overlay, không phải {driver['Name']}",
                en=f"podman has to store {tag} as one overlay layer, not as {driver['Name']}",
            )
        )
    return Path(driver["Data"]["UpperDir"])


def remove_images() -> list[str]:
    """Remove all images of the lab, of earlier definitions too, and return their tags.

    LabError while any lab is up: a running host's file system lies on its image.
    """
    if RUNTIME_ROOT.exists() and any(RUNTIME_ROOT.iterdir()):
        raise LabError(
            tr(vi="còn phòng lab đang chạy trên các image này", en="a lab is still up on top of these images")
        )
    listed = run(["podman", "images", "--format", "{{.Repository}}:{{.Tag}}"]).stdout.split()
    tags = [tag for tag in listed if tag.rpartition(":")[0] in {f"localhost/{name}" for name in IMAGE_NAMES}]
    if tags:
        run(["podman", "rmi", "--force", *tags])
    return tags


@contextlib.contextmanager
def _building(name: str) -> Iterator[None]:
    lock = Path("/run/lock") / f"hntt-image-{name}.lock"
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(definition: ImageDefinition, say: Say) -> None:
    say(tr(vi=f"tạo image {definition.tag}", en=f"building image {definition.tag}"))
    with tempfile.TemporaryDirectory(prefix="hntt-image-") as scratch:
        tree, archive = Path(scratch) / "tree", Path(scratch) / "image.tar"
        _write_tree(definition, tree)
        _make_archive(definition, tree, archive, say)
        run(["podman", "import", "--quiet", archive, definition.tag], timeout=_BUILD_SECONDS)


def _make_archive(definition: ImageDefinition, tree: Path, archive: Path, say: Say) -> None:
    command = _mmdebstrap_command(definition, tree, archive)
    try:
        run(command, timeout=_BUILD_SECONDS)
    except CommandError as error:
        if _REFUSED not in str(error):
            raise
        # A mirror kept as it was on some day is past its date; its signatures are checked all the same.
        say(
            tr(
                vi=f"{definition.suite}: thử lại, bỏ qua ngày hết hạn của kho",
                en=f"{definition.suite}: again, whatever the mirror's date",
            )
        )
        run([command[0], _IGNORE_DATE, *command[1:]], timeout=_BUILD_SECONDS)


def _write_tree(definition: ImageDefinition, tree: Path) -> None:
    tree.mkdir()
    tree.chmod(0o755)
    for path, mode, text in definition.files:
        target = tree / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        target.chmod(mode)


def _mmdebstrap_command(definition: ImageDefinition, tree: Path, archive: Path) -> list[str]:
    # The script goes in by argument of sh: a file in the new system would have to be removed from it again.
    return [
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        "--skip=cleanup/apt/lists,check/empty",
        '--aptopt=Acquire::Languages "none"',
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        f"--include={','.join(definition.packages)}",
        f'--setup-hook=mkdir -p "$1"{_PREFERENCES}; cp {tree}{_PREFERENCES}/* "$1"{_PREFERENCES} 2>/dev/null || true',
        f'--customize-hook=cp -r --preserve=mode {tree}/. "$1"/',
        f"--customize-hook=chroot \"$1\" sh -euc '{_quoted(definition.script)}'",
        definition.suite,
        str(archive),
    ]


def _quoted(script: str) -> str:
    return script.replace("'", "'\\''")

"""Day-0 trees: what they hold, and how they are put into a system."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hntt.lab.day0 import InterfaceAddress, install_tree, minimal_day0
from hntt.lab.errors import LabError
from hntt.lab.topology import LabHost

ME = (os.getuid(), os.getgid())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A new system whose users all are the one who runs the test, so that no privilege is needed."""
    root = tmp_path / "root"
    (root / "etc/frr").mkdir(parents=True)
    (root / "etc/frr").chmod(0o750)
    (root / "home/hntt").mkdir(parents=True)
    names = ("root", "hntt", "hntt-net", "frr")
    (root / "etc/passwd").write_text("".join(f"{n}:x:{ME[0]}:{ME[1]}::/:/bin/sh\n" for n in names))
    (root / "etc/group").write_text("".join(f"{n}:x:{ME[1]}:\n" for n in names))
    return root


def put(source: Path, files: dict[str, str], mode: int = 0o666) -> Path:
    for name, text in files.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    return source


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_modes(root: Path, tmp_path: Path) -> None:
    names = ["etc/hostname", "etc/frr/frr.conf", "home/hntt/.ssh/authorized_keys", "etc/ssh/ssh_host_ed25519_key"]
    install_tree(put(tmp_path / "day0", dict.fromkeys(names, "x")), root)
    assert [oct(mode_of(root / name)) for name in names] == ["0o644", "0o640", "0o600", "0o600"]
    assert mode_of(root / "home/hntt/.ssh") == 0o700
    assert mode_of(root / "etc/frr") == 0o750


def test_programs_stay_programs(root: Path, tmp_path: Path) -> None:
    install_tree(put(tmp_path / "day0", {"usr/local/sbin/guard": "#!/bin/sh\n"}, 0o777), root)
    assert mode_of(root / "usr/local/sbin/guard") == 0o755


def test_it_never_writes_through_the_new_systems_links(root: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("of this machine")
    (root / "etc/resolv.conf").symlink_to(precious)
    install_tree(put(tmp_path / "day0", {"etc/resolv.conf": "of the device"}), root)
    assert precious.read_text() == "of this machine"
    assert (root / "etc/resolv.conf").read_text() == "of the device"


def test_links_are_copied_as_links(root: Path, tmp_path: Path) -> None:
    source = put(tmp_path / "day0", {"etc/hostname": "x"})
    (source / "etc/localtime").symlink_to("/usr/share/zoneinfo/Asia/Ho_Chi_Minh")
    install_tree(source, root)
    install_tree(source, root)
    assert (root / "etc/localtime").readlink() == Path("/usr/share/zoneinfo/Asia/Ho_Chi_Minh")


def test_anything_else_is_refused(root: Path, tmp_path: Path) -> None:
    source = put(tmp_path / "day0", {"etc/hostname": "x"})
    os.mkfifo(source / "etc/pipe")
    with pytest.raises(LabError, match="pipe"):
        install_tree(source, root)


def test_minimal_day0_of_a_router(tmp_path: Path) -> None:
    host = LabHost("rt.x", "router", interfaces=("wan",))
    addresses = [InterfaceAddress("wan", "10.44.16.6/30"), InterfaceAddress("lan", "10.44.64.17/28")]
    out = minimal_day0(host, tmp_path / "out", "ssh-ed25519 AAAA op", addresses, ospf_networks=("10.44.0.0/16",))
    conf = (out / "etc/frr/frr.conf").read_text()
    assert "interface wan\n ip address 10.44.16.6/30\n ip ospf network point-to-point\n" in conf
    assert "interface lan\n ip address 10.44.64.17/28\nexit" in conf
    assert "router ospf\n network 10.44.0.0/16 area 0\n" in conf
    for user in ("hntt", "hntt-net"):
        assert (out / f"home/{user}/.ssh/authorized_keys").read_text() == "ssh-ed25519 AAAA op\n"


def test_minimal_day0_of_a_server_is_made_anew(tmp_path: Path) -> None:
    put(tmp_path / "out", {"etc/left": "over"})
    host = LabHost("noc.tinh", "noc", interfaces=("eth0",))
    out = minimal_day0(host, tmp_path / "out", "key", [InterfaceAddress("eth0", "10.44.32.10/24")], "10.44.32.1")
    unit = (out / "etc/systemd/network/eth0.network").read_text()
    assert "Name=eth0" in unit
    assert "Address=10.44.32.10/24\nGateway=10.44.32.1\n" in unit
    assert not (out / "etc/left").exists()
    assert not (out / "home/hntt-net").exists()


def test_minimal_day0_of_a_pc_has_the_keys_where_its_image_looks_for_them(tmp_path: Path) -> None:
    pc = LabHost("pc.x", "pc", interfaces=("lan",))
    out = minimal_day0(pc, tmp_path / "day0", "ssh-ed25519 AAAA operator", [InterfaceAddress("lan", "10.44.92.115/16")])
    assert (out / "etc/ssh/authorized_keys.d/hntt").read_text(encoding="utf-8") == "ssh-ed25519 AAAA operator\n"

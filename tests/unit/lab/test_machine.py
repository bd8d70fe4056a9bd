"""Capability, podman's settings, images as definitions: what depends on the machine, without touching it."""

from __future__ import annotations

import dataclasses
import tomllib

import pytest

from hntt.i18n import set_language
from hntt.lab import capability as capability_module
from hntt.lab import images
from hntt.lab.capability import Capability, capability
from hntt.lab.engine import containers_conf
from hntt.lab.errors import LabError, LabUnavailableError


@pytest.fixture(autouse=True)
def _fresh() -> object:
    capability.cache_clear()
    yield
    capability.cache_clear()
    set_language(None)


def test_an_ordinary_machine_needs_no_arrangement() -> None:
    settings = tomllib.loads(containers_conf(Capability(ok=True)))
    assert settings == {"containers": {"pids_limit": 0}, "engine": {"events_logger": "file"}}
    assert Capability(ok=True).arrangements == ""


def test_a_special_machine_gets_what_it_needs() -> None:
    special = Capability(ok=True, mount_cgroup2=True, keep_limits=True, runtime="runc")
    settings = tomllib.loads(containers_conf(special))
    assert settings["engine"]["runtime"] == "runc"
    assert settings["engine"]["cgroup_manager"] == "cgroupfs"
    assert settings["containers"]["default_ulimits"] == ["nofile=4096:4096", "nproc=8192:8192"]
    set_language("en")
    assert special.arrangements.count(";") == 1


def test_without_root_it_says_so_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    set_language("en")
    with pytest.raises(LabUnavailableError, match="takes root"):
        capability().require()
    set_language("vi")
    with pytest.raises(LabUnavailableError, match="quyền root"):
        capability().require()


def test_a_container_without_privilege_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(capability_module, "_has", lambda _number: False)
    assert "CAP_SYS_ADMIN" in capability().reason_en
    assert not capability().ok


def test_missing_programs_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(capability_module, "_has", lambda _number: True)
    monkeypatch.setattr("shutil.which", lambda name: None if name in ("podman", "runc", "crun") else f"/bin/{name}")
    assert "podman, runc" in capability().reason_en


def test_a_kernel_that_refuses_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(capability_module, "_has", lambda _number: True)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(capability_module, "_try_kernel", lambda: "RTNETLINK answers: Operation not supported")
    assert "Operation not supported" in capability().reason_en


def test_a_tag_follows_the_definition() -> None:
    definition = images.definition_of("hntt-router")
    assert definition.tag == dataclasses.replace(definition).tag
    changed = dataclasses.replace(definition, packages=(*definition.packages, "nano"))
    assert changed.tag != definition.tag


def test_what_roles_install_is_offered_but_not_installed() -> None:
    for name in images.IMAGE_NAMES:
        definition = images.definition_of(name)
        if name == "hntt-vcs":  # a video unit has no role that installs packages
            assert definition.repository == ()
            continue
        if name == "hntt-pc":  # a PC has all from its image
            continue
        assert "chrony" in definition.repository
        assert "chrony" not in definition.packages
        assert not set(definition.packages) & set(definition.repository)


def test_what_is_installed_is_not_offered_again() -> None:
    definition = images._definition("x", ("sudo", "frr"), ["chrony", "frr"], (), "")
    assert definition.repository == ("chrony",)
    assert "for package in chrony; do" in definition.script


def test_an_unknown_image_is_refused() -> None:
    with pytest.raises(LabError, match="toaster"):
        images.ensure_image("toaster")

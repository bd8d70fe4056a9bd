"""Settings of roles are described, and offline reading of an inventory gives what Ansible would."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from linux_support import PROJECT

from hntt.intent.linux import SettingsError, settings_for

ROLES = ("linux_base", "noc", "declared_state")


@pytest.mark.parametrize("role", ROLES)
def test_every_setting_is_described_and_no_other(role: str) -> None:
    folder = PROJECT / "roles" / role
    defaults = yaml.safe_load((folder / "defaults" / "main.yml").read_text())
    options = yaml.safe_load((folder / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    assert set(defaults) == set(options) - {"declared_state_for"}
    for name, option in options.items():
        if "default" in option:
            assert option["default"] == defaults[name], name


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_the_special_goes_before_the_general(tmp_path: Path) -> None:
    inventory = write(
        tmp_path,
        {
            "group_vars/all.yml": "a: all\nb: all\nc: all\n",
            "group_vars/router/net.yml": "b: router\nc: router\n",
            "host_vars/rt.le-thuy.yml": "c: host\n",
        },
    )
    found = settings_for(inventory, ["router"], "rt.le-thuy", {"a": "default", "d": "default"})
    assert found == {"a": "all", "b": "router", "c": "host", "d": "default"}


def test_what_is_encrypted_is_left_out(tmp_path: Path) -> None:
    vault = "$ANSIBLE_VAULT;1.1;AES256\n6162\n"
    inline = "a: plain\npw: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n"
    inventory = write(tmp_path, {"group_vars/all/vault.yml": vault, "group_vars/all/main.yml": inline})
    assert settings_for(inventory, [], "rt.tinh", {}) == {"a": "plain"}


@pytest.mark.parametrize("text", ["- a list\n", "a: [\n"])
def test_a_file_that_is_no_mapping_is_named(tmp_path: Path, text: str) -> None:
    inventory = write(tmp_path, {"group_vars/all.yml": text})
    with pytest.raises(SettingsError, match=r"all\.yml"):
        settings_for(inventory, [], "rt.tinh", {})

"""What every action of the project needs from the variables of its task."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from hntt.audit.scope import Scope
from hntt.play.inputs import PROJECT, scope_for


class Loader(Protocol):
    """Reads YAML files, decrypting vaults: Ansible's DataLoader."""

    def load_from_file(self, file_name: str, cache: str = "all", trusted_as_template: bool = False) -> Any:
        """The data in the file."""
        ...


def scope_of_play(variables: Mapping[str, Any], loader: Loader) -> Scope:
    """The scope of all hosts of the play, as ``--limit`` leaves them."""
    return scope_of(list(variables["ansible_play_hosts_all"]), variables, loader)


def scope_of(names: list[str], variables: Mapping[str, Any], loader: Loader) -> Scope:
    """The scope of the named hosts."""
    return scope_for(
        names,
        variables["hostvars"],
        lambda path: loader.load_from_file(path, cache="none"),
        roles_folder(variables),
    )


def roles_folder(variables: Mapping[str, Any]) -> Path:
    """The project's roles, also for a playbook that lies elsewhere in it, as a molecule scenario's does."""
    beside = project_folder(variables) / "roles"
    return beside if beside.is_dir() else PROJECT / "roles"


def project_folder(variables: Mapping[str, Any]) -> Path:
    """The project: the folder above the playbooks'."""
    return Path(str(variables["playbook_dir"])).parent


def reports_folder(variables: Mapping[str, Any]) -> Path:
    """Where reports go: ``HNTT_REPORTS_DIR``, else ``build/reports`` of the project."""
    return Path(os.environ.get("HNTT_REPORTS_DIR") or project_folder(variables) / "build" / "reports")

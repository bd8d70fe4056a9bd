"""Declared state of Linux hosts: what a role wants, as data that is rendered, merged, compared and applied.

The public names are the ones other packages use::

    state = render_host(roles_dir, ("linux_base", "noc"), host_vars)
    changes = diff_states(render_host(old_dir, …), state)
"""

from hntt.intent.linux.diff import StateChange, diff_states
from hntt.intent.linux.merge import StateConflict, merge_states
from hntt.intent.linux.model import (
    DeclaredState,
    Directory,
    File,
    ListeningPort,
    ManagedDirectory,
    Package,
    Service,
    Sysctl,
    User,
)
from hntt.intent.linux.render import StateError, render_host, render_state, roles_for_kind
from hntt.intent.linux.secrets import MappingSecrets, MissingSecret, OfflineSecrets, SecretSource, reveal
from hntt.intent.linux.settings import SettingsError, role_defaults, settings_for

__all__ = [
    "DeclaredState",
    "Directory",
    "File",
    "ListeningPort",
    "ManagedDirectory",
    "MappingSecrets",
    "MissingSecret",
    "OfflineSecrets",
    "Package",
    "SecretSource",
    "Service",
    "SettingsError",
    "StateChange",
    "StateConflict",
    "StateError",
    "Sysctl",
    "User",
    "diff_states",
    "merge_states",
    "render_host",
    "render_state",
    "reveal",
    "role_defaults",
    "roles_for_kind",
    "settings_for",
]

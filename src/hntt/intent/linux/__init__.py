"""Declared state of Linux hosts: what a role wants, as data that is rendered, merged, compared and applied.

The public names are the ones other packages use::

    state = render_host(roles_dir, ("linux_base", "noc"), host_vars)
    changes = diff_states(render_host(old_dir, …), state)
"""

from hntt.intent.linux.diff import StateChange, diff_states
from hntt.intent.linux.merge import StateConflictError, merge_states
from hntt.intent.linux.model import (
    DeclaredState,
    Directory,
    File,
    Link,
    ListeningPort,
    ManagedDirectory,
    Package,
    Service,
    Sysctl,
    User,
)
from hntt.intent.linux.programs import (
    NotBuiltError,
    ProgramError,
    built_content,
    built_path,
    built_sources,
    program_files,
    sources_text,
)
from hntt.intent.linux.render import LINUX_PLATFORMS, StateError, render_host, render_state, roles_for_kind
from hntt.intent.linux.secrets import MissingSecretError, reveal, secret_names
from hntt.intent.linux.settings import SettingsError, role_defaults, settings_for

__all__ = [
    "LINUX_PLATFORMS",
    "DeclaredState",
    "Directory",
    "File",
    "Link",
    "ListeningPort",
    "ManagedDirectory",
    "MissingSecretError",
    "NotBuiltError",
    "Package",
    "ProgramError",
    "Service",
    "SettingsError",
    "StateChange",
    "StateConflictError",
    "StateError",
    "Sysctl",
    "User",
    "built_content",
    "built_path",
    "built_sources",
    "diff_states",
    "merge_states",
    "program_files",
    "render_host",
    "render_state",
    "reveal",
    "role_defaults",
    "roles_for_kind",
    "secret_names",
    "settings_for",
    "sources_text",
]

"""Files that follow from other lists: a user's keys, sudo rules, the kernel settings that survive a boot."""

from __future__ import annotations

import hashlib

from hntt.intent.linux.merge import merge_states
from hntt.intent.linux.model import DeclaredState, Directory, File, ManagedDirectory, Sysctl, User
from hntt.intent.linux.programs import built_path

AUTHORIZED_KEYS_DIR = "/etc/ssh/authorized_keys.d"
SUDOERS_DIR = "/etc/sudoers.d"
SYSCTL_FILE = "/etc/sysctl.d/60-hntt.conf"
SUMS = "<declared sums>\n"
"""Content of a file that shall list what ``sha256sum --check`` compares the host's files with."""
_SOURCE = "declared_state"
_HEADER = "# Managed by declared_state: changes made here are drift and are put back.\n"


def with_derived_files(state: DeclaredState) -> DeclaredState:
    """``state`` with the files that its users and kernel settings imply.

    Keys are root's files outside the homes, so that nobody can let in another key unseen. A user without keys gets
    no key file; the directory is managed, so a left-over one is removed.
    """
    files = [_keys_file(user) for user in state.users if user.authorized_keys]
    files += [_sudoers_file(user) for user in state.users if user.sudo]
    if state.sysctls:
        files.append(_sysctl_file(state.sysctls))
    derived = DeclaredState(
        files=tuple(files),
        directories=(Directory(path=AUTHORIZED_KEYS_DIR, source=_SOURCE),) if state.users else (),
        managed_directories=(
            (
                ManagedDirectory(path=AUTHORIZED_KEYS_DIR, purge=True, source=_SOURCE),
                ManagedDirectory(path=SUDOERS_DIR, pattern="[!R]*", source=_SOURCE),
            )
            if state.users
            else ()
        ),
    )
    return merge_states([state, derived])


def with_sums(state: DeclaredState) -> DeclaredState:
    """``state`` with the hashes of its files in the file that wants them (its content is ``SUMS``), if one does.

    Files with secrets and built files are left out: their bytes are not known here.
    """
    listed = [
        f"{hashlib.sha256(file.content.encode()).hexdigest()}  {file.dest}\n"
        for file in sorted(state.files, key=lambda file: file.dest)
        if not file.secret and file.content != SUMS and built_path(file.content) is None
    ]
    files = (
        file.model_copy(update={"content": "".join(listed)}) if file.content == SUMS else file for file in state.files
    )
    return state.model_copy(update={"files": tuple(files)})


def _keys_file(user: User) -> File:
    return File(
        dest=f"{AUTHORIZED_KEYS_DIR}/{user.name}",
        content=_HEADER + "".join(f"{key.strip()}\n" for key in user.authorized_keys),
        mode="0644",
        guard=True,
        validate="ssh-keygen -l -f %s",
        source=user.source,
    )


def _sudoers_file(user: User) -> File:
    rules = "".join(f"{user.name} {rule.strip()}\n" for rule in user.sudo)
    return File(
        dest=f"{SUDOERS_DIR}/{user.name}",
        content=_HEADER + rules,
        mode="0440",
        validate="visudo -cf %s",
        source=user.source,
    )


def _sysctl_file(sysctls: tuple[Sysctl, ...]) -> File:
    lines = "".join(f"{sysctl.name} = {sysctl.value}\n" for sysctl in sysctls)
    return File(dest=SYSCTL_FILE, content=_HEADER + lines, source=_SOURCE)

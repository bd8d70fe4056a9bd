"""Brings one Linux host to its declared state: reads it once, changes only what differs, reads it again.

A host that is as declared costs one round trip. What nobody declared (keys, ports, users, units) is reported as a
warning and left alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from hntt.audit.linux import IN_FORCE, PROBE_COMMAND, Drift, ProbeError, compare, parse_answer, probe_script
from hntt.intent.linux import (
    DeclaredState,
    File,
    MissingSecretError,
    NotBuiltError,
    SettingsError,
    StateConflictError,
    StateError,
    built_content,
    built_path,
    render_host,
    role_defaults,
    roles_for_kind,
    secret_names,
)
from hntt.intent.secrets import SecretSource, SecretValues

ROLES_DIR = Path(__file__).resolve().parents[2] / "roles"
GUARD_POLL_SECONDS = 0.5
FINAL_STATES = ("done", "refused", "rolled_back", "reverted")
GUARD_OUTCOMES = {
    "reverted": "it cut management; the host has gone back by itself to the files before it",
    "rolled_back": "a unit did not start with it; the host is back at the files before it",
    "refused": "it was not made; the host is as it was",
    "guarded": "it was made but not confirmed; the host goes back by itself",
}
RENDER_ERRORS = (StateError, StateConflictError, SettingsError, MissingSecretError, NotBuiltError)


class HostFailureError(Exception):
    """Something on the host that stops the run; ``result`` is Ansible's own result."""

    def __init__(self, message: str, result: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.result = dict(result or {})


class VaultSecrets:
    """The vault's values, opened when a host needs one and not before: most hosts need none."""

    def __init__(self, load: Callable[[], dict[str, str]]) -> None:
        self._load = load
        self._values: SecretValues | None = None

    def get(self, name: str) -> str:
        """The value; KeyError when the vault has none."""
        if self._values is None:
            self._values = SecretValues(self._load())
        return self._values.get(name)


class ActionModule(ActionBase):
    """``declared_state: roles: [...]`` (default: the roles of the host's kind)."""

    _supports_check_mode = True
    _requires_connection = True
    _VALID_ARGS = frozenset({"roles", "guard_seconds"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        self._vars = task_vars or {}
        self._steps: list[str] = []
        self._diffs: list[dict[str, str]] = []
        try:
            state, self._secrets = self._declared()
            drifts = self._read(state)
            wrong = [drift for drift in drifts if drift.repairable]
            if wrong:
                self._converge(state, wrong)
                drifts = drifts if self._task.check_mode else self._confirmed(state)
        except RENDER_ERRORS as error:
            return {**result, "failed": True, "msg": str(error)}
        except HostFailureError as error:
            return {**result, **error.result, "failed": True, "msg": str(error), "steps": self._steps}
        return {**result, **self._outcome(state, drifts, wrong)}

    def _declared(self) -> tuple[DeclaredState, SecretSource]:
        facts = plain(self._templar.template(self._vars.get("hntt", {})))
        roles = self._roles(str(facts.get("kind", "")))
        secrets = VaultSecrets(lambda: plain(self._templar.template(self._vars.get("hntt_secrets", {}))))
        return render_host(ROLES_DIR, roles, {**self._settings(), "hntt": facts}, secrets), secrets

    def _settings(self) -> dict[str, Any]:
        """What the inventory or the command line sets of the roles' settings."""
        settings = {}
        for role in ROLES_DIR.iterdir():
            for name, default in role_defaults(ROLES_DIR, [role.name]).items():
                # Ansible mixes in the defaults of the roles it runs; those are laid in order by render_host, where
                # a special role's default goes before a general one's.
                if name in self._vars and plain(self._vars[name]) != default:
                    settings[name] = plain(self._templar.template(self._vars[name]))
        return settings

    def _roles(self, kind: str) -> list[str]:
        """All roles of the host, whichever of them was called: one role alone would close the others' ports."""
        whole = plain(self._templar.template(self._vars.get("declared_state_roles"))) or roles_for_kind(kind)
        roles = list(dict.fromkeys([*whole, *plain(self._task.args.get("roles") or [])]))
        if not roles:
            raise StateError("declared_state: no roles given and the host's kind has none")
        return roles

    def _read(self, state: DeclaredState) -> list[Drift]:
        answer = self._low_level_execute_command(PROBE_COMMAND, in_data=probe_script(state).encode(), sudoable=True)
        if answer["rc"] != 0:
            raise HostFailureError("the host could not be read", {"stderr": answer["stderr"], "rc": answer["rc"]})
        try:
            return compare(state, parse_answer(answer["stdout"]), self._secrets)
        except ProbeError as error:
            raise HostFailureError(str(error), {"stderr": answer["stderr"]}) from error

    def _converge(self, state: DeclaredState, wrong: list[Drift]) -> None:
        kinds = {drift.kind for drift in wrong}
        if "package" in kinds:
            self._packages(state, {drift.subject for drift in wrong if drift.kind == "package"})
        if "user" in kinds:
            self._users(state, {drift.subject.split()[0] for drift in wrong if drift.kind == "user"})
        # Installing a package can bring files in place that the first reading had not seen: always look.
        if kinds - {"service"}:
            self._files(state)
        self._services(state)

    def _packages(self, state: DeclaredState, names: set[str]) -> None:
        for wanted in ("present", "absent"):
            chosen = [package.name for package in state.packages if package.state == wanted and package.name in names]
            if chosen:
                arguments = {"name": chosen, "state": wanted, "install_recommends": False}
                self._module(f"packages {wanted}: {', '.join(chosen)}", "ansible.builtin.apt", arguments)

    def _users(self, state: DeclaredState, names: set[str]) -> None:
        for user in state.users:
            if user.name not in names:
                continue
            arguments = {
                "name": user.name,
                "shell": user.shell,
                "groups": list(user.groups),
                "append": True,
                "create_home": True,
                **({"home": user.home} if user.home else {}),
                **({"password_lock": True} if user.locked else {}),
            }
            self._module(f"user {user.name}", "ansible.builtin.user", arguments)

    def _files(self, state: DeclaredState) -> None:
        names = {name for file in state.files for name in secret_names(file.content)}
        arguments = {
            "files": [wanted_file(file) for file in state.files],
            "links": [wanted(link) for link in state.links],
            "directories": [wanted(folder) for folder in state.directories],
            "purge": [wanted(folder) for folder in state.managed_directories if folder.purge],
            "sysctls": {sysctl.name: sysctl.value for sysctl in state.sysctls},
            "secrets": {name: self._secrets.get(name) for name in sorted(names)},
            "guard_seconds": self._guard_seconds(),
        }
        result = self._module("files", "hntt_files", arguments)
        if result.get("state") == "ready":
            self._confirm_guarded(str(result["transaction"]))
        if result.get("restarted"):
            self._steps.append("restarted: " + ", ".join(result["restarted"]))

    def _guard_seconds(self) -> int:
        return int(self._task.args.get("guard_seconds") or self._vars.get("declared_state_guard_seconds") or 60)

    def _confirm_guarded(self, identity: str) -> None:
        """Keep a change the host has made, over a connection opened after it; else the host goes back by itself."""
        deadline = time.monotonic() + 2 * self._guard_seconds()
        seen = ""
        while seen not in FINAL_STATES and time.monotonic() < deadline:
            # Confirming needs a connection opened when the change was known to be in force: one opened
            # before shows nothing. So the state is seen over one connection and confirmed over the next.
            verb = "confirm" if seen == "guarded" else "status"
            try:
                self._connection.reset()
                seen = str(self._module("guarded change kept", "hntt_files", {verb: identity})["state"])
            except (AnsibleConnectionFailure, OSError) as error:
                self._steps.append(f"not reachable after the change: {error}")
                seen = ""
            if seen != "guarded":
                time.sleep(GUARD_POLL_SECONDS)
        if seen != "done":
            raise HostFailureError(
                f"guarded change {identity}: {GUARD_OUTCOMES.get(seen, 'the host has not come back')}"
            )

    def _services(self, state: DeclaredState) -> None:
        wrong = self._services_wrong(state)
        for service in state.services:
            subjects = {subject for subject in wrong if subject.split()[0] == service.unit}
            if not subjects:
                continue
            wanted_state = service.mend if service.unit + IN_FORCE in subjects else service.state
            arguments = {"name": service.unit, "enabled": service.enabled, "state": wanted_state}
            self._module(f"service {service.unit}", "ansible.builtin.systemd_service", arguments)

    def _services_wrong(self, state: DeclaredState) -> set[str]:
        return {d.subject for d in self._read(state) if d.kind == "service" and self._can_be_set(d)}

    def _can_be_set(self, drift: Drift) -> bool:
        # In check mode the package that brings a unit is not installed: its module would only fail.
        return drift.repairable and not (self._task.check_mode and drift.cause == "missing")

    def _module(self, step: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = self._execute_module(
            module_name=name, module_args=arguments, task_vars=self._vars, wrap_async=False
        )
        if result.get("unreachable"):
            raise AnsibleConnectionFailure(str(result.get("msg", "unreachable")))
        if result.get("failed"):
            keep = {key: result[key] for key in ("state", "stderr", "module_stderr", "rc") if key in result}
            raise HostFailureError(f"{step}: {result.get('msg', 'failed')}", keep)
        if result.get("changed"):
            self._steps.append(step)
            diff = result.get("diff") or []
            self._diffs += diff if isinstance(diff, list) else [diff]
        return result

    def _confirmed(self, state: DeclaredState) -> list[Drift]:
        """What is left after the change; something repairable left means the change did not work."""
        drifts = self._read(state)
        left = [drift for drift in drifts if drift.repairable]
        if left:
            shown = "; ".join(sentence(drift) for drift in left)
            raise HostFailureError(f"still not as declared after the change: {shown}")
        return drifts

    def _outcome(self, state: DeclaredState, drifts: list[Drift], wrong: list[Drift]) -> dict[str, Any]:
        rest = [drift for drift in drifts if not drift.repairable]
        if wrong and self._task.check_mode:
            # Nothing can run yet of what was not installed: that is no news.
            rest = [drift for drift in rest if drift.cause != "runtime"]
        return {
            "changed": bool(wrong),
            "roles": list(state.roles),
            "repaired": [sentence(drift) for drift in wrong],
            "steps": self._steps,
            "diff": self._diffs,
            "warnings": [sentence(drift) for drift in rest],
        }


def wanted(item: Any) -> dict[str, Any]:
    """A declared item as module arguments."""
    data: dict[str, Any] = item.model_dump(mode="json", by_alias=True)
    return data


def wanted_file(file: File) -> dict[str, Any]:
    """A declared file as module arguments, with the bytes of a built one; NotBuiltError."""
    return {**wanted(file), "content": built_content(file.content), "built": built_path(file.content) is not None}


def sentence(drift: Drift) -> str:
    """One drift in one line."""
    return f"{drift.kind} {drift.subject}: {drift.actual} (declared: {drift.expected}) [{drift.cause}]"


def plain(value: Any) -> Any:
    """Ansible's tagged and lazy values as ordinary ones, which pydantic, YAML and JSON take as they are."""
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return str.__str__(value) if type(value) is str else "".join(value)
    return value

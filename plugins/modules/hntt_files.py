#!/usr/bin/python
"""All files of a host's roles, changed together or not at all."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: hntt_files
short_description: Change several files as one transaction
description:
  - Every file is written aside and validated; then all are put in place together, kernel settings are set and the
    units that read the files are restarted. When anything fails the old files come back and the old state is
    restarted. A process that dies in the middle is cleaned up by the next run.
  - When a file with C(guard) changes, systemd makes the change and goes back by itself unless a second call with
    O(confirm) arrives over a new connection in time.
  - Called by the action plugin M(declared_state); usable alone.
options:
  files:
    description: Whole files with dest, content, owner, group, mode, validate, restart, reload, secret, guard.
    type: list
    elements: dict
    default: []
    suboptions:
      dest: {type: path, required: true, description: Absolute path.}
      content: {type: str, required: true, description: "Whole content; C(<secret:NAME>) stands for a secret."}
      owner: {type: str, default: root, description: Owning user.}
      group: {type: str, default: root, description: Owning group.}
      mode: {type: str, default: "0644", description: Octal mode.}
      validate: {type: str, description: "Command with C(%s) for the staged file; must exit 0."}
      restart: {type: list, elements: str, default: [], description: Units to restart.}
      reload: {type: list, elements: str, default: [], description: Units to reload.}
      secret: {type: bool, default: false, description: Never show the content.}
      built: {type: bool, default: false, description: "Made by a program, not for people to read; shown by its hash."}
      guard: {type: bool, default: false, description: Changing it may cut management.}
      source: {type: str, default: "", description: Role that declares it.}
  links:
    description: Symbolic links with path, target, restart.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {type: path, required: true, description: Absolute path.}
      target: {type: str, required: true, description: What the link holds.}
      restart: {type: list, elements: str, default: [], description: Units to restart.}
      source: {type: str, default: "", description: Role that declares it.}
  directories:
    description: Directories that must exist before the files, with path, owner, group, mode.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {type: path, required: true, description: Absolute path.}
      owner: {type: str, default: root, description: Owning user.}
      group: {type: str, default: root, description: Owning group.}
      mode: {type: str, default: "0755", description: Octal mode.}
      source: {type: str, default: "", description: Role that declares it.}
  purge:
    description: Directories from which files matching pattern are removed unless listed in O(files).
    type: list
    elements: dict
    default: []
    suboptions:
      path: {type: path, required: true, description: Absolute path.}
      pattern: {type: str, default: "*", description: File name pattern.}
      restart: {type: list, elements: str, default: [], description: Units to restart.}
      reload: {type: list, elements: str, default: [], description: Units to reload.}
      purge: {type: bool, default: true, description: As declared.}
      source: {type: str, default: "", description: Role that declares it.}
  sysctls:
    description: Kernel settings to have now, name to value.
    type: dict
    default: {}
  secrets:
    description: Values for the placeholders in O(files).
    type: dict
    default: {}
  guard_seconds:
    description: How long a guarded change waits for its confirmation.
    type: int
    default: 60
  journals:
    description: Where transactions are recorded.
    type: path
    default: /var/lib/hntt/transactions
  confirm:
    description: Identity of a guarded change to keep; nothing else is done.
    type: str
  status:
    description: Identity of a change to tell the state of; nothing else is done.
    type: str
author:
  - HNTT
"""

EXAMPLES = r"""
- name: Two files that belong together
  hntt_files:
    files:
      - dest: /etc/chrony/chrony.conf
        content: "pool ntp.example iburst\n"
        validate: chronyd -p -f %s
        restart: [chrony.service]
      - dest: /etc/default/chrony
        content: "DAEMON_OPTS=\"\"\n"
        restart: [chrony.service]
"""

RETURN = r"""
transaction:
  description: Identity of the journal, empty when nothing changed.
  returned: always
  type: str
state:
  description: State of the transaction (done, ready, guarded, refused, rolled_back, reverted, unchanged, planned).
  returned: always
  type: str
restarted:
  description: Units restarted or reloaded.
  returned: always
  type: list
recovered:
  description: Interrupted changes found and cleaned up, as [identity, state].
  returned: always
  type: list
"""

import os
import time

import ansible.module_utils.hntt_host as host_source
import ansible.module_utils.hntt_transaction as engine_source
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.hntt_file_plan import Plan
from ansible.module_utils.hntt_host import Systemd
from ansible.module_utils.hntt_transaction import Transaction, TransactionError, identities, locked, recover


def text_list():
    """Argument of a list of texts."""
    return {"type": "list", "elements": "str", "default": []}


def owned(name, mode):
    """Arguments of something with an owner."""
    return {
        name: {"type": "path", "required": True},
        "owner": {"type": "str", "default": "root"},
        "group": {"type": "str", "default": "root"},
        "mode": {"type": "str", "default": mode},
        "source": {"type": "str", "default": ""},
    }


def dicts(options):
    """Argument of a list of mappings."""
    return {"type": "list", "elements": "dict", "default": [], "options": options}


ARGUMENTS = {
    "files": dicts(
        dict(
            owned("dest", "0644"),
            content={"type": "str", "required": True},
            validate={"type": "str"},
            restart=text_list(),
            reload=text_list(),
            secret={"type": "bool", "default": False},
            built={"type": "bool", "default": False},
            guard={"type": "bool", "default": False},
        )
    ),
    "links": dicts(
        {
            "path": {"type": "path", "required": True},
            "target": {"type": "str", "required": True},
            "restart": text_list(),
            "source": {"type": "str", "default": ""},
        }
    ),
    "directories": dicts(owned("path", "0755")),
    "purge": dicts(
        {
            "path": {"type": "path", "required": True},
            "pattern": {"type": "str", "default": "*"},
            "restart": text_list(),
            "reload": text_list(),
            "purge": {"type": "bool", "default": True},
            "source": {"type": "str", "default": ""},
        }
    ),
    "sysctls": {"type": "dict", "default": {}},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "guard_seconds": {"type": "int", "default": 60},
    "journals": {"type": "path", "default": "/var/lib/hntt/transactions"},
    "confirm": {"type": "str"},
    "status": {"type": "str"},
}


def source_of(module):
    """Text of a module, also when Ansible has packed it into an archive."""
    return module.__loader__.get_source(module.__name__)


def converge(parameters, check_only, systemd):
    """Bring the host's files to what is wanted; returns the module's result."""
    with locked(parameters["journals"]):
        recovered = [] if check_only else recover(parameters["journals"], systemd)
        plan = Plan(parameters, parameters["secrets"])
        result = {
            "changed": not plan.empty or bool(recovered),
            "diff": plan.diffs,
            "restarted": plan.restart + [unit for unit in plan.reload if unit not in plan.restart],
            "recovered": recovered,
            "transaction": "",
            "state": "unchanged" if plan.empty else "planned",
        }
        if plan.empty:
            return result
        result["not_validated"] = plan.validate(systemd, check_only)
        if not check_only:
            result.update(change(plan, parameters, systemd))
        return result


def change(plan, parameters, systemd):
    """Make a plan true; a guarded one is handed to systemd and goes on after this process."""
    identity = time.strftime("%Y%m%dT%H%M%S", time.gmtime()) + f"-{os.getpid()}"
    transaction = Transaction(parameters["journals"], identity, systemd)
    transaction.stage(plan.entries, plan.directories, plan.sysctls, plan.restart, plan.reload)
    if plan.guarded:
        sources = {"engine.py": source_of(engine_source), "hntt_host.py": source_of(host_source)}
        transaction.hand_over(parameters["guard_seconds"], sources)
    else:
        transaction.commit()
    return {"transaction": identity, "state": transaction.state}


def confirm(parameters, systemd):
    """Keep a guarded change."""
    base, identity = parameters["journals"], parameters["confirm"]
    if identity not in identities(base):
        raise TransactionError(f"there is no change {identity} on this host", "unknown")
    with locked(base):
        transaction = Transaction.load(base, identity, systemd)
        was_guarded = transaction.state == "guarded"
        transaction.confirm()
    return told(transaction, changed=was_guarded)


def status(parameters, systemd):
    """How far a change is, without waiting for it."""
    return told(Transaction.load(parameters["journals"], parameters["status"], systemd), changed=False)


def told(transaction, changed):
    """What is said of a transaction that is there already."""
    journal = transaction.journal
    units = journal["restart"] + journal["reload"] if changed else []
    return {
        "changed": changed,
        "transaction": transaction.identity,
        "state": transaction.state,
        "restarted": units,
        "recovered": [],
        "error": journal.get("error", ""),
    }


def main():
    """Entry of the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    systemd = Systemd()
    try:
        if module.params["status"]:
            result = status(module.params, systemd)
        elif module.params["confirm"]:
            result = confirm(module.params, systemd)
        else:
            result = converge(module.params, module.check_mode, systemd)
    except (TransactionError, OSError) as error:
        module.fail_json(msg=str(error), state=getattr(error, "state", "refused"))
    module.exit_json(**result)


if __name__ == "__main__":
    main()

"""Day-0 files of many devices below one folder, with an index page for the technician at the bench."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from hntt.audit.model import COVERED_KINDS, Host
from hntt.audit.scope import Scope
from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.intent.day0 import Day0Files, Handoff, write_day0
from hntt.report.templates import render_report

HANDOFFS = ("ports", "vlan")


@dataclass(frozen=True)
class Prepared:
    """One device's files and where they lie."""

    host: Host
    files: Day0Files


def prepare(scope: Scope, out_dir: Path, handoff: str) -> list[Prepared]:
    """Write the day-0 files of every covered device of the scope and ``index.html`` beside them.

    Operators' keys are the inventory's ``linux_base_admin_keys``. UsageError when a device has none, when a secret is
    missing, or for an unknown hand-off.
    """
    if handoff not in HANDOFFS:
        raise UsageError(tr(vi=f"handoff: {' hoặc '.join(HANDOFFS)}", en=f"handoff: {' or '.join(HANDOFFS)}"))
    devices = [host for host in scope.hosts if host.kind in COVERED_KINDS]
    _require_keys(scope, devices)
    prepared = [Prepared(host, _write(scope, host, out_dir / host.name, cast("Handoff", handoff))) for host in devices]
    write_index(prepared, out_dir)
    return prepared


def _require_keys(scope: Scope, devices: Sequence[Host]) -> None:
    without = [host.name for host in devices if not scope.variables[host.name].get("linux_base_admin_keys")]
    if without:
        raise UsageError(
            tr(
                vi=f"{without[0]}: chưa có khóa SSH của người vận hành; ghi vào linux_base_admin_keys trong "
                "group_vars/all/access.yml của inventory",
                en=f"{without[0]}: no operator's SSH key; put it into linux_base_admin_keys in the inventory's "
                "group_vars/all/access.yml",
            )
        )


def _write(scope: Scope, host: Host, folder: Path, handoff: Handoff) -> Day0Files:
    keys = scope.variables[host.name].get("linux_base_admin_keys") or []
    try:
        return write_day0(
            scope.register, scope.network, host.name, folder, scope.secrets, [str(key) for key in keys], handoff=handoff
        )
    except KeyError as error:
        secret = error.args[0]
        raise UsageError(
            tr(
                vi=f"{host.name}: thiếu bí mật “{secret}” trong tệp secrets_file của inventory (hntt.yml)",
                en=f"{host.name}: secret '{secret}' is missing in the inventory's secrets_file (hntt.yml)",
            )
        ) from error


def write_index(prepared: Sequence[Prepared], out_dir: Path) -> Path:
    """The technician's page: every device with its files and its checklist, by district."""
    out_dir.mkdir(parents=True, exist_ok=True)
    path = out_dir / "index.html"
    rows = [
        {
            "host": item.host,
            "folder": os.path.relpath(item.files.folder, out_dir),
            "checklist": os.path.relpath(item.files.checklist, out_dir),
            "files": item.files.files,
            "is_tree": item.files.is_tree,
        }
        for item in prepared
    ]
    path.write_text(render_report("day0.html.j2", {"rows": rows}), encoding="utf-8")
    return path


def action_result(prepared: Sequence[Prepared], out_dir: Path) -> dict[str, Any]:
    """The action's result; files for the bench are a product of the controller, so no device counts as changed."""
    count = len(prepared)
    lines = [
        tr(
            vi=f"  cấu hình ban đầu của {count} thiết bị: {out_dir}/index.html",
            en=f"  day-0 files of {count} devices: {out_dir}/index.html",
        )
    ]
    return {
        "changed": False,
        "devices": [item.host.name for item in prepared],
        "hntt_report": {"lines": lines, "extra": {"day0": [item.host.name for item in prepared]}},
    }

"""``hntt meeting``: what is going on in the rooms. Like every command module, this one may import any room."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from hntt.audit.scope import target_from_vars
from hntt.commands.options import FormatOption, InventoryOption, LangOption, inventory_path, output_format, use_language
from hntt.commands.project import project_root
from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.inventory.config import read_config
from hntt.inventory.source import Source, read_source
from hntt.inventory.view import Inventory, inventory_of
from hntt.meetings.layout import Layout, servers_of
from hntt.meetings.reach import look
from hntt.meetings.status import Status, status_lines, status_of, status_record

EXIT_CLEAN, EXIT_FINDINGS = 0, 1

meeting_app = typer.Typer(no_args_is_help=True, help=tr(vi="Cuộc họp", en="Meetings"))


@meeting_app.callback()
def _meeting() -> None:
    # Without a callback typer would take the only sub-command for the command itself.
    return


@meeting_app.command(
    "status",
    help=tr(
        vi="Các phòng đang họp: ai có mặt, thiếu ai, ai đang nói, chân nối, license và chỗ. "
        "Mã thoát 1 khi một chân nối mất hoặc một máy chủ không trả lời",
        en="The rooms in use: who is present, who is missing, who speaks, legs, licences and seats. "
        "Exit code 1 when a leg is down or a server does not answer",
    ),
)
def status_command(
    inventory: InventoryOption = None,
    lang: LangOption = None,
    form: FormatOption = None,
) -> int:
    """Ask the inventory's MCU servers and print what they say."""
    use_language(lang)
    wanted = output_format(form)
    status, source = live_status(_inventory_path(inventory_path(inventory)))
    if wanted == "json":
        print(json.dumps(status_record(status), ensure_ascii=False, indent=1))
    else:
        zone = ZoneInfo(source.register.province.services.timezone)
        print("\n".join(status_lines(status, zone)))
    return EXIT_CLEAN if status.is_well else EXIT_FINDINGS


def live_status(inventory: Path) -> tuple[Status, Source]:
    """What the MCU servers of an inventory say now. UsageError when it has none."""
    config = read_config(inventory)
    source = read_source(config.register_dir)
    found = inventory_of(config, source)
    hosts = [host for host in servers_of(source.network) if host in found.hosts]
    if not hosts:
        raise UsageError(
            tr(
                vi=f"{inventory}: không có máy chủ MCU nào, nên không có cuộc họp",
                en=f"{inventory}: it has no MCU server, so there are no meetings",
            )
        )
    views = look({host: target_from_vars(host, _variables(found, host)) for host in hosts})
    return status_of(Layout.of(source.register, source.network, found.hosts), views), source


def _variables(found: Inventory, host: str) -> dict[str, object]:
    return {**found.all_vars, **found.hosts[host]}


def _inventory_path(path: Path) -> Path:
    return path if path.is_absolute() or path.exists() else project_root() / path

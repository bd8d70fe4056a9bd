"""``hntt meeting``: what is going on in the rooms, and who may speak.

Like every command module, this one may import any room.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from hntt.audit.scope import target_from_vars
from hntt.commands.options import FormatOption, InventoryOption, LangOption, inventory_path, output_format, use_language
from hntt.commands.project import project_root
from hntt.devices.target import Target
from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.inventory.config import read_config
from hntt.inventory.source import read_source
from hntt.inventory.view import Inventory, inventory_of
from hntt.meetings.floor import matching, speak, unknown
from hntt.meetings.layout import Layout, servers_of
from hntt.meetings.reach import Views, look, with_patience
from hntt.meetings.status import status_lines, status_of, status_record

EXIT_CLEAN, EXIT_FINDINGS = 0, 1

meeting_app = typer.Typer(no_args_is_help=True, help=tr(vi="Cuộc họp", en="Meetings"))


@meeting_app.command(
    "status",
    help=tr(
        vi="Các phòng đang họp: ai có mặt, thiếu ai, ai đang nói, chân nối, license và chỗ. "
        "Mã thoát 1 khi một chân nối mất, có số lạ trong phòng, hoặc một máy chủ không trả lời",
        en="The rooms in use: who is present, who is missing, who speaks, legs, licences and seats. "
        "Exit code 1 when a leg is down, a caller does not belong there, or a server does not answer",
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
    seen = live_meetings(_inventory_path(inventory_path(inventory)))
    status = status_of(seen.layout, seen.views)
    if wanted == "json":
        print(json.dumps(status_record(status), ensure_ascii=False, indent=1))
    else:
        print("\n".join(status_lines(status, seen.zone)))
    return EXIT_CLEAN if status.is_well else EXIT_FINDINGS


SitesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="SITE...",
        help=tr(
            vi="Tên máy của điểm, hoặc mẫu: pc.an-thuy.le-thuy, 'pc.*.le-thuy'",
            en="Host names of sites, or patterns: pc.an-thuy.le-thuy, 'pc.*.le-thuy'",
        ),
    ),
]


@meeting_app.command(
    "unmute",
    help=tr(
        vi="Cho điểm đang trong phòng được nói. Mã thoát 1 khi không điểm nào như thế đang trong phòng",
        en="Let sites that are in a room speak. Exit code 1 when none of them is in a room",
    ),
)
def unmute_command(sites: SitesArgument, inventory: InventoryOption = None, lang: LangOption = None) -> int:
    """Open the microphones of sites, as the rooms hear them."""
    use_language(lang)
    return _switch(sites, inventory, on=True)


@meeting_app.command(
    "mute",
    help=tr(
        vi="Tắt mic của điểm đang trong phòng; chủ tọa chỉ bị tắt khi ghi rõ tên. Mã thoát như unmute",
        en="Silence sites that are in a room; a chair only where it is named in full. Exit code as for unmute",
    ),
)
def mute_command(sites: SitesArgument, inventory: InventoryOption = None, lang: LangOption = None) -> int:
    """Close the microphones of sites, as the rooms hear them."""
    use_language(lang)
    return _switch(sites, inventory, on=False)


def _switch(patterns: list[str], inventory: str | None, *, on: bool) -> int:
    seen = live_meetings(_inventory_path(inventory_path(inventory)))
    if strange := unknown(seen.layout, patterns):
        names = ", ".join(strange)
        raise UsageError(tr(vi=f"inventory không có điểm nào là {names}", en=f"the inventory has no site {names}"))
    sites = matching(seen.layout, seen.views, patterns, silence=not on)
    wrong = speak(seen.targets, sites, on=on)
    done = [item for item in sites if item.server not in wrong]
    for item in done:
        told = tr(vi="mở mic", en="may speak") if on else tr(vi="tắt mic", en="muted")
        print(f"{item.place.host} ({item.place.name}), {item.room}: {told}")
    for server, text in wrong.items():
        print(f"{server}: {text}")
    if not sites:
        print(tr(vi="Không có điểm nào như thế trong phòng.", en="No such site is in a room."))
    return EXIT_CLEAN if sites and not wrong else EXIT_FINDINGS


@dataclass(frozen=True)
class LiveMeetings:
    """What an inventory's MCU servers say now, and how they are reached."""

    layout: Layout
    views: Views
    targets: Mapping[str, Target]
    zone: ZoneInfo


def live_meetings(inventory: Path) -> LiveMeetings:
    """Ask the MCU servers of an inventory. UsageError when it has none."""
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
    targets = {host: with_patience(target_from_vars(host, _variables(found, host))) for host in hosts}
    return LiveMeetings(
        Layout.of(source.register, source.network, found.hosts),
        look(targets),
        targets,
        ZoneInfo(source.register.province.services.timezone),
    )


def _variables(found: Inventory, host: str) -> dict[str, object]:
    return {**found.all_vars, **found.hosts[host]}


def _inventory_path(path: Path) -> Path:
    return path if path.is_absolute() or path.exists() else project_root() / path

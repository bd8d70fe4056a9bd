"""``hntt plan``: what the working tree changes in the province against a revision."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from hntt.commands.options import FormatOption, InventoryOption, LangOption, inventory_path, output_format, use_language
from hntt.commands.project import offline_inventory, project_root
from hntt.commands.revision import checked_out
from hntt.errors import HnttError, UsageError
from hntt.i18n import tr
from hntt.intent.intended import Intended, Tree, intended
from hntt.intent.linux import built_path, sources_text
from hntt.intent.plan import ChangeGroup, Plan, plan
from hntt.inventory.offline import OfflineInventory, read_offline
from hntt.network.model import Device

SHOWN_HOSTS = 3
SHOWN_LINES = 40


def plan_command(
    base: Annotated[
        str,
        typer.Option(
            "--base",
            metavar="REV",
            help=tr(vi="Bản git để so sánh (mặc định HEAD)", en="Git revision to compare with (default HEAD)"),
        ),
    ] = "HEAD",
    inventory: InventoryOption = None,
    lang: LangOption = None,
    form: FormatOption = None,
) -> None:
    """Render register, templates, roles and settings of both sides with the program at hand, and compare."""
    use_language(lang)
    wanted_format = output_format(form)
    here = offline_inventory(inventory_path(inventory))
    root = project_root()
    before = _intended_at(root, base, here)
    found = plan(before, _intended(here, Tree.below(root, here.config.directory), root))
    typer.echo(_as_json(found, base) if wanted_format == "json" else _as_text(found, base))


def _intended_at(root: Path, revision: str, here: OfflineInventory) -> dict[str, Intended]:
    place = here.config.directory.resolve()
    if not place.is_relative_to(root.resolve()):
        raise UsageError(
            tr(
                vi=f"{place} nằm ngoài dự án nên không có bản cũ để so sánh.",
                en=f"{place} lies outside the project, so there is no revision of it to compare with.",
            )
        )
    with checked_out(root, revision) as then:
        inventory = then / place.relative_to(root.resolve())
        try:
            return _intended(read_offline(inventory), Tree.below(then, inventory, is_revision=True), then)
        except (HnttError, ValueError, OSError, LookupError) as error:
            # A revision the program can't read any more is no fault of the working tree; say whose it is.
            reason = str(error).replace(f"{then}/", "")
            raise HnttError(
                tr(
                    vi=f"Không dựng được bản {revision} bằng chương trình hiện tại: {reason}",
                    en=f"Revision {revision} can't be rendered with the program at hand: {reason}",
                )
            ) from error


def _intended(offline: OfflineInventory, tree: Tree, project: Path) -> dict[str, Intended]:
    source = offline.source
    return {
        item.device.host: _by_sources(item, project)
        for item in intended(source.register, source.network, tree, offline.devices, offline.groups)
    }


def _by_sources(item: Intended, project: Path) -> Intended:
    """With what built files are made of in place of their stand-ins, which are the same in all revisions."""
    if item.state is None:
        return item
    files = [
        file
        if built_path(file.content) is None
        else file.model_copy(update={"content": _sources(file.content, project)})
        for file in item.state.files
    ]
    return replace(item, state=item.state.model_copy(update={"files": tuple(files)}))


_sources = functools.cache(sources_text)
"""Each built file is on several servers, and read once."""


def _as_json(found: Plan, base: str) -> str:
    document: dict[str, Any] = {
        "base": base,
        "compared": found.compared,
        "changed": [device.host for device in found.changed],
        "added": [device.host for device in found.added],
        "removed": [device.host for device in found.removed],
        "changes": [
            {**asdict(group.change), "places": group.places, "devices": group.by_district} for group in found.groups
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _as_text(found: Plan, base: str) -> str:
    return "\n".join([_headline(found, base), *_devices(found), *_groups(found.groups)])


def _headline(found: Plan, base: str) -> str:
    if found.is_empty:
        return tr(
            vi=f"So với {base}: không thiết bị nào thay đổi ({found.compared} thiết bị đã so).",
            en=f"Against {base}: no device changes ({found.compared} devices compared).",
        )
    changed, added, removed = len(found.changed), len(found.added), len(found.removed)
    return tr(
        vi=f"So với {base}: {changed} thiết bị thay đổi, {added} thêm, {removed} bớt, trong {found.compared} đã so.",
        en=f"Against {base}: {changed} devices change, {added} come, {removed} go; {found.compared} compared.",
    )


def _devices(found: Plan) -> Iterator[str]:
    for label, devices in ((tr(vi="Thêm", en="Come"), found.added), (tr(vi="Bớt", en="Go"), found.removed)):
        if devices:
            yield f"{label}: {_short([device.host for device in devices])}"


def _groups(groups: tuple[ChangeGroup, ...]) -> Iterator[str]:
    for number, group in enumerate(groups, start=1):
        yield ""
        yield f"{number}. {_count(group.devices)}: {_what(group)}"
        lines = group.change.lines
        yield from (f"     {line}" for line in lines[:SHOWN_LINES])
        if len(lines) > SHOWN_LINES:
            more = len(lines) - SHOWN_LINES
            yield "     " + tr(
                vi=f"… và {more} dòng nữa (--format json)", en=f"… and {more} more lines (--format json)"
            )
        for district, hosts in group.by_district.items():
            yield f"   {district} ({len(hosts)}): {_short(hosts)}"


def _count(devices: tuple[Device, ...]) -> str:
    return tr(vi=f"{len(devices)} thiết bị", en=f"{len(devices)} device" + ("s" if len(devices) > 1 else ""))


def _what(group: ChangeGroup) -> str:
    action = {
        "add": tr(vi="thêm", en="comes"),
        "remove": tr(vi="bỏ", en="goes"),
        "change": tr(vi="đổi", en="changes"),
    }[group.change.action]
    times = tr(vi=f" ở {group.places} chỗ", en=f" in {group.places} places")
    return f"{group.change.area} “{group.change.subject}” {action}{times if group.places > len(group.devices) else ''}"


def _short(hosts: list[str]) -> str:
    shown = ", ".join(hosts[:SHOWN_HOSTS])
    more = len(hosts) - SHOWN_HOSTS
    return shown if more <= 0 else tr(vi=f"{shown} và {more} máy nữa", en=f"{shown} and {more} more")

"""``hntt lab meet``: hold a meeting in the lab and tell what its members saw and heard."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from hntt.commands.options import FormatOption, InventoryOption, LangOption, inventory_path, output_format, use_language
from hntt.devices.roomos.session import RefusedError
from hntt.devices.session import SessionError
from hntt.i18n import tr
from hntt.lab.browser import BrowserError
from hntt.lab.cli_shared import EXIT_FINDINGS, current, explained
from hntt.lab.errors import LabError
from hntt.lab.meet.cast import Stage
from hntt.lab.meet.scenes import Notes, Seen, district_commune, province_district, three_tier
from hntt.lab.names import default_lab
from hntt.lab.simulators.xapi.sip import CallError
from hntt.meetings.layout import MeetingKind

LAB_INVENTORY = "inventories/lab"
FEWEST, MOST = 2, 4


def meet_command(
    kind: Annotated[MeetingKind, typer.Argument(help=tr(vi="Kiểu cuộc họp", en="Kind of meeting"))],
    district: Annotated[
        str | None, typer.Option(help=tr(vi="Huyện (mặc định: huyện đầu tiên)", en="District (default: the first)"))
    ] = None,
    communes: Annotated[
        int, typer.Option(min=FEWEST, max=MOST, help=tr(vi="Số xã dự họp", en="How many communes take part"))
    ] = 3,
    screenshot: Annotated[
        Path | None, typer.Option(help=tr(vi="Giữ ảnh màn hình của xã", en="Keep a picture of a commune's screen"))
    ] = None,
    inventory: InventoryOption = None,
    lang: LangOption = None,
    form: FormatOption = None,
) -> None:
    """Hold one meeting, whose room an operator has opened: real units, a real browser, real SIP clients."""
    use_language(lang)
    wanted = output_format(form)
    console = Console(stderr=wanted == "json", highlight=False)
    with explained():
        current()
        stage = Stage.of(default_lab(), inventory_path(inventory, LAB_INVENTORY))
        notes = Notes(lambda seen: console.print(line(seen), markup=False))
        try:
            _hold(stage, notes, kind, district or next(iter(stage.districts), ""), communes, screenshot)
        except (BrowserError, CallError, RefusedError, SessionError) as error:
            raise LabError(str(error)) from error
    if wanted == "json":
        print(json.dumps([asdict(seen) for seen in notes.seen], ensure_ascii=False, indent=1))
    if not notes.is_well:
        raise typer.Exit(EXIT_FINDINGS)


def line(seen: Seen) -> str:
    """One line about one thing seen."""
    mark = "✓" if seen.is_so else tr(vi="✗ KHÔNG:", en="✗ NOT SO:")
    return f"{mark} {seen.text} ({seen.seconds:.1f} s)"


def _hold(stage: Stage, notes: Notes, kind: MeetingKind, district: str, communes: int, screenshot: Path | None) -> None:
    if kind is MeetingKind.PROVINCE_DISTRICT:
        province_district(stage, notes)
    elif kind is MeetingKind.DISTRICT_COMMUNE:
        district_commune(stage, notes, district, communes, screenshot)
    else:
        three_tier(stage, notes, district, communes, screenshot)

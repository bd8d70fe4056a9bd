"""``hntt check`` on the screen: one page first, details with ``--all``. Plain text where nobody looks at a terminal."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hntt.i18n import tr
from hntt.network.capacity import LineLoad
from hntt.register.decision import Comparison, money, vnd
from hntt.register.findings import Finding, Severity
from hntt.register.rules import RULES
from hntt.register.units import show_rate
from hntt.report.check import CheckResult, DistrictView, McuView
from hntt.report.findings_text import block, not_reached, summary

PLAIN_WIDTH = 118
BAR = 10
FIRST_FAULTS, FIRST_BOTTLENECKS, ALL_BOTTLENECKS, FIRST_MISSING = 8, 3, 20, 6
_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def show(result: CheckResult, *, everything: bool = False, console: Console | None = None) -> None:
    """Print the result. ``everything``: all findings with their hints, every row of the decision and of the lines."""
    out = console or _console()
    _head(out, result)
    _faults(out, result, everything)
    if result.loaded.register is not None:
        _decision(out, result, everything)
        _remarks(out, result, everything)
        _districts(out, result)
        _mcus(out, result)
        _bottlenecks(out, result, everything)
    _foot(out, result, everything)


def text(result: CheckResult, *, everything: bool = False, width: int = PLAIN_WIDTH) -> str:
    """The same as plain text."""
    buffer = io.StringIO()
    show(
        result,
        everything=everything,
        console=Console(file=buffer, width=width, force_terminal=False, color_system=None),
    )
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _console() -> Console:
    console = Console(highlight=False, soft_wrap=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


def _head(out: Console, result: CheckResult) -> None:
    register = result.loaded.register
    shown = _relative(result.base)
    if register is None:
        out.print(tr(vi=f"Sổ đăng ký {shown}", en=f"Register {shown}"), style="bold", markup=False)
    else:
        communes = sum(len(district.communes) for district in register.districts)
        name, districts = register.province.province.name, len(register.districts)
        out.print(
            tr(
                vi=f"Sổ đăng ký {name} ({shown}): {districts} huyện, {communes} xã",
                en=f"Register of {name} ({shown}): {districts} districts, {communes} communes",
            ),
            style="bold",
            markup=False,
        )
    style = "bold red" if result.loaded.errors else "bold green"
    out.print(summary(result.loaded.findings), style=style)


def _title(out: Console, vi: str, en: str) -> None:
    out.print()
    out.print(tr(vi=vi, en=en), style="bold", markup=False)


def _faults(out: Console, result: CheckResult, everything: bool) -> None:
    found = result.faults()
    if not found:
        return
    _title(out, "Cần sửa", "To be mended")
    shown = found if everything else found[:FIRST_FAULTS]
    for item in shown:
        _print_block(out, item, result.base)
    _more(out, len(found) - len(shown))


def _print_block(out: Console, item: Finding, base: Path) -> None:
    head, *rest = block(item, base).split("\n")
    out.print(f"  [{_STYLE[item.severity]}]{escape(head)}[/]", soft_wrap=True)
    for line in rest:
        out.print(f"  {line}", markup=False, soft_wrap=True)


def _more(out: Console, count: int) -> None:
    if count > 0:
        out.print(tr(vi=f"  … còn {count} mục nữa: --all", en=f"  … {count} more: --all"), style="dim")


def _decision(out: Console, result: CheckResult, everything: bool) -> None:
    lines = result.decision
    agree = sum(line.agrees for line in lines)
    _title(
        out,
        f"Quyết định với sổ: {agree} trên {len(lines)} dòng khớp",
        f"Decision against register: {agree} of {len(lines)} lines agree",
    )
    shown = lines if everything else [line for line in lines if not line.agrees]
    if shown:
        out.print(_decision_table(shown))
    found = result.contradictions()
    if found:
        _title(
            out,
            f"Quyết định tự mâu thuẫn: {len(found)} chỗ",
            f"The decision contradicts itself in {len(found)} places",
        )
        for item in found:
            where = item.position.shown(result.base)
            out.print(f"  {item.code} {item.message} ({where})", markup=False, soft_wrap=True)


def _decision_table(lines: Iterable[Comparison]) -> Table:
    table = _table(("Mục", "Item"), ("Quyết định", "Decided"), ("Sổ", "Register"), ("", ""), right=(1, 2))
    for line in lines:
        shown = [_amount(line, value) for value in (line.decided, line.found)]
        mark = "[green]=[/]" if line.agrees else "[bold red]≠[/]"
        table.add_row(escape(str(line.item)), *shown, mark)
    return table


def _amount(line: Comparison, value: int) -> str:
    return tr(vi=money(value), en=vnd(value)) if line.unit == "VND" else str(value)


def _remarks(out: Console, result: CheckResult, everything: bool) -> None:
    assumed = result.assumptions()
    if assumed:
        _title(
            out,
            f"Còn là giả định: {len(assumed)} giá trị, mọi phép tính dưới đây dựa trên chúng",
            f"Assumed: {len(assumed)} values, on which the figures below rest",
        )
        if everything:
            for item in assumed:
                out.print(f"  {item.message}", markup=False, soft_wrap=True)
                until = tr(vi="cho đến khi có", en="until there is")
                out.print(f"    {until}: {item.expected}", style="dim", markup=False, soft_wrap=True)
        else:
            out.print("  " + ", ".join(str(item.value) for item in assumed), markup=False)
    notes = result.notes()
    if notes and everything:
        _title(out, "Ghi chú", "Notes")
        for item in notes:
            _print_block(out, item, result.base)
    elif notes:
        counts = Counter(item.code for item in notes)
        listed = "; ".join(f"{code} {RULES[code].title}" + (f" ({n})" if n > 1 else "") for code, n in counts.items())
        out.print(tr(vi="Ghi chú: ", en="Notes: ") + listed, style="dim", markup=False)


def _districts(out: Console, result: CheckResult) -> None:
    _title(
        out,
        "Khảo sát và đường truyền (khi mọi điểm cùng họp)",
        "Survey and lines (with every site in a meeting at once)",
    )
    table = _table(
        ("Huyện", "District"),
        ("MCU", "MCU"),
        ("Điểm", "Sites"),
        ("Đã khảo sát", "Surveyed"),
        ("Đường", "Line"),
        ("Họp cần / được dùng", "Needed / allowed"),
        ("", "Used"),
        ("Xã chật nhất", "Tightest commune"),
        right=(2, 4, 5),
    )
    for view in result.districts:
        table.add_row(*_district_row(out, result, view))
    out.print(table)
    missing: Counter[str] = Counter()
    for view in result.districts:
        missing.update(dict(view.survey.missing))
    if missing:
        listed = ", ".join(f"{field} ({count})" for field, count in missing.most_common(FIRST_MISSING))
        out.print(
            tr(vi="  Còn thiếu nhiều nhất: ", en="  Most often missing: ") + listed,
            style="dim",
            markup=False,
            soft_wrap=True,
        )


def _district_row(out: Console, result: CheckResult, view: DistrictView) -> list[str]:
    register = result.loaded.register
    name = view.district.name if view.district else tr(vi="(tỉnh)", en="(province)")
    home = (
        view.district.mcu
        if view.district
        else ", ".join(mcu.name for mcu in (register.province.mcus if register else []) if mcu.role == "province")
    )
    survey = f"{_bar(out, view.survey.percent, good_is_full=True)} {view.survey.known}/{view.survey.needed}"
    line = view.line
    tight = view.tightest_commune
    return [
        escape(name),
        escape(home),
        str(view.survey.sites),
        survey,
        show_rate(line.rate_kbps) if line else "-",
        f"{_mbit(line.demand.total_kbps)} / {show_rate(line.media_budget_kbps)}" if line else "-",
        f"{_bar(out, line.used_percent)} {line.used_percent}%" if line else "-",
        f"{tight.used_percent}% {escape(tight.entry.site.name)}" if tight else "-",
    ]


def _mbit(kbps: int) -> str:
    return show_rate(kbps).removesuffix(" Mbit/s")


def _mcus(out: Console, result: CheckResult) -> None:
    _title(out, "Máy chủ MCU", "MCU servers")
    table = _table(
        ("Máy chủ", "Server"),
        ("License", "Licences"),
        ("Chỗ cần / có", "Seats needed / there"),
        ("", "Used"),
        ("Phòng họp", "Rooms"),
    )
    for view in result.mcus:
        table.add_row(*_mcu_row(out, view))
    out.print(table)


def _mcu_row(out: Console, view: McuView) -> list[str]:
    seats = view.seats
    parts = tr(
        vi=f"điểm {seats.endpoints}, chân nối {seats.legs}, chủ tọa {seats.chairs}",
        en=f"sites {seats.endpoints}, legs {seats.legs}, chairs {seats.chairs}",
    )
    return [
        view.mcu.name,
        f"{len(view.rooms)}/{view.mcu.licences}",
        f"{seats.total}/{view.mcu.seats} ({parts})",
        f"{_bar(out, view.used_percent)} {view.used_percent}%",
        escape(", ".join(view.rooms)),
    ]


def _bottlenecks(out: Console, result: CheckResult, everything: bool) -> None:
    _title(out, "Chật nhất trước", "Tightest first")
    count = ALL_BOTTLENECKS if everything else FIRST_BOTTLENECKS
    for rank, load in enumerate(result.bottlenecks[:count], 1):
        out.print(f"  {rank}. {_bottleneck(load)}", markup=False, soft_wrap=True)


def _bottleneck(load: LineLoad) -> str:
    name, rate = load.entry.title, show_rate(load.rate_kbps)
    used, calls = load.used_percent, load.demand.calls
    if load.free_kbps < 0:
        short, wanted = show_rate(-load.free_kbps), show_rate(load.wanted_class_kbps)
        return tr(
            vi=f"{name}: {calls} cuộc gọi dùng {used}% phần được dùng của {rate}; thiếu {short}, cần gói {wanted}",
            en=f"{name}: {calls} calls take {used}% of what {rate} allows; {short} short, a {wanted} line is needed",
        )
    free = show_rate(load.free_kbps)
    return tr(
        vi=f"{name}: {calls} cuộc gọi dùng {used}% phần được dùng của {rate}; còn {free}",
        en=f"{name}: {calls} calls take {used}% of what {rate} allows; {free} left",
    )


def _foot(out: Console, result: CheckResult, everything: bool) -> None:
    out.print()
    waiting = not_reached(result.loaded)
    if waiting:
        out.print(waiting, style="bold")
    if result.loaded.errors:
        code = result.loaded.errors[0].code
        out.print(
            tr(
                vi=f"Giải thích từng mã: docs/errors/{code}.md. Sửa xong chạy lại: hntt check",
                en=f"Each code is explained: docs/errors/{code}.md. When mended, run again: hntt check",
            ),
            markup=False,
        )
    elif not everything:
        out.print(tr(vi="Chi tiết: hntt check --all", en="Details: hntt check --all"), style="dim")


def _table(*columns: tuple[str, str], right: tuple[int, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=True, padding=(0, 1), header_style="dim")
    for index, (vi, en) in enumerate(columns):
        table.add_column(tr(vi=vi, en=en), justify="right" if index in right else "left", no_wrap=True)
    return table


def _bar(out: Console, percent: int, *, good_is_full: bool = False) -> str:
    filled = min(BAR, percent * BAR // 100)
    if not out.is_terminal:
        return f"{'#' * filled}{'.' * (BAR - filled)}"
    full = "green" if good_is_full else "red" if percent > 100 else "yellow" if percent > 80 else "green"
    return f"[{full}]{'█' * filled}[/][dim]{'░' * (BAR - filled)}[/]"


def _relative(path: Path) -> str:
    absolute, here = path.resolve(), Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(path)

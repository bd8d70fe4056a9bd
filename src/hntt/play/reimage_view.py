"""Where every PC of a reimaging stands, out of what the centre heard: for the table, the closing lines, the record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from hntt.centre import stages
from hntt.centre.stages import Stage
from hntt.i18n import tr

BAD = frozenset({"failed", "fell_back"})
GOOD = "healthy"
BODY_LINES = 8


@dataclass(frozen=True)
class Standing:
    """One PC. ``since``: when the stage was heard, by the centre's clock; ``said``: what the PC itself said of it."""

    host: str
    district: str
    stage: Stage
    since: datetime
    version: str = ""
    said: str = ""
    warning: str = ""
    late: bool = False

    @property
    def is_good(self) -> bool:
        """Whether it works."""
        return self.stage.name == GOOD

    @property
    def is_bad(self) -> bool:
        """Whether it stopped or went back."""
        return self.stage.name in BAD

    @property
    def needs_somebody(self) -> bool:
        """Whether a person has to do something about it now."""
        return self.is_bad or self.late or bool(self.warning)

    @property
    def advice(self) -> str:
        """What to do, in words; empty while there is nothing to do."""
        if not self.needs_somebody:
            return ""
        todo = tr(vi=self.stage.late_vi, en=self.stage.late_en) if self.is_bad or self.late else ""
        return "; ".join(text for text in (self.warning, self.said if self.is_bad else "", todo) if text)


def standing(
    host: str,
    district: str,
    begun: datetime,
    reports: Sequence[Mapping[str, Any]],
    now: datetime,
    *,
    first: Stage = stages.WAITING,
    version: str = "",
) -> Standing:
    """Where a PC stands that was begun with at ``begun``; what was heard before does not count.

    ``version``: a PC that is well with another version has not arrived yet. ``first``: before anything is heard.
    """
    heard = [item for item in reports if datetime.fromisoformat(item["received"]) >= begun]
    own = [item for item in heard if not str(item["run"]).startswith(stages.REFUSED_RUN)]
    refused = [item for item in heard if str(item["run"]).startswith(stages.REFUSED_RUN)]
    if version:
        own = [item for item in own if item["stage"] in BAD or item.get("version") == version]
    last = own[-1] if own else None
    stage = stages.BY_NAME[last["stage"]] if last else first
    since = datetime.fromisoformat(last["received"]) if last else begun
    late = stage.deadline_s is not None and now - since > timedelta(seconds=stage.deadline_s)
    warning = _said(refused[-1]) if refused and (last is None or refused[-1]["received"] > last["received"]) else ""
    told = _said(last) if last else ""
    return Standing(host, district, stage, since, str((last or {}).get("version") or ""), told, warning, late)


def table(found: Sequence[Standing], now: datetime, rows: int) -> Group:
    """The live picture: a line per district with how many are where, then the PCs that need somebody or are on the way.

    At most ``rows`` PCs; those that need somebody first.
    """
    shown = sorted(
        (item for item in found if not item.is_good and (item.needs_somebody or item.stage is not stages.WAITING)),
        key=lambda item: (not item.needs_somebody, item.since),
    )
    left = len(shown) - rows
    more = Text(tr(vi=f"… và {left} máy khác", en=f"… and {left} more")) if left > 0 else Text("")
    return Group(_districts(found), _pcs(shown[:rows], now), more)


def closing_lines(found: Sequence[Standing]) -> list[str]:
    """At most eight lines: the counts, then who needs somebody and what to do."""
    counts = Counter(item.stage.name for item in found)
    names = [stage.name for stage in (stages.WAITING, stages.UPDATE, *stages.STAGES) if counts[stage.name]]
    total = ", ".join(f"{counts[name]} {_label(stages.BY_NAME[name])}" for name in names)
    head = tr(vi=f"  {len(found)} máy xã: {total}", en=f"  {len(found)} commune PCs: {total}")
    asking = [item for item in found if item.needs_somebody]
    room = BODY_LINES - 1
    lines = [f"  ! {item.host} ({_label(item.stage)}): {item.advice}" for item in asking[: room - (len(asking) > room)]]
    if len(asking) > len(lines):
        more = len(asking) - len(lines)
        lines.append(tr(vi=f"  … và {more} máy khác cần người, xem tệp JSON", en=f"  … and {more} more, see the JSON"))
    return [head, *lines]


def record(found: Iterable[Standing]) -> list[dict[str, Any]]:
    """The PCs as JSON data."""
    return [
        {
            "host": item.host,
            "stage": item.stage.name,
            "since": item.since.isoformat(),
            "version": item.version,
            "late": item.late,
            "said": item.said,
            "advice": item.advice,
        }
        for item in found
    ]


def _districts(found: Sequence[Standing]) -> Table:
    made = Table(box=None, pad_edge=False)
    made.add_column(tr(vi="Huyện", en="District"))
    shown = [stages.WAITING, stages.UPDATE, *stages.STAGES]
    used = [stage for stage in shown if any(item.stage is stage for item in found)]
    for stage in used:
        made.add_column(_label(stage), justify="right")
    made.add_column(tr(vi="cần người", en="need somebody"), justify="right")
    for district in sorted({item.district for item in found}):
        own = [item for item in found if item.district == district]
        counts = Counter(item.stage.name for item in own)
        asking = sum(item.needs_somebody for item in own)
        cells = [str(counts[stage.name] or "·") for stage in used]
        made.add_row(district, *cells, Text(str(asking or "·"), style="bold red" if asking else ""))
    return made


def _pcs(shown: Sequence[Standing], now: datetime) -> Table:
    made = Table(box=None, pad_edge=False, show_header=bool(shown))
    made.add_column(tr(vi="Máy", en="PC"), no_wrap=True)
    made.add_column(tr(vi="Đang ở", en="Stage"), no_wrap=True)
    made.add_column(tr(vi="Từ", en="For"), justify="right", no_wrap=True)
    made.add_column(tr(vi="Hạn", en="Left"), justify="right", no_wrap=True)
    made.add_column(tr(vi="Việc cần làm", en="What to do"), overflow="fold")
    for item in shown:
        style = "red" if item.needs_somebody else ""
        spent = (now - item.since).total_seconds()
        left = "" if not item.stage.deadline_s else _minutes(item.stage.deadline_s - spent)
        made.add_row(item.host, _label(item.stage), _minutes(spent), left, item.advice, style=style)
    return made


def _minutes(seconds: float) -> str:
    if seconds < 0:
        return tr(vi="quá hạn", en="over")
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02d}" if seconds >= 3600 else f"{int(seconds) // 60}′"


def _label(stage: Stage) -> str:
    return tr(vi=stage.vi, en=stage.en)


def _said(item: Mapping[str, Any]) -> str:
    detail = item.get("detail") or {}
    text = tr(vi=str(detail.get("vi", "")), en=str(detail.get("en", "")))
    code = str(detail.get("code", ""))
    return f"{code}: {text}" if code and text else text or code

"""An audit as one self-contained HTML page: map, counts, differences told once, a table of sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hntt.audit.changes import topic_label
from hntt.audit.grouping import CENTRE, by_district, by_kind, by_site, by_topic, fold
from hntt.audit.model import Audit, Cause, HostAudit, Outcome
from hntt.i18n import tr
from hntt.register.models import SecurityException
from hntt.report.audit_text import count_words
from hntt.report.map import read_map
from hntt.report.templates import render_report


@dataclass(frozen=True)
class Area:
    """One commune on the map: outline, worst outcome of its devices (None: not asked about), tooltip."""

    path: str
    outcome: Outcome | None
    title: str


def audit_html(audit: Audit, data_dir: Path | None, exceptions: Sequence[SecurityException] = ()) -> str:
    """The page. ``data_dir`` holds the boundaries; without them the page has no map and says nothing about one.

    ``exceptions``: security rules that are knowingly not kept.
    """
    province = read_map(data_dir) if data_dir else None
    return render_report(
        "audit.html.j2",
        {
            "audit": audit,
            "map": province,
            "areas": _areas(audit, {shape.code: (shape.name, shape.path) for shape in province.communes})
            if province
            else [],
            "legend": [outcome for outcome in Outcome if audit.counts[outcome]],
            "kinds": by_kind(audit),
            "districts": by_district(audit),
            "centre": CENTRE,
            "topics": [
                (topic_label(topic), Cause(cause).label, count)
                for (topic, cause), count in by_topic(fold(audit.hosts)).items()
            ],
            "groups": fold(audit.hosts),
            "topic_label": topic_label,
            "count_words": count_words,
            "outcomes": list(Outcome),
            "shown": [item for item in audit.hosts if item.outcome is not Outcome.NOT_COVERED],
            "uncovered": [row for row in by_kind(audit) if row.counts[Outcome.NOT_COVERED]],
            "not_covered": Outcome.NOT_COVERED,
            "exceptions": exceptions,
        },
    )


def _areas(audit: Audit, shapes: dict[str, tuple[str, str]]) -> list[Area]:
    codes = {item.host.code: item for item in audit.hosts if item.host.tier == "commune" and item.host.code}
    worst = by_site(audit)
    return [_area(name, path, codes.get(code), worst) for code, (name, path) in shapes.items()]


def _area(name: str, path: str, item: HostAudit | None, worst: dict[str, Outcome]) -> Area:
    if item is None:
        return Area(path, None, tr(vi=f"{name}: ngoài lượt kiểm tra này", en=f"{name}: not part of this audit"))
    outcome = worst[item.host.site]
    return Area(path, outcome, f"{name} ({item.host.district}): {outcome.label}")

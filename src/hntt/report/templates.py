"""The one Jinja2 environment of the HTML reports: everything escaped, undefined names are errors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hntt.i18n import language, tr

TEMPLATES = Path(__file__).resolve().parents[3] / "templates" / "report"


def render_report(name: str, context: Mapping[str, Any]) -> str:
    """``templates/report/<name>`` with ``context``; ``tr(vi=…, en=…)`` and ``lang`` are there in every template."""
    return _environment().get_template(name).render({**context, "lang": language()})


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["tr"] = tr
    return environment

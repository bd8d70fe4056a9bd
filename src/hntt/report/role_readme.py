"""Each role's README.md, made from its ``meta/argument_specs.yml`` and ``state.yml``.

``python -m hntt.report.role_readme`` writes them; with ``--check`` nothing is written and the exit code is 1 when one
is not current.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from hntt.i18n import tr

_NOTE = "<!-- Made from meta/argument_specs.yml and state.yml by `python -m hntt.report.role_readme`. -->"
_LISTED = ("packages", "services", "files", "listening")
_NAMED_BY = {"packages": "name", "services": "unit", "files": "dest", "listening": "port"}


def readme(role_dir: Path) -> str:
    """The README of one role; FileNotFoundError when it has no argument specification."""
    specs = _yaml(role_dir / "meta" / "argument_specs.yml")["argument_specs"]["main"]
    sections = [
        f"# {role_dir.name}",
        _NOTE,
        f"{specs['short_description']}.",
        "\n".join(_sentences(specs.get("description", []))),
        _settings(specs.get("options", {})),
        _lists(role_dir),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def outdated(roles_dir: Path) -> list[Path]:
    """READMEs that differ from what they would be made into."""
    return [path for path, text in _all(roles_dir) if not path.is_file() or path.read_text("utf-8") != text]


def write(roles_dir: Path) -> list[Path]:
    """Write the READMEs that are not current and return their paths."""
    changed = outdated(roles_dir)
    for path in changed:
        path.write_text(readme(path.parent), encoding="utf-8")
    return changed


def _all(roles_dir: Path) -> list[tuple[Path, str]]:
    roles = sorted(path.parent.parent for path in roles_dir.glob("*/meta/argument_specs.yml"))
    return [(role / "README.md", readme(role)) for role in roles]


def _settings(options: Mapping[str, Any]) -> str:
    if not options:
        return ""
    rows = [
        f"| `{name}` | {_type(option)} | {_default(option)} | {' '.join(_sentences(option['description']))} |"
        for name, option in options.items()
    ]
    return "\n".join(["## Settings", "", "| setting | type | default | meaning |", "| --- | --- | --- | --- |", *rows])


def _lists(role_dir: Path) -> str:
    path = role_dir / "state.yml"
    if not path.is_file():
        return ""
    state = _yaml(path)
    lines = [f"- {name}: {', '.join(names)}" for name in _LISTED if (names := _names(name, state.get(name) or []))]
    return "\n".join(["## Declares", "", *lines]) if lines else ""


def _names(name: str, items: Sequence[Mapping[str, Any]]) -> list[str]:
    found = [
        f"{item['proto']}/{item['port']} ({item['process']})" if name == "listening" else f"`{item[_NAMED_BY[name]]}`"
        for item in items
    ]
    return list(dict.fromkeys(found))


def _type(option: Mapping[str, Any]) -> str:
    kind = str(option.get("type", "str"))
    return f"{kind} of {option['elements']}" if "elements" in option else kind


def _default(option: Mapping[str, Any]) -> str:
    if option.get("required"):
        return "required"
    return (
        f"`{yaml.safe_dump(option['default'], default_flow_style=True).split(chr(10))[0]}`"
        if "default" in option
        else ""
    )


def _sentences(text: str | Sequence[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _yaml(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data


def main(argv: Sequence[str] | None = None) -> int:
    """Entry of the command: 0 when all is current, 1 when ``--check`` found one that is not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--roles", type=Path, default=Path("roles"), help="directory of the roles")
    arguments = parser.parse_args(argv)
    if not arguments.check:
        for path in write(arguments.roles):
            sys.stdout.write(f"{path}\n")
        return 0
    stale = outdated(arguments.roles)
    for path in stale:
        sys.stderr.write(tr(vi=f"{path} chưa cập nhật\n", en=f"{path} is not current\n"))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())

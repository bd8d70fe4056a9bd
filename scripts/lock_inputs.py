"""What requirements.lock is made from, read out of pyproject.toml.

``lock_inputs.py digest`` prints a digest of the lists that decide the lock; ``lock_inputs.py
build-requirements`` prints the build backend's requirements, one a line. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def load(pyproject: Path = PYPROJECT) -> dict[str, Any]:
    """The parsed pyproject.toml."""
    return tomllib.loads(pyproject.read_text(encoding="utf-8"))


def build_requirements(project: dict[str, Any]) -> list[str]:
    """The requirements of the build backend, sorted."""
    return sorted(project["build-system"]["requires"])


def digest(project: dict[str, Any]) -> str:
    """Hex SHA-256 over everything in pyproject.toml that decides what the lock holds."""
    table = project["project"]
    inputs = {
        "build": build_requirements(project),
        "dependencies": sorted(table["dependencies"]),
        "optional": {extra: sorted(names) for extra, names in table["optional-dependencies"].items()},
        "python": table["requires-python"],
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def main(arguments: list[str]) -> int:
    """Print what is asked for; 2 when it is not known."""
    match arguments:
        case ["digest"]:
            print(digest(load()))
        case ["build-requirements"]:
            print("\n".join(build_requirements(load())))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A host's golden files as a folder: what is in it, or, with HNTT_REGEN=1, what is wanted written anew."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path


def golden_files(folder: Path, wanted: Mapping[str, str]) -> dict[str, str]:
    """The texts below ``folder`` by their relative names; with HNTT_REGEN the folder is made of ``wanted`` first."""
    if os.environ.get("HNTT_REGEN"):
        shutil.rmtree(folder, ignore_errors=True)
        for name, text in wanted.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}

"""Where the project is, and its inventories as the commands need them."""

from __future__ import annotations

from pathlib import Path

from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.inventory.offline import OfflineInventory, read_offline


def project_root() -> Path:
    """The folder with templates and roles: the working directory or one above it. UsageError elsewhere."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "templates").is_dir() and (folder / "roles").is_dir():
            return folder
    raise UsageError(
        tr(
            vi=f"{here} không nằm trong dự án (thiếu templates/ và roles/). Hãy cd vào thư mục dự án rồi chạy lại.",
            en=f"{here} is not inside the project (no templates/ and roles/). Change into the project and run again.",
        )
    )


def offline_inventory(path: Path, *, with_overlay: bool = False) -> OfflineInventory:
    """The inventory, without its overlay unless asked for; a relative path that is not here counts from the project."""
    if not path.is_absolute() and not path.exists():
        path = project_root() / path
    return read_offline(path, with_overlay=with_overlay)

"""``hntt image stick``: an image and seeds, checked, onto a file or a stick."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Annotated, Any

import typer

from hntt.commands.options import InventoryOption, LangOption, inventory_path, use_language
from hntt.commands.project import offline_inventory
from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.image.errors import ImageError
from hntt.image.manifest import verify as verify_image
from hntt.image.manifest import version_numbers
from hntt.image.seed import read_seed
from hntt.image.stick import make_stick
from hntt.image.vault import Vault

SEED_NAMES = "*.seed.json"


def stick_command(
    image: Annotated[
        Path, typer.Option("--image", metavar="DIR", help=tr(vi="Thư mục image", en="The image's folder"))
    ],
    seeds: Annotated[
        list[Path],
        typer.Option(
            "--seeds",
            metavar="DIR|FILE",
            help=tr(vi="Thư mục seed hoặc từng seed; dùng được nhiều lần", en="Folder of seeds, or a seed; repeatable"),
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="FILE|/dev/sdX", help=tr(vi="Tệp mới, hoặc cả một USB", en="A new file, or a whole stick")
        ),
    ],
    erase: Annotated[
        str | None,
        typer.Option(
            "--erase",
            metavar="SERIAL",
            help=tr(vi="Số sê-ri của USB sẽ bị xóa; bỏ trống thì hỏi", en="Serial of the stick to erase; else asked"),
        ),
    ] = None,
    inventory: InventoryOption = None,
    lang: LangOption = None,
) -> int:
    """Check signatures and hashes of all that goes onto the stick, then write it."""
    use_language(lang)
    public = Vault.of(offline_inventory(inventory_path(inventory)).config).keys.image_public
    paths = _seeds(seeds)
    manifest = verify_image(image, public)
    for path in paths:
        seed = read_seed(path, public)
        if version_numbers(manifest.version) < version_numbers(seed["min_version"]):
            raise ImageError(
                tr(
                    vi=f"{path}: máy này cần image từ {seed['min_version']}, image đưa vào là {manifest.version}",
                    en=f"{path}: this PC wants image {seed['min_version']} or newer, not {manifest.version}",
                )
            )
    if out.is_block_device():
        _confirm(out, erase)
    elif str(out).startswith("/dev/") or out.exists():
        raise UsageError(
            tr(vi=f"{out}: không phải USB, hoặc tệp đã có", en=f"{out}: no stick, or a file that is there already")
        )
    written = make_stick(image, paths, out)
    print(
        tr(
            vi=f"{out}: USB cài đặt, image {manifest.version}, {len(paths)} máy, {written / 1e6:.0f} MB.",
            en=f"{out}: stick with image {manifest.version} for {len(paths)} PCs, {written / 1e6:.0f} MB.",
        )
    )
    return 0


def _seeds(given: list[Path]) -> list[Path]:
    found = [path for item in given for path in (sorted(item.glob(SEED_NAMES)) if item.is_dir() else [item])]
    if not found:
        raise UsageError(tr(vi="không có seed; tạo bằng: hntt image seed", en="no seed; make one: hntt image seed"))
    names = [path.name for path in found]
    if len(set(names)) != len(names):
        raise UsageError(tr(vi="một xã có hai seed", en="there are two seeds of one commune"))
    return found


def _confirm(device: Path, erase: str | None) -> None:
    """The operator names the stick by its serial: a letter like sdb may be another disk tomorrow."""
    about = _about(device)
    serial = str(about.get("serial") or "").strip()
    if not serial:
        raise ImageError(
            tr(
                vi=f"{device}: không đọc được số sê-ri nên không chắc là ổ nào; hãy ghi ra tệp rồi chép sang USB",
                en=f"{device}: it tells no serial, so nobody can be sure which disk it is; write to a file instead",
            )
        )
    size = int(about.get("size") or 0) / 1e9
    print(
        tr(
            vi=f"Sẽ XÓA TOÀN BỘ {device}: {about.get('model') or '?'}, {size:.0f} GB, sê-ri {serial}",
            en=f"All of {device} will be ERASED: {about.get('model') or '?'}, {size:.0f} GB, serial {serial}",
        )
    )
    typed = erase if erase is not None else typer.prompt(tr(vi="Gõ số sê-ri để đồng ý", en="Type the serial to agree"))
    if typed.strip() != serial:
        raise UsageError(
            tr(vi="số sê-ri không khớp; chưa ghi gì", en="that is not the serial; nothing has been written")
        )


def _about(device: Path) -> dict[str, Any]:
    command = ["lsblk", "--json", "--bytes", "--nodeps", "--output", "MODEL,SERIAL,SIZE", str(device)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ImageError(f"lsblk: {done.stderr.strip()}")
    found: dict[str, Any] = json.loads(done.stdout)["blockdevices"][0]
    return found

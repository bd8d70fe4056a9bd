"""``hntt image stick``: a stick for one commune, a district or all, to a file or a USB device."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hntt.commands.options import LangOption, use_language
from hntt.i18n import tr
from hntt.image.stick import make_stick

HELP = tr(
    vi="Ghi USB cài máy xã: bộ cài, image, seed của các xã đã chọn",
    en="Write a stick that installs commune PCs: installer, image, the chosen communes' seeds",
)


def stick_command(
    image: Annotated[
        Path, typer.Option("--image", metavar="DIR", help=tr(vi="Thư mục image", en="The image's folder"))
    ],
    seeds: Annotated[
        Path,
        typer.Option("--seeds", metavar="DIR", help=tr(vi="Thư mục seed", en="The folder of seeds")),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="FILE|/dev/sdX",
            help=tr(vi="Tệp mới, hoặc cả một USB (xoá hết USB đó)", en="A new file, or a whole stick (erases it)"),
        ),
    ],
    codes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CODE]...", help=tr(vi="Mã xã; bỏ trống: tất cả", en="Codes of communes; none: all")),
    ] = None,
    lang: LangOption = None,
) -> int:
    """Write a stick; 0. ImageError when something is missing or ``out`` may not be overwritten."""
    use_language(lang)
    listed = [seeds / f"{code}.seed.json" for code in codes or []]
    chosen = listed or sorted(seeds.glob("*.seed.json"))
    written = make_stick(image, chosen, out)
    print(
        tr(
            vi=f"{out}: USB cài được {len(chosen)} xã ({written / (1 << 20):.0f} MiB). Trên USB có mã ghi danh của các "
            "xã này: gửi như thư mật, thu hồi sau khi cài.",
            en=f"{out}: installs {len(chosen)} communes ({written / (1 << 20):.0f} MiB). It carries their enrolment "
            "tokens: send it like a confidential letter and take it back.",
        )
    )
    return 0

"""``hntt render``: the intended state of devices as files."""

from __future__ import annotations

import fnmatch
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from hntt.commands.options import FormatOption, InventoryOption, LangOption, inventory_path, output_format, use_language
from hntt.commands.project import offline_inventory, project_root
from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.intent.intended import Intended, Tree, intended
from hntt.inventory.offline import OfflineInventory
from hntt.network.model import Device

CONFIG_NAMES = {
    "frr": "frr.conf",
    "cisco_ios": "running-config.txt",
    "mikrotik_routeros": "export.rsc",
    "cisco_roomos": "xconfiguration.txt",
}


def render_command(
    pattern: Annotated[
        str,
        typer.Argument(
            metavar="[PATTERN]",
            show_default=False,
            help=tr(
                vi="Mẫu tên máy hoặc tên nhóm, ví dụ '*.le-thuy', router, le_thuy; bỏ trống: tất cả",
                en="Pattern of host or group names, such as '*.le-thuy', router, le_thuy; absent: all",
            ),
        ),
    ] = "*",
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help=tr(vi="Thư mục ghi kết quả", en="Folder to write to")),
    ] = Path("build/intended"),
    inventory: InventoryOption = None,
    lang: LangOption = None,
    form: FormatOption = None,
) -> None:
    """Write the intended state of matching devices below ``--out``, one folder per host."""
    use_language(lang)
    wanted_format = output_format(form)
    offline = offline_inventory(inventory_path(inventory))
    devices = matching(offline, pattern)
    tree = Tree.below(project_root(), offline.config.directory)
    found = list(intended(offline.source.register, offline.source.network, tree, devices, offline.groups))
    written = {item.device.host: write_intended(item, out / item.device.host) for item in found if item.is_rendered}
    _report(found, written, out, wanted_format)


def matching(offline: OfflineInventory, pattern: str) -> list[Device]:
    """The inventory's devices whose name or one of whose groups matches; UsageError when there is none."""
    found = [
        device
        for device in offline.devices
        if any(fnmatch.fnmatchcase(name, pattern) for name in (device.host, *offline.groups[device.host]))
    ]
    if not found:
        raise UsageError(
            tr(
                vi=f"Không có máy hay nhóm nào khớp “{pattern}”. Xem tên: ansible-inventory --graph",
                en=f"No host and no group matches '{pattern}'. For the names: ansible-inventory --graph",
            )
        )
    return found


def write_intended(item: Intended, folder: Path) -> list[Path]:
    """Write one device's files; the paths written, relative to ``folder``."""
    texts: dict[str, str] = {}
    if item.config is not None:
        texts[CONFIG_NAMES[item.device.platform]] = item.config
    if item.state is not None:
        texts["state.json"] = item.state.to_json()
        texts |= {f"root{file.dest}": file.content for file in item.state.files}
    for name, text in texts.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return [Path(name) for name in texts]


def _report(found: Sequence[Intended], written: dict[str, list[Path]], out: Path, wanted_format: str) -> None:
    left = Counter(str(item.device.kind) for item in found if not item.is_rendered)
    if wanted_format == "json":
        hosts = {host: [str(path) for path in paths] for host, paths in written.items()}
        document = {"out": str(out), "hosts": hosts, "not_rendered": dict(left)}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    files = sum(len(paths) for paths in written.values())
    typer.echo(
        tr(
            vi=f"Đã ghi {files} tệp của {len(written)} máy vào {out}/. Bí mật được thay bằng <secret:tên>.",
            en=f"Wrote {files} files of {len(written)} hosts to {out}/. Secrets stand as <secret:name>.",
        )
    )
    for kind, count in left.items():
        typer.echo(
            tr(
                vi=f"Chưa có gì để ghi cho loại {kind} ({count} máy).",
                en=f"Nothing is rendered for kind {kind} yet ({count} hosts).",
            )
        )

"""``hntt image seed``: signed seeds of the commune PCs that match, and their tokens."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hntt.commands.options import FormatOption, InventoryOption, LangOption, inventory_path, output_format, use_language
from hntt.commands.project import offline_inventory
from hntt.commands.render import matching
from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.image.manifest import read_manifest
from hntt.image.seed import Maker, Versions, write_seed
from hntt.image.signing import sign
from hntt.image.tokens import Issued, Token
from hntt.image.vault import Vault
from hntt.inventory.offline import OfflineInventory
from hntt.network.model import Kind

TOKEN_DAYS = 30

PatternOption = Annotated[
    str,
    typer.Argument(
        metavar="PATTERN",
        help=tr(
            vi="Mẫu tên máy hoặc nhóm, ví dụ 'pc.*.le-thuy', le_thuy_commune_pc, commune_pc",
            en="Pattern of host or group names, such as 'pc.*.le-thuy', le_thuy_commune_pc, commune_pc",
        ),
    ),
]
ImageOption = Annotated[
    Path | None,
    typer.Option("--image", metavar="DIR", help=tr(vi="Thư mục image", en="The image's folder")),
]


def seed_command(
    pattern: PatternOption,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help=tr(vi="Thư mục ghi seed", en="Folder to write to"))],
    image: ImageOption = None,
    version: Annotated[
        str | None,
        typer.Option(
            "--version", metavar="V", help=tr(vi="Phiên bản image, thay cho --image", en="Instead of --image")
        ),
    ] = None,
    min_version: Annotated[
        str | None,
        typer.Option(
            "--min-version",
            metavar="V",
            help=tr(vi="Bản cũ nhất máy được nhận (mặc định: bản này)", en="Oldest accepted (default: this one)"),
        ),
    ] = None,
    days: Annotated[
        int,
        typer.Option("--days", min=1, max=366, help=tr(vi="Mã dùng được bao nhiêu ngày", en="Days tokens are good")),
    ] = TOKEN_DAYS,
    inventory: InventoryOption = None,
    lang: LangOption = None,
    form: FormatOption = None,
) -> int:
    """Write seeds below ``--out`` and note their tokens in the ledger."""
    use_language(lang)
    wanted = output_format(form)
    offline = offline_inventory(inventory_path(inventory), with_overlay=True)
    vault = Vault.of(offline.config)
    hosts = pc_hosts(offline, pattern)
    versions = _versions(vault, image, version, min_version)
    maker = _maker(offline, vault, hosts)
    sign(vault.keys, b"")
    _try_out(maker, hosts, versions)
    tokens = vault.ledger.issue(hosts, days)
    paths = [write_seed(out, maker.seed(host, tokens[host], versions), vault.keys) for host in hosts]
    _say_seeds(hosts, paths, out, days, wanted)
    return 0


def _versions(vault: Vault, image: Path | None, version: str | None, minimum: str | None) -> Versions:
    if (image is None) == (version is None):
        raise UsageError(
            tr(vi="cần --image hoặc --version (một trong hai)", en="either --image or --version is wanted")
        )
    given = version if image is None else read_manifest(image, vault.keys.image_public).version
    assert given is not None  # noqa: S101 - one of both was given
    return Versions(given, minimum or given)


def _maker(offline: OfflineInventory, vault: Vault, hosts: list[str]) -> Maker:
    settings = {host: offline.settings(host) for host in hosts}
    keys = settings[hosts[0]].get("linux_base_admin_keys") or []
    if not keys:
        raise UsageError(
            tr(
                vi="chưa có khóa SSH của người vận hành; ghi vào linux_base_admin_keys trong "
                "group_vars/all/access.yml của inventory",
                en="no operator's SSH key; put it into linux_base_admin_keys in the inventory's "
                "group_vars/all/access.yml",
            )
        )
    source = offline.source
    return Maker(source.register, source.network, vault.secrets(), [str(key) for key in keys], settings)


def _try_out(maker: Maker, hosts: list[str], versions: Versions) -> None:
    """Render once with a token that is in no ledger: what is missing is said before any token is revoked."""
    at = datetime.now(UTC).isoformat()
    try:
        for host in hosts:
            maker.seed(host, Issued(Token("", host, "", at, at), ""), versions)
    except KeyError as error:
        name = error.args[0]
        raise UsageError(
            tr(
                vi=f"thiếu bí mật “{name}” trong tệp secrets_file của inventory (hntt.yml)",
                en=f"secret '{name}' is missing in the inventory's secrets_file (hntt.yml)",
            )
        ) from error


def _say_seeds(hosts: list[str], paths: list[Path], out: Path, days: int, wanted: str) -> None:
    if wanted == "json":
        rows = [{"host": host, "seed": str(path)} for host, path in zip(hosts, paths, strict=True)]
        print(json.dumps({"out": str(out), "days": days, "seeds": rows}, ensure_ascii=False, indent=2))
        return
    size = max(path.stat().st_size for path in paths) / 1000
    print(
        tr(
            vi=f"Đã ghi {len(paths)} seed vào {out}/ (lớn nhất {size:.1f} kB, dùng được {days} ngày).\n"
            "Mỗi seed chứa mã ghi danh của một máy: giữ như giữ chìa khoá, xoá sau khi ghi USB.\n"
            "Đưa mã lên trung tâm trước khi cài máy: hntt image tokens export",
            en=f"Wrote {len(paths)} seeds to {out}/ (the largest {size:.1f} kB, good for {days} days).\n"
            "Each holds one PC's token: keep it like a key, and delete it once the stick is written.\n"
            "Bring the tokens to the centre before a PC is installed: hntt image tokens export",
        )
    )


def pc_hosts(offline: OfflineInventory, pattern: str) -> list[str]:
    """The commune PCs that match; UsageError when there is none."""
    hosts = [device.host for device in matching(offline, pattern) if device.kind is Kind.COMMUNE_PC]
    if not hosts:
        raise UsageError(
            tr(vi=f"“{pattern}” không khớp máy xã nào", en=f"'{pattern}' matches devices, but no commune PC")
        )
    return hosts

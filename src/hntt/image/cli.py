"""``hntt image …``: everything about the commune PCs' images that happens at the controller."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from hntt.commands.options import FormatOption, InventoryOption, LangOption, inventory_path, output_format, use_language
from hntt.commands.project import offline_inventory, project_root
from hntt.commands.render import matching
from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.image.apt import Apt, sources
from hntt.image.build import SLOT_SIZE, Plan, build
from hntt.image.bundle import check_bundle
from hntt.image.content import image_content
from hntt.image.errors import ImageError
from hntt.image.files import write_whole
from hntt.image.manifest import BUNDLE, read_manifest
from hntt.image.manifest import verify as verify_image
from hntt.image.packages import LOCK_PATH, missing, read_lock, wanted_packages, write_lock
from hntt.image.seed import Maker, Versions, read_seed, write_seed
from hntt.image.signing import KeyFolder, make_keys, sign
from hntt.image.stick_cli import SEED_NAMES, stick_command
from hntt.image.tokens import Issued, Token
from hntt.image.vault import Vault
from hntt.intent.linux import settings_for
from hntt.inventory.offline import OfflineInventory
from hntt.network.model import Kind

TOKEN_DAYS = 30

image_app = typer.Typer(no_args_is_help=True)

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


@image_app.command(
    "key",
    help=tr(
        vi="Tạo khoá ký image và seed, một lần; không bao giờ ghi đè",
        en="Make the keys that sign images and seeds, once; never overwrites",
    ),
)
def key_command(inventory: InventoryOption = None, lang: LangOption = None) -> int:
    """Make both pairs of keys beside the inventory's secrets."""
    use_language(lang)
    offline = offline_inventory(inventory_path(inventory))
    folder = Vault.of(offline.config).keys.folder
    province = offline.source.register.province.province.name
    keys = make_keys(folder, f"HNTT {province} images")
    print(
        tr(
            vi=f"Đã tạo khoá ký trong {folder}/.\n"
            f"Sao lưu ngay {keys.image_key.name} và {keys.bundle_key.name} ra nơi cất an toàn: mất chúng thì không "
            "cập nhật được máy nào; lộ chúng thì người khác cài được máy của xã.",
            en=f"The signing keys are in {folder}/.\n"
            f"Back {keys.image_key.name} and {keys.bundle_key.name} up to a safe place now: without them no PC can "
            "be updated; with them anybody can install one.",
        )
    )
    return 0


@image_app.command(
    "lock",
    help=tr(
        vi="Ghi lại danh sách gói của image: phiên bản và mã băm đang có ở kho Debian",
        en="Write the image's list of packages anew: versions and hashes of Debian's mirror today",
    ),
)
def lock_command(lang: LangOption = None) -> int:
    """Resolve the roles' packages with all dependencies and write ``packages.lock``."""
    use_language(lang)
    wanted = wanted_packages(project_root() / "roles")
    before = set(read_lock()) if LOCK_PATH.exists() else set()
    with tempfile.TemporaryDirectory(prefix="hntt-apt-") as folder:
        found = Apt.prepare(Path(folder), wanted.suite, wanted.architecture).resolve(wanted)
    write_lock(found)
    old, new = {item.name: item.version for item in before}, {item.name: item.version for item in found}
    for name in sorted(old.keys() | new.keys()):
        if before and old.get(name) != new.get(name):
            print(f"  {name}: {old.get(name, '-')} → {new.get(name, '-')}")
    print(tr(vi=f"{LOCK_PATH}: {len(found)} gói.", en=f"{LOCK_PATH}: {len(found)} packages."))
    return 0


@image_app.command(
    "build",
    help=tr(
        vi="Dựng image đã ký từ danh sách gói đã ghim (root; vài phút)",
        en="Build a signed image from the pinned packages (root; some minutes)",
    ),
)
def build_command(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help=tr(vi="Thư mục mới", en="A new folder"))],
    version: Annotated[
        str | None,
        typer.Option("--version", metavar="V", help=tr(vi="Mặc định: ngày hôm nay.1", en="Default: today's date.1")),
    ] = None,
    cache: Annotated[
        Path,
        typer.Option("--cache", metavar="DIR", help=tr(vi="Nơi giữ các gói đã tải", en="Keeps downloaded packages")),
    ] = Path("build/image-packages"),
    slot_mib: Annotated[
        int, typer.Option("--slot-mib", min=512, help=tr(vi="Cỡ mỗi khe trên máy, MiB", en="Size of a PC's slots, MiB"))
    ] = SLOT_SIZE >> 20,
    inventory: InventoryOption = None,
    lang: LangOption = None,
) -> int:
    """Fetch what the lock names, and build."""
    use_language(lang)
    offline, root = offline_inventory(inventory_path(inventory)), project_root()
    keys = Vault.of(offline.config).keys
    sign(keys, b"")
    wanted, packages = wanted_packages(root / "roles"), read_lock()
    if lacking := missing(wanted, packages):
        raise ImageError(
            tr(
                vi=f"packages.lock thiếu gói mà vai trò cần: {', '.join(lacking)}; chạy: hntt image lock",
                en=f"packages.lock lacks what the roles want: {', '.join(lacking)}; run: hntt image lock",
            )
        )
    wanted_version = version or f"{datetime.now(UTC):%Y.%-m.%-d}.1"
    listed = "".join(f"{line}\n" for line in sources(wanted.suite))
    content = image_content(offline, root, keys, wanted_version, listed)
    with tempfile.TemporaryDirectory(prefix="hntt-apt-") as folder:
        Apt.prepare(Path(folder), wanted.suite, wanted.architecture).fetch(packages, cache.absolute())
    plan = Plan(wanted.suite, wanted.architecture, packages, content, wanted_version, slot_mib << 20)
    manifest = build(plan, cache.absolute(), keys, out.absolute(), print)
    print(
        tr(
            vi=f"{out}: image {manifest.version}, {manifest.root.compressed_size / 1e6:.0f} MB nén.",
            en=f"{out}: image {manifest.version}, {manifest.root.compressed_size / 1e6:.0f} MB compressed.",
        )
    )
    return 0


@image_app.command(
    "verify",
    help=tr(
        vi="Kiểm tra chữ ký, phiên bản, mã băm của một image; --seeds: cả các seed",
        en="Check signature, version and hashes of an image; --seeds: of seeds too",
    ),
)
def verify_command(
    image: Annotated[Path, typer.Argument(metavar="DIR", help=tr(vi="Thư mục image", en="The image's folder"))],
    min_version: Annotated[
        str | None,
        typer.Option("--min-version", metavar="V", help=tr(vi="Từ chối bản cũ hơn", en="Refuse anything older")),
    ] = None,
    seeds: Annotated[
        Path | None, typer.Option("--seeds", metavar="DIR", help=tr(vi="Thư mục seed", en="Folder of seeds"))
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="PEM", help=tr(vi="Khoá công khai", en="The public key")),
    ] = None,
    inventory: InventoryOption = None,
    lang: LangOption = None,
) -> int:
    """Check an image as a PC does before it writes anything."""
    use_language(lang)
    public = key or Vault.of(offline_inventory(inventory_path(inventory)).config).keys.image_public
    manifest = verify_image(image, public, min_version=min_version)
    if (image / BUNDLE).is_file():
        check_bundle(image / BUNDLE, KeyFolder(public.parent).bundle_certificate)
    size = manifest.root.compressed_size / 1e6
    print(
        tr(
            vi=f"{image}: image {manifest.version} đúng chữ ký và nguyên vẹn ({size:.0f} MB nén).",
            en=f"{image}: image {manifest.version} is signed and undamaged ({size:.0f} MB compressed).",
        )
    )
    if seeds is not None:
        found = [read_seed(path, public) for path in sorted(seeds.glob(SEED_NAMES))]
        print(tr(vi=f"{seeds}: {len(found)} seed đúng chữ ký, còn hạn.", en=f"{seeds}: {len(found)} seeds are good."))
    return 0


@image_app.command(
    "seed",
    help=tr(
        vi="Tạo seed đã ký cho các máy xã khớp mẫu; mã ghi danh cũ chưa dùng của máy bị thu hồi",
        en="Make signed seeds of the commune PCs that match; their older unspent tokens are revoked",
    ),
)
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
    offline = offline_inventory(inventory_path(inventory))
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


def pc_hosts(offline: OfflineInventory, pattern: str) -> list[str]:
    """The commune PCs that match; UsageError when there is none."""
    hosts = [device.host for device in matching(offline, pattern) if device.kind is Kind.COMMUNE_PC]
    if not hosts:
        raise UsageError(
            tr(vi=f"“{pattern}” không khớp máy xã nào", en=f"'{pattern}' matches devices, but no commune PC")
        )
    return hosts


def _versions(vault: Vault, image: Path | None, version: str | None, minimum: str | None) -> Versions:
    if (image is None) == (version is None):
        raise UsageError(
            tr(vi="cần --image hoặc --version (một trong hai)", en="either --image or --version is wanted")
        )
    given = version if image is None else read_manifest(image, vault.keys.image_public).version
    assert given is not None  # noqa: S101 - one of both was given
    return Versions(given, minimum or given)


def _maker(offline: OfflineInventory, vault: Vault, hosts: list[str]) -> Maker:
    settings = {host: settings_for(offline.config.directory, offline.groups[host], host, {}) for host in hosts}
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


image_app.command(
    "stick",
    help=tr(
        vi="Ghi USB cài đặt: image và seed, đã kiểm tra chữ ký, ra tệp hoặc thẳng vào USB",
        en="Write a stick that installs: image and seeds, checked, to a file or onto the stick",
    ),
)(stick_command)

tokens_app = typer.Typer(no_args_is_help=True)
image_app.add_typer(tokens_app, name="tokens", help=tr(vi="Mã ghi danh của máy xã", en="Tokens of the commune PCs"))


@tokens_app.command("list", help=tr(vi="Mã của từng máy và tình trạng", en="Tokens by PC, and what they are worth"))
def tokens_list_command(inventory: InventoryOption = None, lang: LangOption = None, form: FormatOption = None) -> int:
    """Show the ledger; no secret is in it."""
    use_language(lang)
    now = datetime.now(UTC)
    tokens = Vault.of(offline_inventory(inventory_path(inventory)).config).ledger.tokens()
    if output_format(form) == "json":
        rows: list[dict[str, Any]] = [
            {
                "id": t.id,
                "host": t.host,
                "state": t.state(now),
                "issued": t.issued,
                "expires": t.expires,
                "ended": t.ended,
            }
            for t in tokens
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    words = {
        "live": tr(vi="chưa dùng", en="not used yet"),
        "spent": tr(vi="đã dùng", en="spent"),
        "revoked": tr(vi="đã thu hồi", en="revoked"),
        "expired": tr(vi="hết hạn", en="expired"),
    }
    for token in tokens:
        print(f"{token.host:<40} {token.id}  {token.expires[:10]}  {words[token.state(now)]}")
    if not tokens:
        print(tr(vi="Chưa cấp mã nào.", en="No token has been issued yet."))
    return 0


@tokens_app.command(
    "revoke", help=tr(vi="Thu hồi mã chưa dùng của các máy khớp mẫu", en="Revoke unspent tokens of matching PCs")
)
def tokens_revoke_command(pattern: PatternOption, inventory: InventoryOption = None, lang: LangOption = None) -> int:
    """A lost stick: its tokens are worth nothing once the export is at the centre."""
    use_language(lang)
    offline = offline_inventory(inventory_path(inventory))
    hit = Vault.of(offline.config).ledger.revoke(pc_hosts(offline, pattern))
    print(
        tr(
            vi=f"Đã thu hồi {len(hit)} mã. Đưa danh sách mới lên trung tâm: hntt image tokens export",
            en=f"Revoked {len(hit)} tokens. Bring the new list to the centre: hntt image tokens export",
        )
    )
    return 0


@tokens_app.command(
    "export",
    help=tr(
        vi="Danh sách cho dịch vụ ở trung tâm: mã băm, máy, hạn; không có bí mật",
        en="The list for the centre's service: hashes, hosts, expiries; no secret",
    ),
)
def tokens_export_command(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help=tr(vi="Tệp ghi ra", en="File to write"))
    ] = None,
    inventory: InventoryOption = None,
    lang: LangOption = None,
) -> int:
    """Print (or write) the live tokens' hashes."""
    use_language(lang)
    content = Vault.of(offline_inventory(inventory_path(inventory)).config).ledger.export()
    if out is None:
        print(content.decode(), end="")
    else:
        write_whole(out, content, 0o600)
    return 0

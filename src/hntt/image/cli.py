"""``hntt image …``: everything about the commune PCs' images that happens at the controller."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hntt.commands.options import InventoryOption, LangOption, inventory_path, use_language
from hntt.commands.project import offline_inventory, project_root
from hntt.i18n import tr
from hntt.image.apt import Apt, sources
from hntt.image.build import SLOT_SIZE, Plan, build
from hntt.image.bundle import check_bundle
from hntt.image.content import image_content
from hntt.image.errors import ImageError
from hntt.image.manifest import BUNDLE
from hntt.image.manifest import verify as verify_image
from hntt.image.packages import LOCK_PATH, missing, read_lock, wanted_packages, write_lock
from hntt.image.seed import read_seed
from hntt.image.seed_cli import seed_command
from hntt.image.signing import KeyFolder, make_keys, sign
from hntt.image.stick_cli import SEED_NAMES, stick_command
from hntt.image.tokens_cli import tokens_app
from hntt.image.vault import Vault

image_app = typer.Typer(no_args_is_help=True)


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


image_app.command(
    "seed",
    help=tr(
        vi="Tạo seed đã ký cho các máy xã khớp mẫu; mã ghi danh cũ chưa dùng của máy bị thu hồi",
        en="Make signed seeds of the commune PCs that match; their older unspent tokens are revoked",
    ),
)(seed_command)

image_app.command(
    "stick",
    help=tr(
        vi="Ghi USB cài đặt: image và seed, đã kiểm tra chữ ký, ra tệp hoặc thẳng vào USB",
        en="Write a stick that installs: image and seeds, checked, to a file or onto the stick",
    ),
)(stick_command)

image_app.add_typer(tokens_app, name="tokens", help=tr(vi="Mã ghi danh của máy xã", en="Tokens of the commune PCs"))

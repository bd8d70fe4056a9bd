"""``hntt image tokens …``: the ledger of the commune PCs' tokens."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from hntt.commands.options import FormatOption, InventoryOption, LangOption, inventory_path, output_format, use_language
from hntt.commands.project import offline_inventory
from hntt.i18n import tr
from hntt.image.files import write_whole
from hntt.image.seed_cli import PatternOption, pc_hosts
from hntt.image.vault import Vault

tokens_app = typer.Typer(no_args_is_help=True)


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

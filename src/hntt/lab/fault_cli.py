"""``hntt lab fault``: break things on purpose, and mend them."""

from __future__ import annotations

from typing import Annotated

import typer

from hntt.i18n import tr
from hntt.lab import faults
from hntt.lab.cli_shared import current, explained

fault_app = typer.Typer(no_args_is_help=True, help=tr(vi="Gây hỏng có chủ ý", en="Break things on purpose"))


@fault_app.command(
    "cut-line",
    help=tr(
        vi="Cắt một đường truyền, hoặc nối lại",
        en="Cut a leased line, or join it again",
    ),
)
def cut_line_command(
    name: Annotated[str, typer.Argument(help=tr(vi="Tên đường truyền, xem status", en="Line name, see status"))],
    restore: Annotated[bool, typer.Option("--restore", help=tr(vi="Nối lại", en="Join it again"))] = False,
) -> None:
    """Cut a leased line, or join it again."""
    with explained():
        topology, engine = current()
        (faults.restore_line if restore else faults.cut_line)(topology, engine, name)


@fault_app.command(
    "stop",
    help=tr(
        vi="Tắt nguồn một máy, hoặc bật lại",
        en="Take a host's power away, or give it back",
    ),
)
def stop_command(
    host: Annotated[str, typer.Argument(help=tr(vi="Tên máy", en="Host name"))],
    start: Annotated[bool, typer.Option("--start", help=tr(vi="Bật lại", en="Start it again"))] = False,
) -> None:
    """Take a host's power away, or give it back."""
    with explained():
        topology, engine = current()
        if start:
            typer.echo(faults.start_host(topology, engine, host))
        else:
            faults.stop_host(topology, engine, host)


@fault_app.command(
    "kill-session",
    help=tr(
        vi="Ngắt các phiên ssh đang có trên một thiết bị",
        en="Break the ssh sessions a device has right now",
    ),
)
def kill_session_command(
    host: Annotated[str, typer.Argument(help=tr(vi="Tên máy", en="Host name"))],
    user: Annotated[
        str | None, typer.Option(help=tr(vi="Chỉ các phiên của người dùng này", en="Only this user's sessions"))
    ] = None,
) -> None:
    """Break the ssh sessions a device has right now."""
    with explained():
        count = faults.kill_sessions(*current(), host, user)
    typer.echo(tr(vi=f"đã ngắt {count} phiên", en=f"{count} sessions broken"))


@fault_app.command(
    "fill-disk",
    help=tr(
        vi="Ghi đầy đĩa một máy, hoặc giải phóng lại",
        en="Fill a host's disk to the last byte, or free it again",
    ),
)
def fill_disk_command(
    host: Annotated[str, typer.Argument(help=tr(vi="Tên máy", en="Host name"))],
    restore: Annotated[bool, typer.Option("--restore", help=tr(vi="Giải phóng lại", en="Free it again"))] = False,
) -> None:
    """Fill a host's disk to the last byte, or free it again."""
    with explained():
        topology, engine = current()
        if restore:
            faults.free_disk(topology, engine, host)
        else:
            size = faults.fill_disk(topology, engine, host)
            typer.echo(tr(vi=f"đã ghi {size} byte, đĩa đầy", en=f"{size} bytes written, the disk is full"))


@fault_app.command(
    "list",
    help=tr(
        vi="Đang có hỏng hóc gì",
        en="What is broken now",
    ),
)
def list_command() -> None:
    """What is broken now."""
    with explained():
        for fault in faults.present_faults(*current()):
            typer.echo(f"{fault.kind} {fault.subject}")


@fault_app.command(
    "clear",
    help=tr(
        vi="Khắc phục mọi hỏng hóc",
        en="Mend everything that is broken",
    ),
)
def clear_command() -> None:
    """Mend everything that is broken."""
    with explained():
        for fault in faults.clear(*current()):
            typer.echo(tr(vi=f"đã khắc phục: {fault.kind} {fault.subject}", en=f"mended: {fault.kind} {fault.subject}"))

"""``hntt lab``: up, down, status, exec, fault."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hntt.i18n import tr
from hntt.lab import faults, project, simulated
from hntt.lab.capability import capability
from hntt.lab.content import LabRequest
from hntt.lab.down import down
from hntt.lab.engine import Engine, namespace_path
from hntt.lab.errors import LabError
from hntt.lab.images import remove_images
from hntt.lab.names import Lab, default_lab
from hntt.lab.progress import reporter_for
from hntt.lab.state import load_topology
from hntt.lab.status import LabStatus, status
from hntt.lab.topology import Topology, from_json
from hntt.lab.up import up

lab_app = typer.Typer(no_args_is_help=True, help="The lab: the network on one machine / Phòng lab: mạng trên một máy.")
fault_app = typer.Typer(no_args_is_help=True, help="Break things on purpose / Gây hỏng có chủ ý.")
lab_app.add_typer(fault_app, name="fault")

_EXIT_FINDINGS = 1
_EXIT_USAGE = 2
_EXIT_FAILED = 3


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except LabError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(_EXIT_FAILED) from error


def _usage(text: str) -> typer.Exit:
    Console(stderr=True).print(text, markup=False, highlight=False)
    return typer.Exit(_EXIT_USAGE)


def _current() -> tuple[Topology, Engine]:
    lab = default_lab()
    if simulated.is_up(lab):
        raise LabError(
            tr(
                vi="phòng lab đang mô phỏng: không có container hay đường truyền để làm việc này",
                en="the lab is simulated: there are no containers and no lines to do this with",
            )
        )
    topology = load_topology(lab)
    capability().require()
    return topology, Engine(lab, capability())


@lab_app.command("up")
def up_command(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="Inventory folder.")] = Path("inventories/lab"),
    district: Annotated[list[str] | None, typer.Option(help="Only this district (repeatable).")] = None,
    communes: Annotated[int | None, typer.Option(min=0, help="Only the first N communes of each district.")] = None,
    topology_file: Annotated[Path | None, typer.Option("--topology", help="A topology as JSON instead.")] = None,
    renew: Annotated[list[str] | None, typer.Option(help="Host to make anew from its day-0 (repeatable).")] = None,
    simulate: Annotated[bool, typer.Option("--simulated", help="Simulated command lines on loopback.")] = False,
) -> None:
    """Build the lab, or mend it: what is there and right stays as it is."""
    request = LabRequest(inventory, tuple(district or ()), communes)
    with _explained():
        if topology_file is None and simulated.is_wanted(simulate):
            _up_simulated(request)
        else:
            _up_containers(request, topology_file, frozenset(renew or ()))


def _up_simulated(request: LabRequest) -> None:
    console = Console(stderr=True)
    if not capability().ok:
        console.print(capability().reason, markup=False, highlight=False)
    console.print(simulated.what_is_not_shown(), markup=False, highlight=False)
    result = simulated.up(default_lab(), request)
    state = tr(vi="đã khởi động", en="started") if result.started else tr(vi="đang chạy sẵn", en="running already")
    console.print(
        tr(
            vi=f"phòng lab mô phỏng: {result.routers} router, {state} ({result.seconds:.1f} s)",
            en=f"simulated lab: {result.routers} routers, {state} ({result.seconds:.1f} s)",
        ),
        highlight=False,
    )


def _up_containers(request: LabRequest, topology_file: Path | None, renew: frozenset[str]) -> None:
    lab = default_lab()
    console = Console(stderr=True)
    capability().require()
    simulated.refuse_when_up(lab)
    if capability().arrangements:
        console.print(capability().arrangements, markup=False, highlight=False)
    topology, content = (_read(topology_file), None) if topology_file else project.prepare(lab, request)
    reporter = reporter_for(console)
    try:
        result = up(lab, topology, renew=renew, reporter=reporter)
    finally:
        reporter.close()
    if content is not None:
        project.record(lab, content)
    done, seconds = len(result.actions), result.seconds
    console.print(
        tr(
            vi=f"phòng lab {lab.name}: {len(topology.hosts)} máy, {len(topology.lines)} đường truyền; "
            f"{done} thay đổi trong {seconds:.1f} s",
            en=f"lab {lab.name}: {len(topology.hosts)} hosts, {len(topology.lines)} lines; "
            f"{done} changes in {seconds:.1f} s",
        ),
        highlight=False,
    )
    for host, state in result.not_ready.items():
        console.print(tr(vi=f"{host} chưa sẵn sàng: {state}", en=f"{host} is not ready: {state}"), style="red")
    if result.not_ready:
        raise typer.Exit(_EXIT_FINDINGS)


def _read(topology_file: Path) -> Topology:
    try:
        return from_json(topology_file.read_text(encoding="utf-8"))
    except OSError as error:
        raise _usage(f"{topology_file}: {error.strerror}") from error


@lab_app.command("down")
def down_command(
    images: Annotated[bool, typer.Option("--images", help="Remove the built images as well.")] = False,
) -> None:
    """Remove everything the lab made on this machine; keys stay, and built images unless --images is given."""
    console = Console(stderr=True)
    with _explained():
        if simulated.is_up(default_lab()):
            routers = simulated.down(default_lab())
            console.print(tr(vi=f"đã dừng {routers} router mô phỏng", en=f"stopped {routers} simulated routers"))
            return
        reporter = reporter_for(console)
        try:
            result = down(default_lab(), reporter=reporter)
        finally:
            reporter.close()
        if images:
            for tag in remove_images():
                console.print(tr(vi=f"đã gỡ image {tag}", en=f"removed image {tag}"), highlight=False)
    console.print(
        tr(
            vi=f"đã gỡ {result.containers} container, {result.namespaces} namespace mạng ({result.seconds:.1f} s)",
            en=f"removed {result.containers} containers, {result.namespaces} namespaces ({result.seconds:.1f} s)",
        ),
        highlight=False,
    )


@lab_app.command("status")
def status_command(
    output: Annotated[str, typer.Option("--format", help="text | json")] = "text",
    ssh: Annotated[bool, typer.Option(help="Log in to every device as well.")] = True,
) -> None:
    """Hosts, lines and faults; exit 1 when something is not as it should be."""
    if output not in ("text", "json"):
        raise _usage("--format text|json")
    with _explained():
        if simulated.is_up(default_lab()):
            _simulated_status(output)
            return
        found = status(*_current(), ask_ssh=ssh)
    if output == "json":
        typer.echo(json.dumps(found.as_data(), indent=1, ensure_ascii=False))
    else:
        _print_status(found, Console())
    if not found.healthy:
        raise typer.Exit(_EXIT_FINDINGS)


def _simulated_status(output: str) -> None:
    answers = simulated.status(default_lab())
    if output == "json":
        document = {"mode": "simulated", "not_shown": simulated.what_is_not_shown(), "hosts": answers}
        typer.echo(json.dumps(document, indent=1, ensure_ascii=False))
    else:
        hosts = Table(title=tr(vi="Router mô phỏng", en="Simulated routers"))
        hosts.add_column(tr(vi="tên", en="name"))
        hosts.add_column("ssh")
        for name, answered in answers.items():
            hosts.add_row(name, _mark(answered))
        Console().print(hosts)
        typer.echo(simulated.what_is_not_shown())
    if not all(answers.values()):
        raise typer.Exit(_EXIT_FINDINGS)


def _print_status(found: LabStatus, console: Console) -> None:
    hosts = Table(title=tr(vi="Máy", en="Hosts"))
    for heading in (
        tr(vi="tên", en="name"),
        tr(vi="loại", en="kind"),
        tr(vi="trạng thái", en="state"),
        "systemd",
        "ssh",
        tr(vi="địa chỉ", en="address"),
    ):
        hosts.add_column(heading)
    for host in found.hosts:
        hosts.add_row(host.name, host.kind, host.state, host.systemd or "", _mark(host.ssh), host.address or "")
    console.print(hosts)
    lines = Table(title=tr(vi="Đường truyền", en="Lines"))
    for heading in (
        tr(vi="tên", en="name"),
        "A",
        "B",
        "kbit/s",
        tr(vi="thông", en="up"),
        tr(vi="giới hạn", en="shaped"),
    ):
        lines.add_column(heading)
    for line in found.lines:
        lines.add_row(line.name, line.a, line.b, str(line.rate_kbps), _mark(line.up), _mark(line.shaped))
    console.print(lines)
    for fault in found.faults:
        console.print(tr(vi=f"hỏng có chủ ý: {fault.kind} {fault.subject}", en=f"fault: {fault.kind} {fault.subject}"))


def _mark(value: bool | None) -> str:
    if value is None:
        return ""
    return tr(vi="có", en="yes") if value else tr(vi="KHÔNG", en="NO")


@lab_app.command("exec", context_settings={"ignore_unknown_options": True})
def exec_command(
    host: Annotated[str, typer.Argument(help="Host name.")],
    command: Annotated[list[str], typer.Argument(help="Command, after --.")],
) -> None:
    """Run a command on a host as root, without the network; the exit code is the command's."""
    with _explained():
        if simulated.is_up(default_lab()):
            typer.echo(simulated.execute(default_lab(), host, command))
            return
        topology, engine = _current()
        words = _exec_words(topology, engine, host, command)
    os.execvp(words[0], words)  # noqa: S606 - the words are an argument list; a shell is what is not wanted


def _exec_words(topology: Topology, engine: Engine, host: str, command: list[str]) -> list[str]:
    lab: Lab = engine.lab
    if topology.host(host).is_container:
        return engine.exec_command(lab.container(host), command, tty=os.isatty(0) and os.isatty(1))
    return ["nsenter", f"--net={namespace_path(lab.namespace(host))}", *command]


@fault_app.command("cut-line")
def cut_line_command(
    name: Annotated[str, typer.Argument(help="Line name, see status.")],
    restore: Annotated[bool, typer.Option("--restore", help="Join it again.")] = False,
) -> None:
    """Cut a leased line, or join it again."""
    with _explained():
        topology, engine = _current()
        (faults.restore_line if restore else faults.cut_line)(topology, engine, name)


@fault_app.command("stop")
def stop_command(
    host: Annotated[str, typer.Argument(help="Host name.")],
    start: Annotated[bool, typer.Option("--start", help="Start it again.")] = False,
) -> None:
    """Take a host's power away, or give it back."""
    with _explained():
        topology, engine = _current()
        if start:
            typer.echo(faults.start_host(topology, engine, host))
        else:
            faults.stop_host(topology, engine, host)


@fault_app.command("kill-session")
def kill_session_command(
    host: Annotated[str, typer.Argument(help="Host name.")],
    user: Annotated[str | None, typer.Option(help="Only this user's sessions.")] = None,
) -> None:
    """Break the ssh sessions a device has right now."""
    with _explained():
        count = faults.kill_sessions(*_current(), host, user)
    typer.echo(tr(vi=f"đã ngắt {count} phiên", en=f"{count} sessions broken"))


@fault_app.command("fill-disk")
def fill_disk_command(
    host: Annotated[str, typer.Argument(help="Host name.")],
    restore: Annotated[bool, typer.Option("--restore", help="Free it again.")] = False,
) -> None:
    """Fill a host's disk to the last byte, or free it again."""
    with _explained():
        topology, engine = _current()
        if restore:
            faults.free_disk(topology, engine, host)
        else:
            size = faults.fill_disk(topology, engine, host)
            typer.echo(tr(vi=f"đã ghi {size} byte, đĩa đầy", en=f"{size} bytes written, the disk is full"))


@fault_app.command("list")
def list_command() -> None:
    """What is broken now."""
    with _explained():
        for fault in faults.present_faults(*_current()):
            typer.echo(f"{fault.kind} {fault.subject}")


@fault_app.command("clear")
def clear_command() -> None:
    """Mend everything that is broken."""
    with _explained():
        for fault in faults.clear(*_current()):
            typer.echo(tr(vi=f"đã khắc phục: {fault.kind} {fault.subject}", en=f"mended: {fault.kind} {fault.subject}"))

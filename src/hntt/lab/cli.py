"""``hntt lab``: up, down, status, exec, fault, meet."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hntt.commands.options import FormatOption, inventory_path, output_format
from hntt.i18n import tr
from hntt.lab import project, simulated
from hntt.lab.capability import capability
from hntt.lab.cli_shared import EXIT_FINDINGS, current, explained, usage
from hntt.lab.content import LabRequest
from hntt.lab.down import down
from hntt.lab.engine import Engine, namespace_path
from hntt.lab.fault_cli import fault_app
from hntt.lab.images import remove_images
from hntt.lab.meet.cli import meet_command
from hntt.lab.names import Lab, default_lab
from hntt.lab.pcs import MB_PER_PC, PCS_PER_CORE, with_pcs
from hntt.lab.progress import reporter_for
from hntt.lab.status import LabStatus, status
from hntt.lab.topology import Topology, from_json
from hntt.lab.up import up

lab_app = typer.Typer(
    no_args_is_help=True, help=tr(vi="Phòng lab: mạng của tỉnh trên một máy", en="The lab: the network on one machine")
)
lab_app.add_typer(fault_app, name="fault")
lab_app.command(
    "meet",
    help=tr(
        vi="Họp thử trong phòng lab đã mở phòng bằng playbooks/meeting.yml: thiết bị hội nghị, trình duyệt và máy SIP "
        "thật vào phòng; in ra từng máy thấy gì, nghe gì. Mã thoát 1 khi có điều không đúng",
        en="Hold a meeting in the lab, in rooms that playbooks/meeting.yml has opened: real units, a browser and SIP "
        "clients join; tells what each sees and hears. Exit code 1 when something is not so",
    ),
)(meet_command)

LAB_INVENTORY = "inventories/lab"


@lab_app.command(
    "up",
    help=tr(
        vi="Dựng phòng lab hoặc sửa cho đúng: cái gì đang đúng thì giữ nguyên",
        en="Build the lab, or mend it: what is there and right stays as it is",
    ),
)
def up_command(
    inventory: Annotated[
        str | None,
        typer.Option(
            "--inventory",
            "-i",
            help=tr(
                vi=f"Thư mục inventory (mặc định {LAB_INVENTORY})", en=f"Inventory folder (default {LAB_INVENTORY})"
            ),
        ),
    ] = None,
    district: Annotated[
        list[str] | None,
        typer.Option(help=tr(vi="Chỉ huyện này (lặp lại được)", en="Only this district (repeatable)")),
    ] = None,
    communes: Annotated[
        int | None,
        typer.Option(min=0, help=tr(vi="Chỉ N xã đầu của mỗi huyện", en="Only the first N communes of each district")),
    ] = None,
    pcs: Annotated[
        str,
        typer.Option(
            help=tr(
                vi="Máy của bao nhiêu xã đầu mỗi huyện: all, none, N; auto (mặc định): máy này gánh được bao nhiêu, "
                f"mỗi máy xã {MB_PER_PC} MB bộ nhớ, mỗi lõi CPU {PCS_PER_CORE} máy",
                en="The PCs of how many communes of each district: all, none, N; auto (default): as many as this "
                f"machine carries, {MB_PER_PC} MB of memory each and {PCS_PER_CORE} to a core",
            )
        ),
    ] = "auto",
    topology_file: Annotated[
        Path | None,
        typer.Option(
            "--topology",
            help=tr(vi="Dùng tệp mô tả JSON thay cho sổ đăng ký", en="A topology as JSON instead of the register"),
        ),
    ] = None,
    renew: Annotated[
        list[str] | None,
        typer.Option(
            help=tr(vi="Máy phải làm mới từ day-0 (lặp lại được)", en="Host to make anew from its day-0 (repeatable)")
        ),
    ] = None,
    simulate: Annotated[
        bool,
        typer.Option(
            "--simulated", help=tr(vi="Thiết bị mô phỏng trên loopback", en="Simulated command lines on loopback")
        ),
    ] = False,
) -> None:
    """Build the lab, or mend it: what is there and right stays as it is."""
    asked = LabRequest(inventory_path(inventory, LAB_INVENTORY), tuple(district or ()), communes)
    request = with_pcs(asked, pcs)
    with explained():
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
        raise typer.Exit(EXIT_FINDINGS)


def _read(topology_file: Path) -> Topology:
    try:
        return from_json(topology_file.read_text(encoding="utf-8"))
    except OSError as error:
        raise usage(f"{topology_file}: {error.strerror}") from error


@lab_app.command(
    "down",
    help=tr(
        vi="Gỡ mọi thứ phòng lab đã tạo trên máy này; giữ khoá, và giữ image trừ khi có --images",
        en="Remove everything the lab made on this machine; keys stay, and built images unless --images is given",
    ),
)
def down_command(
    images: Annotated[
        bool, typer.Option("--images", help=tr(vi="Gỡ cả các image đã dựng", en="Remove the built images as well"))
    ] = False,
) -> None:
    """Remove everything the lab made on this machine; keys stay, and built images unless --images is given."""
    console = Console(stderr=True)
    with explained():
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


@lab_app.command(
    "status",
    help=tr(
        vi="Máy, đường truyền và hỏng hóc; thoát với mã 1 khi có điều chưa đúng",
        en="Hosts, lines and faults; exit 1 when something is not as it should be",
    ),
)
def status_command(
    form: FormatOption = None,
    ssh: Annotated[
        bool, typer.Option(help=tr(vi="Đăng nhập thử vào từng thiết bị", en="Log in to every device as well"))
    ] = True,
) -> None:
    """Hosts, lines and faults; exit 1 when something is not as it should be."""
    output = output_format(form)
    with explained():
        if simulated.is_up(default_lab()):
            _simulated_status(output)
            return
        found = status(*current(), ask_ssh=ssh)
    if output == "json":
        typer.echo(json.dumps(found.as_data(), indent=1, ensure_ascii=False))
    else:
        _print_status(found, Console())
    if not found.healthy:
        raise typer.Exit(EXIT_FINDINGS)


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
        raise typer.Exit(EXIT_FINDINGS)


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


@lab_app.command(
    "exec",
    help=tr(
        vi="Chạy lệnh trên một máy với quyền root, không qua mạng; mã thoát là của lệnh",
        en="Run a command on a host as root, without the network; the exit code is the command's",
    ),
    context_settings={"ignore_unknown_options": True},
)
def exec_command(
    host: Annotated[str, typer.Argument(help=tr(vi="Tên máy", en="Host name"))],
    command: Annotated[list[str], typer.Argument(help=tr(vi="Lệnh, viết sau --", en="Command, after --"))],
) -> None:
    """Run a command on a host as root, without the network; the exit code is the command's."""
    with explained():
        if simulated.is_up(default_lab()):
            typer.echo(simulated.execute(default_lab(), host, command))
            return
        topology, engine = current()
        words = _exec_words(topology, engine, host, command)
    os.execvp(words[0], words)  # noqa: S606 - the words are an argument list; a shell is what is not wanted


def _exec_words(topology: Topology, engine: Engine, host: str, command: list[str]) -> list[str]:
    lab: Lab = engine.lab
    if topology.host(host).is_container:
        return engine.exec_command(lab.container(host), command, tty=os.isatty(0) and os.isatty(1))
    return ["nsenter", f"--net={namespace_path(lab.namespace(host))}", *command]

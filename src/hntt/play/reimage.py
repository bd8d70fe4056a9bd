"""Reimaging as an action's work: prepare sticks, start A/B updates in waves, follow them all in one process."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import asyncssh

from hntt.audit.scope import Scope
from hntt.audit.shells import run_everywhere
from hntt.centre import stages
from hntt.errors import HnttError, UsageError
from hntt.i18n import tr
from hntt.image.content import PROGRAM
from hntt.image.files import sha256_of
from hntt.image.manifest import BUNDLE, Manifest, read_manifest, version_numbers
from hntt.image.manifest import verify as verify_image
from hntt.image.seed import Maker, Versions, write_seed
from hntt.image.vault import Vault
from hntt.intent import pki
from hntt.meetings.layout import Layout
from hntt.meetings.reach import look
from hntt.network import images
from hntt.network.model import Kind
from hntt.play.centre_link import CentreLink
from hntt.play.meeting_guard import Guard, guard_from
from hntt.play.meetings import server_targets
from hntt.play.reimage_view import Standing, closing_lines, record, standing
from hntt.play.reimage_waves import next_to_start

MODES = ("stick", "update", "follow", "tokens")
LOOK_S = 5.0
_STARTED = "hntt-started"
_READ_VERSION = "cat /usr/lib/hntt/image.json"
Show = Callable[[Sequence[Standing], datetime], None]


class Centre(Protocol):
    """What following wants of the centre."""

    def put_tokens(self, content: bytes) -> int:
        """Put the list of tokens in force."""
        ...

    def stages(self, since: datetime | None = None) -> Mapping[str, Any]:
        """Reports and enrolments."""
        ...

    def publish(self, file: Path, version: str, sha256: str) -> bool:
        """Put an image's file into the store."""
        ...


@dataclass(frozen=True)
class Request:
    """What was asked for. ``image``: an image's folder; ``out``: where seeds go; ``hours``: how long to follow."""

    mode: str
    image: Path | None = None
    out: Path | None = None
    days: int = 30
    hours: float = 1.0
    reason: str = ""
    check: bool = False


@dataclass
class Outcome:
    """What came of it."""

    lines: list[str] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    changed: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fleet:
    """The PCs of a run, with what is needed to make their seeds and to reach them and the centre."""

    scope: Scope
    hosts: tuple[str, ...]
    vault: Vault
    centre: Centre

    def district(self, host: str) -> str:
        """The PC's district."""
        return str(self.scope.network.devices[host].site.district)

    @classmethod
    def of(cls, scope: Scope, vault: Vault, centre_scope: Scope) -> Fleet:
        """The commune PCs among the scope's hosts. UsageError when there is none, or no centre."""
        network = scope.network
        hosts = tuple(host for host in scope.variables if network.devices[host].kind is Kind.COMMUNE_PC)
        centre = next((host for host in centre_scope.variables if network.devices[host].kind is Kind.NOC), None)
        if not hosts:
            raise UsageError(
                tr(vi="không có máy xã nào trong --limit này", en="there is no commune PC within this --limit")
            )
        if centre is None:
            raise UsageError(tr(vi="inventory này không có máy trung tâm", en="this inventory has no centre"))
        return cls(scope, hosts, vault, CentreLink(centre_scope.target(centre)))


def put_tokens(fleet: Fleet, request: Request) -> Outcome:
    """Send the list of live tokens, as after a revocation."""
    count = len(fleet.vault.ledger.tokens())
    if not request.check:
        count = fleet.centre.put_tokens(fleet.vault.ledger.export())
    text = tr(vi=f"  trung tâm nhận {count} mã ghi danh còn hiệu lực", en=f"  the centre has {count} live tokens")
    return Outcome([text], changed=True)


def prepare_sticks(fleet: Fleet, request: Request) -> Outcome:
    """Make tokens and signed seeds of the PCs and bring the tokens to the centre; the stick is written from both."""
    image, manifest = _image(fleet, request)
    if request.out is None:
        raise UsageError(tr(vi="thiếu -e out=THƯ_MỤC để ghi seed", en="-e out=FOLDER is wanted, for the seeds"))
    out, known = request.out, len(fleet.hosts)
    text = tr(vi=f"  {known} máy, image {manifest.version}: ", en=f"  {known} PCs, image {manifest.version}: ")
    if request.check:
        would = tr(vi=f"sẽ tạo seed trong {out} và thay mã ghi danh cũ", en=f"would make seeds in {out}, new tokens")
        return Outcome([text + would], changed=True)
    keys = [str(key) for key in fleet.scope.variables[fleet.hosts[0]].get("linux_base_admin_keys") or []]
    scope = fleet.scope
    maker = Maker(scope.register, scope.network, scope.secrets, keys, scope.variables)
    fleet.centre.stages(datetime.now(UTC))  # an unreachable centre is found out before old tokens are revoked
    tokens = fleet.vault.ledger.issue(fleet.hosts, request.days)
    versions = Versions(manifest.version, manifest.version)
    for host in fleet.hosts:
        write_seed(out, maker.seed(host, tokens[host], versions), fleet.vault.keys)
    count = fleet.centre.put_tokens(fleet.vault.ledger.export())
    trust_host_authority(fleet)
    stick = f"hntt image stick --image {shlex.quote(str(image))} --seeds {shlex.quote(str(out))} --out /dev/sdX"
    return Outcome(
        [
            text + tr(vi=f"seed ở {out}, trung tâm có {count} mã", en=f"seeds in {out}, the centre has {count} tokens"),
            tr(vi=f"  ghi USB: {stick}", en=f"  write the stick: {stick}"),
            tr(
                vi=f"  dùng được {request.days} ngày; theo dõi: ansible-playbook playbooks/reimage.yml -e mode=follow",
                en=f"  good for {request.days} days; follow: ansible-playbook playbooks/reimage.yml -e mode=follow",
            ),
        ],
        changed=True,
    )


def trust_host_authority(fleet: Fleet) -> None:
    """Let the controller's known_hosts trust what the host authority signs, for the PCs and nobody else."""
    path = fleet.scope.target(fleet.hosts[0]).known_hosts
    devices = [device for device in fleet.scope.network.devices.values() if device.kind is Kind.COMMUNE_PC]
    names = [name for device in devices for name in (device.host, str(device.address))]
    line = pki.known_hosts_line(fleet.scope.secrets.get(pki.HOST_AUTHORITY), f"pc.{fleet.scope.network.domain}", names)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    kept = [old for old in text.splitlines(keepends=True) if not old.startswith("@cert-authority pc.")]
    if line not in text or len(kept) + 1 != len(text.splitlines()):
        path.write_text("".join(kept) + line, encoding="utf-8")


def follow(fleet: Fleet, request: Request, show: Show) -> Outcome:
    """Watch until all PCs are well or the hours are over. What counts is heard since a PC's last token was made."""
    issued = {token.host: datetime.fromisoformat(token.issued) for token in fleet.vault.ledger.tokens()}
    begun = {host: issued[host] for host in fleet.hosts if host in issued}
    if not begun:
        raise UsageError(
            tr(
                vi="chưa máy nào được chuẩn bị: chạy mode=stick trước",
                en="no PC was prepared yet: run mode=stick first",
            )
        )
    end = time.monotonic() + (0 if request.check else request.hours * 3600)
    while True:
        found, now, spent = _heard(fleet, begun, stages.WAITING, "")
        show(found, now)
        if all(item.is_good for item in found) or time.monotonic() >= end:
            break
        time.sleep(LOOK_S)
    if not request.check:
        fleet.vault.ledger.mark_spent(spent)
    return Outcome(closing_lines(found), found)


def update(fleet: Fleet, request: Request, guard: Guard, show: Show) -> Outcome:
    """Write the image into the idle slots: one PC first, then in waves, each followed until it is well or went back."""
    image, manifest = _image(fleet, request)
    left_alone = {host: why for host, why in guard.left_alone.items() if host in fleet.hosts}
    waiting = [host for host in fleet.hosts if host not in left_alone]
    problems = [f"{host}: {ending['msg']}; {ending['next']}" for host, ending in guard.endings().items()]
    if request.check:
        first = waiting[0] if waiting else "-"
        would = tr(
            vi=f"  sẽ cập nhật {len(waiting)} máy lên {manifest.version}, máy đầu tiên: {first}",
            en=f"  would update {len(waiting)} PCs to {manifest.version}, first: {first}",
        )
        return Outcome([would, *(f"  ! {text}" for text in problems[:6])], problems=problems, changed=bool(waiting))
    waiting, there, refused = _without_it(fleet, waiting, manifest.version)
    problems += refused
    bundle = image / BUNDLE
    fleet.centre.publish(bundle, manifest.version, sha256_of(bundle))
    begun: dict[str, datetime] = {}
    stopped = False
    districts = {host: fleet.district(host) for host in fleet.hosts}
    end = time.monotonic() + request.hours * 3600
    while True:
        found, now, _ = _heard(fleet, begun, stages.UPDATE, manifest.version)
        show(found, now)
        chosen = next_to_start(waiting, {item.host: item for item in found}, districts)
        failed = _start(fleet, chosen, manifest.version)
        problems += [f"{host}: {why}" for host, why in failed.items()]
        stopped = stopped or bool(failed)
        begun |= dict.fromkeys((host for host in chosen if host not in failed), now)
        waiting = [host for host in waiting if host not in chosen]
        under_way = [item for item in found if not item.is_good and not item.is_bad]
        if (not chosen and not under_way) or stopped or time.monotonic() >= end:
            break
        time.sleep(LOOK_S)
    found = _heard(fleet, begun, stages.UPDATE, manifest.version)[0]
    if waiting:
        text = tr(vi=f"chưa đến lượt {len(waiting)} máy; chạy lại", en=f"{len(waiting)} PCs were not begun; run again")
        problems.append(text)
    lines = [*closing_lines(found), *(f"  ! {text}" for text in problems)]
    if there:
        had = tr(vi=f"  {len(there)} máy đã có bản {manifest.version}", en=f"  {len(there)} PCs had {manifest.version}")
        lines.insert(1, had)
    return Outcome(lines[:8], found, problems, changed=bool(begun), extra={"had_it": there})


def guard_of_pcs(scope: Scope, servers: Scope, hosts: Sequence[str], reason: str) -> Guard:
    """Which of the PCs are in a running meeting, by the MCU servers' word."""
    targets = server_targets(servers, servers.network)
    asked = {name: target for name, target in targets.items() if not servers.is_simulated(name)}
    if not asked:
        return Guard(reason=reason)
    layout = Layout.of(scope.register, scope.network, frozenset(scope.network.devices))
    return guard_from(scope.network, layout, look(asked), hosts, reason)


def action_result(request: Request, outcome: Outcome) -> dict[str, Any]:
    """The task result and the lines and the record of the run."""
    asking = [item for item in outcome.standings if item.needs_somebody]
    wrong = [*outcome.problems, *(f"{item.host}: {item.advice}" for item in asking)]
    extra = {"mode": request.mode, "reason": request.reason, "pcs": record(outcome.standings), **outcome.extra}
    told: dict[str, Any] = {
        "changed": outcome.changed,
        "hntt_report": {"lines": outcome.lines, "extra": {"reimage": extra}},
    }
    if wrong:
        told |= {"failed": True, "msg": "\n".join(wrong), "hntt_told": True}
    return told


def _image(fleet: Fleet, request: Request) -> tuple[Path, Manifest]:
    if request.image is None:
        raise UsageError(tr(vi="thiếu -e image=THƯ_MỤC_IMAGE", en="-e image=FOLDER of an image is wanted"))
    public = fleet.vault.keys.image_public
    if request.check:
        return request.image, read_manifest(request.image, public)
    return request.image, verify_image(request.image, public)


def _heard(
    fleet: Fleet, begun: Mapping[str, datetime], first: stages.Stage, version: str
) -> tuple[list[Standing], datetime, list[str]]:
    since = min(begun.values()) - timedelta(seconds=1) if begun else datetime.now(UTC)
    answer = fleet.centre.stages(since)
    now, reports = datetime.fromisoformat(answer["now"]), answer["reports"]
    found = [
        standing(host, fleet.district(host), at, reports.get(host, ()), now, first=first, version=version)
        for host, at in begun.items()
    ]
    return found, now, list(answer["spent"])


def _without_it(fleet: Fleet, hosts: Sequence[str], version: str) -> tuple[list[str], list[str], list[str]]:
    """The PCs that have an older version, those that have this one, and why others can't get it."""
    said = run_everywhere({host: (fleet.scope.target(host), [_READ_VERSION]) for host in hosts})
    older: list[str] = []
    there: list[str] = []
    refused: list[str] = []
    for host in hosts:
        item = said[host]
        try:
            if item.error is not None:
                raise item.error
            found = str(json.loads(item.outputs[0])["version"])
            numbers = version_numbers(found)
        except (OSError, asyncssh.Error, ValueError, KeyError, TypeError, HnttError) as error:
            why = str(error) or type(error).__name__
            text = tr(vi="không hỏi được bản đang chạy", en="its version can't be asked for")
            refused.append(f"{host}: {text}: {why}")
            continue
        if numbers == version_numbers(version):
            there.append(host)
        elif numbers > version_numbers(version):
            text = tr(vi=f"đang chạy bản mới hơn ({found}), không hạ xuống", en=f"runs {found}, which is newer")
            refused.append(f"{host}: {text}")
        else:
            older.append(host)
    return older, there, refused


def _start(fleet: Fleet, hosts: Sequence[str], version: str) -> dict[str, str]:
    """Begin with the update on the PCs, all at once; why not, by host. It goes on when the connection ends."""
    wanted = {host: (fleet.scope.target(host), [_update_command(fleet, host, version)]) for host in hosts}
    said = run_everywhere(wanted)
    wrong = {}
    for host, item in said.items():
        output = item.outputs[0].strip() if item.outputs else ""
        if item.error is not None or not output.endswith(_STARTED):
            wrong[host] = str(item.error or output.splitlines()[-1:] or "?")
    return wrong


def _update_command(fleet: Fleet, host: str, version: str) -> str:
    url = f"{images.base_url(fleet.scope.network, host)}{version}/{BUNDLE}"
    script = f"cd {PROGRAM} && exec python3 -s -B -m target.update {shlex.quote(url)}"
    unit = "systemd-run --quiet --collect --unit=hntt-update /bin/sh -c"
    return f"sudo -n {unit} {shlex.quote(script)} && echo {_STARTED}"

"""Enrolment and reports between the real client and the real service, and what breaks in between."""

from __future__ import annotations

import hashlib
import json
import resource
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest
from centre_service import NAME, OTHER, PC, Pc, Service

from hntt.image.target.send import sign

WHOLE_WAY = ["booted", "disk", "written", "verified", "first_boot"]


def kept(service: Service, host: str = PC) -> list[str]:
    return [item["stage"] for item in service.stages()["reports"].get(host, [])]


def test_a_pc_enrols_and_its_reports_arrive_in_their_order(service: Service, pc: Pc) -> None:
    pc.queue(*WHOLE_WAY)
    time.sleep(1.1)  # the queue's names have seconds: runs of one second have no order
    done = pc.report()
    assert done.returncode == 0, done.stderr
    assert kept(service) == [*WHOLE_WAY, "enrolled"]
    assert pc.queued() == []
    found = service.stages()
    assert found["enrolled"][PC]["token"] == pc.token["id"]
    assert found["spent"] == [pc.token["id"]]


def test_the_certificate_is_what_ssh_takes_for_this_host(service: Service, pc: Pc) -> None:
    assert pc.report().returncode == 0
    shown = said_of("-L", pc.certificate)
    ca = said_of("-l", service.folder / "keys/host-ca.pub").split()[1]
    assert "host certificate" in shown
    assert ca in shown
    principals = shown.partition("Principals:")[2].partition("Critical Options")[0].split()
    assert principals == [PC, "10.44.92.115"]


def said_of(option: str, path: Path) -> str:
    words = ["ssh-keygen", option, "-f", str(path)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def test_the_seed_stays_as_it_was_signed_and_its_token_is_worth_nothing_any_more(service: Service, pc: Pc) -> None:
    """The other slot verifies it again at its first boot."""
    before = pc.places.seed.read_bytes()
    assert pc.report().returncode == 0
    assert pc.places.seed.read_bytes() == before
    assert pc.places.enrolled.stat().st_mode & 0o777 == 0o600
    key = hashlib.sha256(pc.token["secret"].encode()).digest()
    body = {"host": PC, "run": "run-0001", "seq": 0, "stage": "healthy", "at": "2026-11-28T08:00:00+00:00"}
    assert service.post("/report", json.dumps({**body, "auth": sign(body, key)}).encode())[0] == 403


def test_the_certificate_comes_along_into_the_other_slot(pc: Pc) -> None:
    """What lies beside the identity's host key is copied into a new slot."""
    for name in ("ssh_host_ed25519_key", "ssh_host_ed25519_key.pub"):
        (pc.places.identity / name).write_bytes((pc.root / "etc/ssh" / name).read_bytes())
    assert pc.report().returncode == 0
    assert (pc.places.identity / pc.certificate.name).read_bytes() == pc.certificate.read_bytes()


def test_without_a_line_nothing_is_lost_and_the_client_waits_longer_each_time(service: Service, pc: Pc) -> None:
    service.kill()
    pc.queue(*WHOLE_WAY)
    waits = []
    for _ in range(3):
        assert pc.report().returncode == 75
        waits.append(json.loads(pc.places.state.read_text())["not_before"] - time.monotonic())
    assert waits[0] < waits[1] < waits[2]
    assert pc.report("--timer").returncode == 75, "too early: it does not even try"
    assert pc.queued() == WHOLE_WAY
    assert "chưa có đường truyền" in pc.on_screen()
    service.start()
    assert pc.report().returncode == 0
    assert pc.on_screen() == ""
    assert kept(service) == [*WHOLE_WAY, "enrolled"]
    assert not pc.places.state.exists()


def test_the_service_killed_while_it_signs_has_spent_nothing(service: Service, pc: Pc, tmp_path: Path) -> None:
    """The signature takes its time; the service is killed in the middle, and the PC comes again."""
    service.kill()
    slow = tmp_path / "bin" / "ssh-keygen"
    slow.parent.mkdir()
    slow.write_text(f"#!/bin/sh\ntouch {tmp_path}/signing\nsleep 30\n")
    slow.chmod(0o755)
    service.start(PATH=f"{slow.parent}:/usr/bin:/bin")
    killed = threading.Thread(target=_kill_when, args=(service, tmp_path / "signing"))
    killed.start()
    assert pc.report().returncode == 75
    killed.join()
    assert service.stages()["spent"] == []
    service.start()
    assert pc.report().returncode == 0
    assert service.stages()["spent"] == [pc.token["id"]]
    assert pc.certificate.is_file()


def _kill_when(service: Service, there: Path) -> None:
    deadline = time.monotonic() + 20
    while not there.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    service.kill()


def test_an_answer_that_was_lost_is_given_again(service: Service, pc: Pc) -> None:
    """The line breaks when the request has been sent: the token is spent, the PC has nothing and asks again."""
    body = {
        "host": PC,
        "token_id": pc.token["id"],
        "token_secret": pc.token["secret"],
        "host_key": (pc.root / "etc/ssh/ssh_host_ed25519_key.pub").read_text().strip(),
        "at": "2026-11-28T08:00:00+00:00",
    }
    service.post("/enrol", json.dumps(body).encode(), wait=False)
    deadline = time.monotonic() + 10
    while not service.stages()["spent"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert pc.report().returncode == 0
    record = json.loads((service.folder / "state/spent" / f"{pc.token['id']}.json").read_text())
    assert pc.certificate.read_text().strip() == record["certificate"]
    assert json.loads(pc.places.enrolled.read_text())["key"] == record["report_key"]


def test_of_two_pcs_installed_from_one_stick_the_second_is_told(service: Service, pc: Pc, tmp_path: Path) -> None:
    twin = Pc(tmp_path / "twin", service, token=dict(pc.token))
    assert pc.report().returncode == 0
    refused = twin.report()
    assert refused.returncode == 1
    assert "token_spent" in refused.stderr
    said = json.loads(twin.places.state.read_text())
    assert "đã dùng lúc" in said["vi"]
    assert (pc.on_screen(), "đã được dùng rồi: hãy gọi" in twin.on_screen()) == ("", True)
    assert not twin.certificate.exists()


def test_an_expired_token_and_another_hosts_are_told_apart(service: Service, tmp_path: Path) -> None:
    late = Pc(tmp_path / "late", service, token=service.token(PC, days=-1))
    wrong = Pc(tmp_path / "wrong", service, token=service.token(OTHER))
    for machine, code in ((late, "token_expired"), (wrong, "other_host")):
        done = machine.report()
        assert (done.returncode, json.loads(machine.places.state.read_text())["code"]) == (1, code)


def test_a_client_of_another_authority_does_not_speak_to_it(service: Service, pc: Pc, tmp_path: Path) -> None:
    stranger = Service(tmp_path / "stranger")
    seed = json.loads(pc.places.seed.read_text())
    pc.write_seed(centre={**seed["centre"], "authority": stranger.authority.certificate})
    assert pc.report().returncode == 75
    assert json.loads(pc.places.state.read_text())["code"] == "not_trusted"
    assert service.stages()["spent"] == []


def test_on_a_full_disk_the_reports_stay_at_the_pc(service: Service, pc: Pc) -> None:
    """No file of the service may grow any more; then it may again."""
    assert pc.report().returncode == 0
    service.kill()
    service.start(before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))
    pc.queue("healthy")
    done = pc.report()
    assert (done.returncode, pc.queued()) == (75, ["healthy"])
    assert "store_full" in done.stderr
    service.kill()
    service.start()
    assert pc.report().returncode == 0
    assert kept(service) == ["enrolled", "healthy"]


def test_a_report_that_makes_no_sense_holds_up_no_other(service: Service, pc: Pc) -> None:
    pc.queue("booted")
    (pc.places.queue / "0-broken.report.json").write_text("{")
    (pc.places.queue / "1-strange.report.json").write_text(json.dumps({"host": PC, "stage": "dancing"}))
    assert pc.report().returncode == 0
    assert kept(service) == ["booted", "enrolled"]
    assert len(list((pc.places.queue / "rejected").iterdir())) == 2


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        (None, b"{", 400),
        (None, b"[" * 9000, 400),
        (None, b"[]", 400),
        ("", b"", 411),
        ("Content-Length: 99999999999999\r\n", b"", 413),
        ("Content-Length: -5\r\n", b"", 411),
        ("Content-Length: 20000\r\n", b"", 413),
    ],
)
def test_bad_requests_get_one_clear_answer(service: Service, headers: str | None, content: bytes, status: int) -> None:
    said, body = service.post("/report", content, headers=headers)
    assert said == status
    assert set(body) == {"code", "vi", "en"}


def test_other_doors_are_closed(service: Service) -> None:
    assert service.post("/stages", b"{}")[0] == 404
    context = ssl.create_default_context(cadata=service.authority.certificate)
    with (
        socket.create_connection(("127.0.0.1", service.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as line,
    ):
        line.sendall(b"GET /stages HTTP/1.1\r\nHost: x\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 405 ")


def test_callers_who_say_nothing_hold_up_nobody(service: Service, pc: Pc) -> None:
    silent = [socket.create_connection(("127.0.0.1", service.port), timeout=5) for _ in range(50)]
    try:
        began = time.monotonic()
        assert pc.report().returncode == 0
        assert time.monotonic() - began < 10
    finally:
        for line in silent:
            line.close()


def test_who_guesses_is_slowed_down(service: Service) -> None:
    statuses = [service.post("/enrol", b"{}")[0] for _ in range(70)]
    assert statuses[0] == 400
    assert statuses[-1] == 429


def test_old_tls_is_refused(service: Service) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=service.authority.certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        socket.create_connection(("127.0.0.1", service.port), timeout=10) as plain,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(plain, server_hostname=NAME)


def test_check_names_what_is_wrong(service: Service) -> None:
    assert service.asked("check").returncode == 0
    (service.folder / "keys/host-ca").write_text("no key")
    done = service.asked("check")
    assert done.returncode == 1
    assert b"host authority" in done.stdout

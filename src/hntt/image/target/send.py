"""Sends the queued reports of this PC to the centre and enrols it once. Standard library only; runs on the PC.

    hntt-report            enrol if that is still to be done, then send what is queued
    hntt-report --now      the same without waiting for the time of the last failure to pass

Reports lie in /data/hntt/reports, one JSON file each, sent in the order of their names and removed when the centre has
taken them. Without a line nothing is lost. Exit codes: 0 all sent; 75 the centre could not be had; 1 it refuses us.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import random
import ssl
import sys
import time
import urllib.parse
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import notice, reports
from .signed import KEY

TIMEOUT_S = 20
FIRST_WAIT_S, LONGEST_WAIT_S = 60, 900
MOST_REJECTED = 20
OK, REFUSED, LATER = 0, 1, 75


@dataclass(frozen=True)
class Places:
    """Where things are on the PC; ``root`` is another folder in tests."""

    root: Path = Path("/")

    @property
    def identity(self) -> Path:
        """What makes this PC this PC; survives updates."""
        return self.root / "data/hntt/identity"

    @property
    def seed(self) -> Path:
        """The seed, signed with its token's secret and without it: that goes once spent."""
        return self.identity / "seed.json"

    @property
    def image_key(self) -> Path:
        """The public key that the seed's signatures are of."""
        return self.root / str(KEY).lstrip("/")

    @property
    def enrolled(self) -> Path:
        """The key for reports and the token it was given for."""
        return self.identity / "report-key.json"

    @property
    def host_keys(self) -> tuple[Path, Path]:
        """Where the SSH host key can be: as it survives, and as sshd reads it."""
        return self.identity, self.root / "etc/ssh"

    @property
    def queue(self) -> Path:
        """Reports that the centre has not taken yet."""
        return self.root / "data/hntt/reports"

    @property
    def state(self) -> Path:
        """Why it did not work the last time, and when to try again."""
        return self.root / "run/hntt/report.json"

    @property
    def notice(self) -> Path:
        """What the screen says of it while the PC is not enrolled."""
        return self.root / "run/hntt/notice.js"


class CentreError(Exception):
    """The centre was not reached, or does not want what it was sent."""

    def __init__(self, status: int, code: str, vi: str, en: str, wait_s: int = 0) -> None:
        super().__init__(f"{code}: {vi} / {en}")
        self.status, self.code, self.vi, self.en, self.wait_s = status, code, vi, en, wait_s

    @property
    def is_final(self) -> bool:
        """Whether sending the same again is of no use."""
        return self.status in (400, 413)


class Centre:
    """One connection to the centre's service, verified with the authority of the seed."""

    def __init__(self, url: str, authority: str) -> None:
        place = urllib.parse.urlsplit(url)
        if place.scheme != "https" or not place.hostname:
            raise CentreError(0, "bad_seed", f"địa chỉ trung tâm sai: {url}", f"the centre's address is wrong: {url}")
        context = ssl.create_default_context(cadata=authority)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._line = http.client.HTTPSConnection(place.hostname, place.port or 8443, timeout=TIMEOUT_S, context=context)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer. CentreError for a refusal and for a line that is down."""
        content = json.dumps(body, ensure_ascii=False).encode()
        try:
            self._line.request("POST", path, content, {"Content-Type": "application/json"})
            answer = self._line.getresponse()
            said, status = json.loads(answer.read(1 << 20)), answer.status
        except ssl.SSLCertVerificationError as error:
            self._line.close()
            raise _not_trusted(error) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._line.close()
            raise CentreError(
                0, "no_line", f"không tới được trung tâm: {error}", f"the centre can't be reached: {error}"
            ) from error
        if status != http.HTTPStatus.OK or not isinstance(said, dict):
            raise _refusal(status, said, answer.headers.get("Retry-After", ""))
        return said

    def close(self) -> None:
        """End the connection."""
        self._line.close()


def canonical(body: dict[str, Any]) -> bytes:
    """The bytes that are signed: all but ``auth``, keys sorted, no blanks, UTF-8."""
    signed = {name: value for name, value in body.items() if name != "auth"}
    return json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sign(body: dict[str, Any], key: bytes) -> str:
    """The ``auth`` of a report, hexadecimal."""
    return hmac.new(key, canonical(body), hashlib.sha256).hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file; empty when there is none, or no whole one."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def report_key(places: Places) -> bytes | None:
    """The key that signs reports now: the one of the enrolment, before it the hash of the token's secret."""
    seed, enrolled = read_json(places.seed), read_json(places.enrolled)
    token = seed.get("token", {})
    if enrolled.get("token") == token.get("id") and enrolled.get("key"):
        return bytes.fromhex(enrolled["key"])
    return hashlib.sha256(token["secret"].encode()).digest() if token.get("secret") else None


def send_all(places: Places, centre: Centre) -> int:
    """Send what is queued; how many the centre took. CentreError at the first it does not take now."""
    sent = 0
    key = report_key(places)
    for path in reports.pending(places.queue):
        body = read_json(path)
        if not body or key is None:
            _reject(path)
            continue
        try:
            centre.post("/report", {**body, "auth": sign(body, key)})
        except CentreError as error:
            if not error.is_final:
                raise
            print(f"{path.name}: {error}", file=sys.stderr)
            _reject(path)
            continue
        path.unlink()
        sent += 1
    return sent


def main(arguments: list[str], places: Places | None = None) -> int:
    """Entry point on the PC; the exit code."""
    from .enrol import enrol_once, is_enrolled

    places = places or Places(Path(os.environ.get("HNTT_ROOT") or "/"))
    state = read_json(places.state)
    if "--now" not in arguments and float(state.get("not_before", 0)) > time.monotonic():
        return LATER
    seed = read_json(places.seed)
    if not seed.get("centre"):
        print("hntt-report: không có seed / there is no seed", file=sys.stderr)
        return OK
    try:
        centre = Centre(seed["centre"]["url"], seed["centre"]["authority"])
        try:
            enrol_once(places, centre)
            notice.clear(places)
            send_all(places, centre)
        finally:
            centre.close()
    except CentreError as error:
        if not is_enrolled(places, seed):
            notice.show(places, seed, error)
        return _wait(places, state, error)
    with suppress(FileNotFoundError):
        places.state.unlink()
    return OK


def _wait(places: Places, state: dict[str, Any], error: CentreError) -> int:
    failures = int(state.get("failures", 0)) + 1
    wait = max(error.wait_s, min(FIRST_WAIT_S * 2 ** min(failures - 1, 8), LONGEST_WAIT_S))
    # 159 PCs whose line came back at one moment do not all come at one moment.
    wait = int(wait * random.uniform(0.75, 1.25))  # noqa: S311 - nothing secret
    said = {"code": error.code, "vi": error.vi, "en": error.en, "failures": failures}
    reports.write_whole(places.state, json.dumps({**said, "not_before": time.monotonic() + wait}).encode(), 0o644)
    print(f"hntt-report: {error}; {wait} s", file=sys.stderr)
    return REFUSED if error.status == http.HTTPStatus.FORBIDDEN else LATER


def _reject(path: Path) -> None:
    folder = path.parent / "rejected"
    folder.mkdir(exist_ok=True)
    path.replace(folder / path.name)
    for old in sorted(folder.glob("*.json"))[:-MOST_REJECTED]:
        old.unlink()


def _refusal(status: int, said: Any, retry_after: str) -> CentreError:
    known = said if isinstance(said, dict) else {}
    code, vi, en = (str(known.get(name) or f"HTTP {status}") for name in ("code", "vi", "en"))
    return CentreError(status, code, vi, en, min(int(retry_after), 3600) if retry_after.isdigit() else 0)


def _not_trusted(error: ssl.SSLCertVerificationError) -> CentreError:
    # X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED: a PC whose battery is empty begins in the past.
    if error.verify_code in (9, 10):
        now = f"{datetime.now(UTC):%d/%m/%Y %H:%M} UTC"
        vi = f"đồng hồ của máy sai (đang là {now}); máy chờ chỉnh giờ rồi tự thử lại"
        return CentreError(0, "clock", vi, f"this PC's clock is wrong ({now}); it waits for the time and tries again")
    why = error.verify_message
    vi = f"trung tâm không chứng minh được mình là trung tâm: {why}"
    return CentreError(0, "not_trusted", vi, f"what answers is not the centre: {why}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

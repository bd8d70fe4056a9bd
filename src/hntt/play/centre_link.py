"""The controller's way to the centre's service: its program over SSH. No port of it is open to read from."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncssh

from hntt.devices.target import Target
from hntt.errors import HnttError
from hntt.i18n import tr

PROGRAM = "/usr/local/sbin/hntt-centre"
IMAGES = "/srv/hntt/images"
_ANSWER_S, _UPLOAD_S = 30, 3600
_NO_ROOM = 28
_SPARE = 64 << 20
"""What the store leaves free for the centre's other services, in bytes."""


class CentreLinkError(HnttError):
    """The centre does not do what it was asked; the text says why and what to do."""


@dataclass(frozen=True)
class CentreLink:
    """The centre's host, as operators reach it."""

    target: Target

    def put_tokens(self, content: bytes) -> int:
        """Put the list of tokens in force; how many there are."""
        said = self._run(f"sudo -n {PROGRAM} tokens", content)
        return int(json.loads(said)["tokens"])

    def stages(self, since: datetime | None = None) -> Mapping[str, Any]:
        """Reports and enrolments; see ``hntt-centre stages``."""
        more = f" --since {shlex.quote(since.isoformat())}" if since else ""
        found: dict[str, Any] = json.loads(self._run(f"sudo -n {PROGRAM} stages --json{more}"))
        return found

    def publish(self, file: Path, version: str, sha256: str) -> bool:
        """Put an image's file into the store, unless it is there with these bytes; whether it was put.

        Of the older versions the newest stays, since PCs may be fetching it. Where there is no room nothing is copied.
        """
        place = shlex.quote(f"{IMAGES}/{version}/{file.name}")
        if self._run(f"sudo -n sha256sum {place} 2>/dev/null || :").startswith(sha256):
            return False
        script = store_script(IMAGES, version, file.name, file.stat().st_size)
        said = self._run(f"sudo -n sh -c {shlex.quote(script)}", file, _UPLOAD_S)
        if not said.startswith(sha256):
            raise CentreLinkError(
                tr(
                    vi=f"{file.name}: chép lên trung tâm xong thì khác bản gốc; kiểm tra đĩa của máy chủ rồi chạy lại",
                    en=f"{file.name}: differs after copying to the centre; check the server's disk and run again",
                )
            )
        return True

    def _run(self, command: str, given: bytes | Path | None = None, limit_s: float = _ANSWER_S) -> str:
        try:
            return asyncio.run(asyncio.wait_for(self._session(command, given), limit_s))
        except (OSError, asyncssh.Error, TimeoutError) as error:
            raise CentreLinkError(
                tr(
                    vi=f"{self.target.name}: không hỏi được trung tâm: {error or 'quá giờ'}",
                    en=f"{self.target.name}: the centre can't be asked: {error or 'out of time'}",
                )
            ) from error

    async def _session(self, command: str, given: bytes | Path | None) -> str:
        target = self.target
        async with asyncssh.connect(
            target.host,
            target.port if target.port != 22 or target.ssh_config is None else (),
            username=target.user,
            known_hosts=str(target.known_hosts),
            client_keys=[str(target.key_file)] if target.key_file else None,
            config=[str(target.ssh_config)] if target.ssh_config else None,
            agent_path=None,
            connect_timeout=target.connect_timeout_s,
        ) as connection:
            options: dict[str, Any] = {"input": given} if isinstance(given, bytes) else {}
            if isinstance(given, Path):
                options = {"stdin": str(given)}
            done = await connection.run(command, encoding=None, **options)
        if done.returncode != 0:
            why = (_text(done.stderr) or _text(done.stdout)).strip().splitlines()
            last = why[-1] if why else "?"
            if done.returncode == _NO_ROOM:
                raise CentreLinkError(f"{target.name}: {last}")
            raise CentreLinkError(
                tr(
                    vi=f"{target.name}: {last} (chạy site.yml --limit {target.name} rồi làm lại)",
                    en=f"{target.name}: {last} (run site.yml --limit {target.name}, then this again)",
                )
            )
        return _text(done.stdout)


def store_script(folder: str, version: str, name: str, size: int) -> str:
    """A shell script that reads a file of ``size`` bytes into the store and says its SHA-256.

    It removes what an upload that was cut left behind and all older versions but the newest. Without room it exits with
    28, and its last line says how much is missing.
    """
    place, wanted = shlex.quote(f"{version}/{name}"), (size + _SPARE) >> 20
    no_room = tr(
        vi=f"kho image còn $free MB, cần {wanted} MB: dọn ổ đĩa hoặc thêm dung lượng, rồi làm lại",
        en=f"the image store has $free MB left and wants {wanted} MB: free or add disk space, then this again",
    )
    return f"""set -e
umask 022
cd {shlex.quote(folder)}
rm -f ./*/*.part
ls | grep -Ex '[0-9]+([.][0-9]+)*' | grep -Fvx {shlex.quote(version)} | sort -V | head -n -1 | xargs -r rm -rf --
free=$(($(df --output=avail -B1M . | tail -n 1)))
if [ "$free" -lt {wanted} ]; then echo "{no_room}" >&2; exit {_NO_ROOM}; fi
mkdir -p {shlex.quote(version)}
trap 'rm -f {place}.part' EXIT
cat >{place}.part
mv {place}.part {place}
sha256sum {place}
"""


def _text(output: bytes | str | None) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""

"""baresip as the SIP client of a simulated unit: a process with its account, driven over its control socket."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hntt.lab.simulators.xapi.baresip_files import Media, account_line, write_files
from hntt.lab.simulators.xapi.certificate import distrust
from hntt.lab.simulators.xapi.sip import CallError, SipAccount, SipCall, SipRegistration

_START_S = 10.0
_ANSWER_S = 5.0
_STOP_S = 3.0
_RETRY_S = 0.1
_AGAIN_S = 3.0
_REFUSED_S = 10.0
_LOOK_S = 0.5
_STATES = {
    "CALL_OUTGOING": "Dialling",
    "CALL_INCOMING": "Ringing",
    "CALL_RINGING": "Ringing",
    "CALL_PROGRESS": "Ringing",
}


@dataclass
class _Known:
    """What baresip has told so far."""

    registration: SipRegistration = field(default_factory=SipRegistration)
    calls: list[SipCall] = field(default_factory=list)
    muted: bool = False


class BaresipClient:
    """A baresip process of its own, in ``folder``. ``media`` says what it sends; ``control_port`` is on loopback.

    A changed account is a new process: what is registered and who is called is then known afresh.
    """

    def __init__(self, folder: Path, control_port: int, media: Media | None = None, program: str = "baresip") -> None:
        self._folder = folder
        self._control_port = control_port
        self._media = media or Media()
        self._program = program
        self._known = _Known()
        self._account: SipAccount | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._tokens = itertools.count(1)
        self._ids = itertools.count(1)

    @property
    def registration(self) -> SipRegistration:
        """What the registrar last said."""
        return self._known.registration

    @property
    def calls(self) -> list[SipCall]:
        """The calls that baresip has."""
        return list(self._known.calls)

    @property
    def microphone_muted(self) -> bool:
        """Whether the microphone is off."""
        return self._known.muted

    async def configure(self, account: SipAccount | None) -> None:
        """Run baresip with this account, or not at all; nothing happens when it is the account in use."""
        if account == self._account:
            return
        await self.stop()
        self._account = account
        if account is not None:
            self._known.registration = SipRegistration("Registering", uri=account.uri)
            self._keeping = asyncio.get_running_loop().create_task(self._keep_running(account))

    async def _keep_running(self, account: SipAccount) -> None:
        """Have a baresip with this account as long as it is the one in use, whatever happens to the process."""
        while True:
            reason = await distrust(account, self._media.ca_file)
            if reason is None:
                reason = await self._run_once(account)
            self._known.registration = SipRegistration("Failed", reason, account.uri)
            self._known.calls.clear()
            await asyncio.sleep(_AGAIN_S)

    async def _run_once(self, account: SipAccount) -> str:
        """Run one process until it ends; why it did."""
        write_files(self._folder, account, self._control_port, self._media)
        listening: asyncio.Task[None] | None = None
        watching: asyncio.Task[None] | None = None
        try:
            reader = await self._start()
            # Told only now that we listen, so that nothing the registrar says is missed.
            listening = asyncio.get_running_loop().create_task(self._listen(reader))
            watching = asyncio.get_running_loop().create_task(self._wait_while_useful())
            await self._command("uanew", account_line(account))
            await asyncio.wait([listening, watching], return_when=asyncio.FIRST_COMPLETED)
            reason = self._known.registration.reason or "SIP client ended"
        except (OSError, TimeoutError) as error:
            reason = f"SIP client: {error}"
        except CallError:
            # What baresip says about an account repeats it, password and all.
            reason = "SIP client refuses the account"
        finally:
            for task in (listening, watching):
                if task is not None:
                    task.cancel()
        await self._end_process()
        return reason

    async def _wait_while_useful(self) -> None:
        """Until the registration has been refused for a while: baresip waits ever longer before it tries again."""
        failed_s = 0.0
        while failed_s < _REFUSED_S:
            await asyncio.sleep(_LOOK_S)
            waits = self._known.registration.status == "Failed" and not self._known.calls
            failed_s = failed_s + _LOOK_S if waits else 0.0

    @property
    def _is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def _start(self) -> asyncio.StreamReader:
        with (self._folder / "baresip.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                self._program, "-f", str(self._folder), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        async with asyncio.timeout(_START_S):
            reader, self._writer = await self._connect()
        return reader

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", self._control_port)
            except ConnectionRefusedError:
                if not self._is_running:
                    raise
                await asyncio.sleep(_RETRY_S)

    async def dial(self, number: str) -> SipCall:
        """Call a number or an address; CallError when baresip refuses."""
        if self._account is None or not self._is_running:
            raise CallError("Not registered")
        call = SipCall(next(self._ids), self._address(number), "Outgoing", "Dialling")
        self._known.calls.append(call)
        try:
            await self._command("dial", f"sip:{call.number}")
        except CallError:
            self._forget(call)
            raise
        return call

    def _address(self, number: str) -> str:
        bare = number.removeprefix("sip:")
        domain = self._account.uri.partition("@")[2] if self._account else ""
        return bare if "@" in bare else f"{bare}@{domain}"

    async def accept(self, call: SipCall) -> None:
        """Take an incoming call."""
        await self._select(call)
        await self._command("accept")

    async def hang_up(self, call: SipCall) -> None:
        """End a call; it is gone from ``calls`` when this returns."""
        await self._select(call)
        await self._command("hangup")
        call.status = "Disconnecting"
        deadline = asyncio.get_running_loop().time() + _ANSWER_S
        while call in self._known.calls and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_RETRY_S)
        self._forget(call)

    async def mute(self, muted: bool) -> None:
        """Switch the microphone; baresip's own switch is a toggle, and only there during a call."""
        if muted == self._known.muted:
            return
        if any(call.status == "Connected" for call in self._known.calls):
            await self._command("mute")
        self._known.muted = muted

    async def stop(self) -> None:
        """Hang up, unregister and end the process."""
        if self._keeping is not None:
            self._keeping.cancel()
        await self._end_process()
        self._keeping = self._account = None
        self._known = _Known(muted=self._known.muted)

    async def _end_process(self) -> None:
        if self._is_running and self._writer is not None:
            # No answer is waited for: what would take it in is no longer there.
            self._send("quit", "", "0")
        if self._process is not None:
            try:
                await asyncio.wait_for(self._process.wait(), _STOP_S)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._writer is not None:
            self._writer.close()
        self._process = self._writer = None

    async def press(self, key: str) -> None:
        """Send one key of the telephone in the call there is."""
        await self._command("sndcode", key)

    async def kill(self) -> None:
        """End the process without a word to anybody, and do not start another one."""
        if self._keeping is not None:
            self._keeping.cancel()
        if self._is_running and self._process is not None:
            self._process.kill()
            await self._process.wait()
        self._known.calls.clear()
        self._known.registration = SipRegistration()

    async def keep_picture(self, path: Path) -> None:
        """Write the next picture that is received to ``path``, as PNG; CallError outside a call with pictures."""
        await self._command("snapshot_recv", str(path))

    async def _select(self, call: SipCall) -> None:
        if len(self._known.calls) > 1 and call.reference:
            await self._command("callfind", call.reference)

    def _forget(self, call: SipCall) -> None:
        if call in self._known.calls:
            self._known.calls.remove(call)

    async def _command(self, name: str, params: str = "") -> None:
        """Give baresip a command and wait for its answer; CallError when it refuses or does not answer."""
        if self._writer is None:
            raise CallError("SIP client is not running")
        token = str(next(self._tokens))
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[token] = answer
        self._send(name, params, token)
        try:
            said = await asyncio.wait_for(answer, _ANSWER_S)
        except (OSError, TimeoutError) as error:
            raise CallError(f"SIP client: {name} was not answered") from error
        finally:
            self._answers.pop(token, None)
        if not said.get("ok"):
            raise CallError(str(said.get("data") or f"{name} failed").strip())

    def _send(self, name: str, params: str, token: str) -> None:
        text = json.dumps({"command": name, "params": params, "token": token}).encode()
        if self._writer is not None:
            self._writer.write(b"%d:%s," % (len(text), text))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Take in what baresip says until it ends."""
        with contextlib.suppress(asyncio.IncompleteReadError, OSError, ValueError):
            while True:
                length = int((await reader.readuntil(b":"))[:-1])
                self._take(json.loads((await reader.readexactly(length + 1))[:-1]))

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("response"):
            answer = self._answers.get(str(message.get("token")))
            if answer is not None and not answer.done():
                answer.set_result(message)
        elif message.get("event"):
            handle = self._on_registration if message.get("class") == "register" else self._on_call
            handle(message)

    def _on_registration(self, event: dict[str, Any]) -> None:
        uri = self._account.uri if self._account else ""
        told = {
            "REGISTERING": SipRegistration("Registering", uri=uri),
            "REGISTER_OK": SipRegistration("Registered", uri=uri),
            "REGISTER_FAIL": SipRegistration("Failed", str(event.get("param", "")), uri),
            "UNREGISTERING": SipRegistration("Inactive", uri=uri),
        }.get(str(event.get("type")))
        # A registration that is being renewed still stands.
        renewing = told is not None and told.status == "Registering" and self._known.registration.status == "Registered"
        if told is not None and not renewing:
            self._known.registration = told

    def _on_call(self, event: dict[str, Any]) -> None:
        if event.get("class") != "call":
            return
        kind = str(event.get("type"))
        call = self._call_of(event, kind)
        if call is None:
            return
        if kind == "CALL_CLOSED":
            call.ended = str(event.get("param", ""))
            self._forget(call)
        elif kind == "CALL_RTCP":
            call.packets[str(event.get("param"))] = _received(event)
        elif kind == "CALL_ESTABLISHED":
            call.status = "Connected"
            call.since = time.monotonic()
            call.encrypted = self._account is not None and self._account.encryption == "On"
            self._mute_when_told(call)
        elif kind in _STATES and call.status != "Connected":
            call.status = _STATES[kind] if call.direction == "Incoming" or kind != "CALL_OUTGOING" else "Dialling"

    def _call_of(self, event: dict[str, Any], kind: str) -> SipCall | None:
        """The call an event is about: by baresip's id, else the one that was dialled and has none yet."""
        reference = str(event.get("id", ""))
        matches: list[Callable[[SipCall], bool]] = [
            lambda call: call.reference == reference,
            lambda call: not call.reference and call.direction == "Outgoing",
        ]
        for match in matches:
            found = next((call for call in self._known.calls if match(call)), None)
            if found is not None:
                found.reference = reference
                return found
        if kind != "CALL_INCOMING":
            return None
        peer = str(event.get("peeruri", "")).removeprefix("sip:")
        call = SipCall(next(self._ids), peer, "Incoming", "Ringing", reference=reference)
        self._known.calls.append(call)
        return call

    def _mute_when_told(self, call: SipCall) -> None:
        """A call that was taken automatically begins muted where the unit is set so; a mute outlives calls."""
        auto = self._account is not None and self._account.auto_answer and self._account.auto_mute
        wanted = self._known.muted or (auto and call.direction == "Incoming")
        if wanted:
            self._known.muted = True
            self._muting = asyncio.get_running_loop().create_task(self._command("mute"))


def _received(event: dict[str, Any]) -> int:
    """How many packets have come, as the far end and we agree over RTCP."""
    told = event.get("rtcp_stats", {}).get("rx", {})
    return int(told.get("sent", 0)) - int(told.get("lost", 0))

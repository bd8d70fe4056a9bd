"""A SIP client for the lab: a real one (baresip) in a namespace, with a picture of one colour and a tone of its own.

What others receive of it can therefore be told apart, and ``received`` says what it receives itself: the colour of the
picture that it decoded last, and the sound that it hears. Needs root: it enters the namespace.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from hntt.lab.heard import Sound, tail_of
from hntt.lab.netns import enter
from hntt.lab.picture import COLOURS, colour_of
from hntt.lab.simulators.xapi.baresip import BaresipClient
from hntt.lab.simulators.xapi.baresip_files import Media
from hntt.lab.simulators.xapi.sip import CallError, SipAccount, SipCall
from hntt.lab.waiting import until

_POLL_S = 0.1
_LISTEN_S = 1.0
_ENTER_S = 10.0
_KEY_S = 0.5  # two keys at once are taken for one
_PICTURE_S = 3.0
_SIZE, _FRAMES_PER_S = (160, 90), 5
_DSCP = 46
_RTP_PORTS = 40
_T = TypeVar("_T")


@dataclass(frozen=True)
class Dialled:
    """How a call ended up: answered, or refused with a SIP status (0: nobody answered in time)."""

    answered: bool
    status: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Received:
    """What a client receives now. ``colour`` of the picture, None when none came; ``sound`` of the last second.

    ``packets`` of ``audio`` and ``video`` are counted since the call began, as RTCP told last (every 5 s).
    """

    colour: str | None
    sound: Sound
    packets: dict[str, int]

    def hears(self, tone_hz: float) -> bool:
        """Whether that tone is a good part of what is heard."""
        return self.sound.carries(tone_hz)

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to hear."""
        return self.sound.is_silent


class SipClient:
    """One endpoint: registers at ``server`` (``address:port``, TLS and SRTP) and dials or is dialled.

    ``namespace`` is the network it lives in (None: the machine's own), ``ca`` the authority's certificate that the
    server must have one of. It sends a picture of ``colour`` (of ``picture.COLOURS``) and the tone ``tone_hz``;
    ``rate_kbps`` is the most it may send. ``noisy``: a picture that needs that rate, for measurements. Calls that come
    in are answered unless ``answers`` is false. All methods may be called from any thread; use it as a context, or
    ``start`` and ``close``.
    """

    def __init__(
        self,
        namespace: str | None,
        extension: str,
        password: str,
        server: str,
        ca: Path,
        *,
        colour: str = "red",
        tone_hz: int = 440,
        rate_kbps: int = 256,
        noisy: bool = False,
        answers: bool = True,
        transport: str = "tls",
        encryption: str = "On",
    ) -> None:
        if colour not in COLOURS:
            raise ValueError(f"{colour}: not one of {', '.join(COLOURS)}")
        self.extension, self.colour, self.tone_hz = extension, colour, tone_hz
        self._namespace = namespace
        self._folder = Path(tempfile.mkdtemp(prefix="hntt-sip-"))
        self._account = SipAccount(
            uri=f"{extension}@{server}",
            display_name=extension,
            user=extension,
            password=password,
            proxy=server,
            transport=transport,
            encryption=encryption,
            rate_kbps=rate_kbps,
            audio_dscp=_DSCP,
            auto_answer=answers,
        )
        self._media = Media(
            audio_source=f"ausine,{tone_hz}",
            video_source=f"avformat,lavfi,{_picture(colour, noisy=noisy)}",
            size=f"{_SIZE[0]}x{_SIZE[1]}",
            frames_per_s=_FRAMES_PER_S,
            ca_file=str(ca),
            record_to=str(self._folder),
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: BaresipClient | None = None
        self._call: SipCall | None = None
        self._pictures = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start baresip and begin to register; returns at once. LabError when there is no such namespace."""
        self._loop = asyncio.new_event_loop()
        entered: Future[None] = Future()
        serve = partial(self._serve, entered)
        self._thread = threading.Thread(target=serve, name=f"sip-{self.extension}", daemon=True)
        self._thread.start()
        entered.result(timeout=_ENTER_S)
        self._run(self._begin())

    def close(self) -> None:
        """Hang up, unregister and leave nothing behind; may be called again."""
        if self._loop is not None and self._thread is not None:
            if self._client is not None:
                self._run(self._client.stop())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)
            self._loop.close()
        self._loop = self._thread = self._client = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def registered(self, timeout_s: float = 20) -> bool:
        """Whether it is registered, waiting so long for it."""
        return self._until(lambda: self._baresip.registration.status == "Registered", timeout_s)

    @property
    def registration(self) -> str:
        """How it stands with its server, in words: the status and the server's reason."""
        told = self._baresip.registration
        return f"{told.status} {told.reason}".strip()

    def dial(self, number: str, timeout_s: float = 15) -> Dialled:
        """Call ``number`` and wait until it is answered or refused; a call that is neither in time is given up."""
        try:
            call = self._run(self._baresip.dial(number))
        except CallError as error:
            return Dialled(answered=False, reason=str(error))
        self._call = call
        self._until(lambda: call.status == "Connected" or call not in self._baresip.calls, timeout_s)
        if call.status == "Connected":
            return Dialled(answered=True)
        if call in self._baresip.calls:
            self._run(self._baresip.hang_up(call))
            return Dialled(answered=False, reason="no answer in time")
        code, _, reason = call.ended.partition(" ")
        return Dialled(answered=False, status=int(code) if code.isdigit() else 0, reason=reason or call.ended)

    def hangup(self) -> None:
        """End the call there is, if any."""
        call = self.call
        if call is not None:
            with suppress(CallError):
                self._run(self._baresip.hang_up(call))

    @property
    def call(self) -> SipCall | None:
        """The call that is up: the one that was dialled, or one that came in."""
        return next((call for call in self._baresip.calls if call.status == "Connected"), None)

    def in_call(self, timeout_s: float = 0) -> bool:
        """Whether a call is up, waiting so long for one."""
        return self._until(lambda: self.call is not None, timeout_s)

    def out_of_call(self, timeout_s: float = 0) -> bool:
        """Whether no call is up, waiting so long for its end."""
        return self._until(lambda: self.call is None, timeout_s)

    @property
    def ended(self) -> str:
        """Why the last call that was dialled is over, as SIP says it; empty while it is not."""
        return self._call.ended if self._call else ""

    def muted(self, muted: bool) -> None:
        """Switch its own microphone; what the room has muted stays so."""
        self._run(self._baresip.mute(muted))

    def press(self, keys: str) -> None:
        """Press keys (digits, ``*``, ``#``) in the call there is; CallError outside one."""
        for key in keys:
            self._run(self._baresip.press(key))
            time.sleep(_KEY_S)

    def received(self, *, picture_s: float = _PICTURE_S) -> Received:
        """What it hears and sees now; waits up to ``picture_s`` seconds for the next picture."""
        call = self.call
        return Received(self._colour(picture_s), self._sound(), dict(call.packets) if call else {})

    def sees(self, colour: str, timeout_s: float = 30) -> bool:
        """Whether it sees that colour, waiting so long: a picture changes with its source's next key frame."""
        return self._until(lambda: self._colour(_PICTURE_S) == colour, timeout_s)

    def hears(self, tone_hz: float, timeout_s: float = 10) -> bool:
        """Whether it hears that tone, waiting so long."""
        return self._until(lambda: self._sound().carries(tone_hz), timeout_s)

    def kill(self) -> None:
        """As a power cut would: the process is gone without a word to anybody; ``start`` again, or ``close``."""
        self._run(self._baresip.kill())

    def _serve(self, entered: Future[None]) -> None:
        loop = self._event_loop
        asyncio.set_event_loop(loop)
        try:
            if self._namespace is not None:
                # Sockets and processes made by this loop's thread belong to the network that the thread is in.
                enter(self._namespace)
        except BaseException as error:
            entered.set_exception(error)
            return
        entered.set_result(None)
        loop.run_forever()

    async def _begin(self) -> None:
        first = _free_ports()
        ports = (first, first + _RTP_PORTS)
        self._client = BaresipClient(
            self._folder, _free_port(), replace(self._media, rtp_ports=ports, sip_listen="0.0.0.0:0")
        )
        await self._client.configure(self._account)

    @property
    def _event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise CallError("not started")
        return self._loop

    @property
    def _baresip(self) -> BaresipClient:
        if self._client is None:
            raise CallError("not started")
        return self._client

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        try:
            return asyncio.run_coroutine_threadsafe(work, self._event_loop).result(timeout=30)
        except CallError:
            work.close()
            raise

    def _until(self, true: Callable[[], bool], timeout_s: float) -> bool:
        return until(true, timeout_s, _POLL_S)

    def _colour(self, timeout_s: float) -> str | None:
        """The colour of a picture that is decoded from now on; None when none comes in time."""
        self._pictures += 1
        path = self._folder / f"seen-{self._pictures}.png"
        found: list[str] = []

        def is_whole() -> bool:
            with suppress(OSError, ValueError):
                found.append(colour_of(path))
            return bool(found)

        try:
            self._run(self._baresip.keep_picture(path))
            self._until(is_whole, timeout_s)
        except CallError:
            return None
        finally:
            path.unlink(missing_ok=True)
        return found[0] if found else None

    def _sound(self) -> Sound:
        """The last second of what was heard; silence when nothing has been recorded lately."""
        recordings = sorted(self._folder.glob("dump-*-dec.wav"), key=lambda path: path.stat().st_mtime)
        if recordings and time.time() - recordings[-1].stat().st_mtime < _LISTEN_S:
            with suppress(OSError, ValueError):
                return tail_of(recordings[-1], _LISTEN_S)
        return Sound(1, ())


def _picture(colour: str, *, noisy: bool) -> str:
    """A source of ffmpeg's own: it never ends, and it comes at the pace of its frames."""
    noise = ",noise=alls=60:allf=t" if noisy else ""
    return f"color=c={colour}:s={_SIZE[0]}x{_SIZE[1]}:r={_FRAMES_PER_S}{noise}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _free_ports() -> int:
    """The first of some UDP ports in a row that nobody has; several clients may share a namespace."""
    for first in range(20000, 30000, _RTP_PORTS):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
            probe.bind(("", first))
            return first
    raise CallError("no free ports")

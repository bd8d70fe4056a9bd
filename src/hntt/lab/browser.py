"""A commune's PC in the lab: a real Chromium without a screen, in a namespace, with the meeting page open.

It has the managed policies of a real one, a camera that shows one colour and a microphone that hears one tone, so what
others receive of it can be told apart; ``picture_colour`` and ``sound`` say what it receives itself. Needs root.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hntt.i18n import tr
from hntt.intent.kiosk import browser_policies, page_address
from hntt.lab import netns
from hntt.lab.browser_devtools import BrowserError, DevTools
from hntt.lab.browser_media import write_picture, write_tone
from hntt.lab.engine import namespace_path
from hntt.lab.heard import Sound
from hntt.lab.picture import COLOURS, colour_of
from hntt.lab.shell import run
from hntt.lab.waiting import until

__all__ = ["Browser", "BrowserError", "PageState"]

SCREEN = (1280, 720)
_START_S = 120.0  # on a machine with all else it has to do; it takes 2 to 7 s otherwise
_CLOSE_S = 5.0
_POLL_S = 0.2
_LISTEN_HZ, _LISTEN_SAMPLES = 8000, 8192
_SCRIPT = Path(__file__).with_suffix(".sh")
_APART = ("unshare", "--mount", "--propagation", "slave", "--pid", "--fork", "--kill-child", "--mount-proc", "bash")
_DARK = "hntt_dark"
_STATE = """(() => {
  const { state } = window.hntt, names = (people) => people.map((person) => person.name);
  return { ...state, people: names(state.people), talkers: names(state.talkers), quality: state.quality };
})()"""
_SOUND = f"""(async () => {{
  const stream = document.getElementById("picture").srcObject;
  if (!stream || stream.getAudioTracks().length === 0) return [];
  window.hnttEar ??= new AudioContext({{ sampleRate: {_LISTEN_HZ} }});
  const ear = window.hnttEar, source = ear.createMediaStreamSource(stream), taken = ear.createAnalyser();
  taken.fftSize = {_LISTEN_SAMPLES};
  source.connect(taken);
  await new Promise((heard) => setTimeout(heard, {1000 * _LISTEN_SAMPLES // _LISTEN_HZ + 100}));
  const samples = new Float32Array(taken.fftSize);
  taken.getFloatTimeDomainData(samples);
  source.disconnect();
  return [...samples].map((value) => Math.round(value * 32768) / 32768);
}})()"""
_PICTURE = """(() => {
  const { left, top, width, height } = document.getElementById("picture").getBoundingClientRect();
  return { x: left + width / 2 - 8, y: top + height / 2 - 8, width: 16, height: 16, scale: 1 };
})()"""


@dataclass(frozen=True)
class PageState:
    """What the page knows; names are those of the page's own machine (web/room/src/machine.js).

    ``redials`` are the calls given up for a fault and made again; ``quality`` has ``word``, ``in_kbps``, ``out_kbps``,
    ``loss_percent`` and ``frames`` of the last two seconds, and is None outside a call.
    """

    phase: str
    media: str
    reason: str | None
    detail: str
    link: str
    calls: int
    redials: int
    failures: int
    room_muted: bool
    own_muted: bool
    hand: bool
    people: tuple[str, ...]
    talkers: tuple[str, ...]
    message: str | None
    quality: dict[str, Any] | None

    @classmethod
    def of(cls, told: dict[str, Any]) -> PageState:
        """Out of what the page tells."""
        plain = {name: told[name] for name in cls.__dataclass_fields__}
        message = told["message"]["text"] if told["message"] else None
        return cls(**{**plain, "people": tuple(told["people"]), "talkers": tuple(told["talkers"]), "message": message})

    @property
    def in_meeting(self) -> bool:
        """Whether it is in the room and receives sound."""
        return self.phase == "in_room" and self.media == "flowing"


class Browser:
    """One PC: opens the page of ``server`` (the name in its certificate) as ``extension`` and joins by itself.

    ``namespace`` is the network it lives in; ``ca_pem`` the authority's certificate. The server's name is looked up at
    ``name_server``, or is known to be at ``address``. It sends a picture of ``colour`` (of ``picture.COLOURS``) and
    the tone ``tone_hz``; ``noisy``: a picture that takes whatever rate the page allows. Use it as a context, or
    ``start`` and ``close``.
    """

    def __init__(
        self,
        namespace: str,
        extension: str,
        password: str,
        server: str,
        ca_pem: str,
        *,
        address: str | None = None,
        name_server: str | None = None,
        colour: str = "red",
        tone_hz: int = 440,
        noisy: bool = False,
    ) -> None:
        if colour not in COLOURS:
            raise ValueError(f"{colour}: not one of {', '.join(COLOURS)}")
        if (address is None) == (name_server is None):
            raise ValueError("either the server's address or a name server")
        self.extension, self.colour, self.tone_hz = extension, colour, tone_hz
        self._namespace, self._noisy = namespace, noisy
        self._page = page_address(server, extension, password)
        self._policies = browser_policies(server, ca_pem)
        self._names = {"hosts": f"127.0.0.1 localhost\n{address} {server}\n"} if address else {}
        self._names |= {"resolv.conf": f"nameserver {name_server}\n"} if name_server else {}
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._tools: DevTools | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the browser and open the page, as a PC does that is switched on; also again after ``kill``.

        BrowserError when it does not start, LabError when there is no such namespace.
        """
        netns.call_in(self._namespace, lambda: None)
        if self._folder is None:
            self._folder = self._furnish(Path(tempfile.mkdtemp(prefix="hntt-pc-")))
        self._set_dark(False)
        try:
            self._launch(self._folder)
            self._take_hold()
            self._devtools.call("Page.navigate", {"url": self._page}, timeout_s=_START_S)
            if not self.until(lambda: bool(self._devtools.evaluate("'hntt' in window")), _START_S):
                raise BrowserError(self._says_why())
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the page as a PC does that is switched off (it says goodbye); leaves nothing behind."""
        if self._tools is not None:
            try:
                # Only a page that is left says goodbye; a browser that is told to end takes no time for it.
                self._tools.call("Page.navigate", {"url": "about:blank"}, timeout_s=_CLOSE_S)
                self._tools.call("Browser.close", browser=True, timeout_s=_CLOSE_S)
                if self._process is not None:
                    self._process.wait(timeout=_CLOSE_S)
            except (BrowserError, subprocess.TimeoutExpired):
                pass
        self._end()
        if namespace_path(self._namespace).exists():
            self._set_dark(False)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None

    def kill(self) -> None:
        """As a power cut would: nothing more leaves the PC, not even what its kernel would say of dead sockets.

        ``start`` switches it on again.
        """
        self._set_dark(True)
        self._end()

    def state(self) -> PageState:
        """What the page knows now."""
        return PageState.of(self._devtools.evaluate(_STATE))

    def text(self, element: str) -> str:
        """What is written in that element of the page; nothing when it can't be seen."""
        found = f"document.getElementById({json.dumps(element)})"
        return str(self._devtools.evaluate(f"{found}.checkVisibility() ? {found}.textContent : ''"))

    def evaluate(self, expression: str) -> Any:
        """The value (JSON) of any JavaScript expression in the page."""
        return self._devtools.evaluate(expression)

    @property
    def complaints(self) -> list[str]:
        """Errors that the browser had with the page; the lost connections of a test are among them."""
        return list(self._devtools.complaints)

    def picture_colour(self) -> str:
        """The colour in the middle of the room's picture, as the screen shows it, whatever lies over it."""
        path = self._folder_now / "middle.png"
        path.write_bytes(self._shot(self._devtools.evaluate(_PICTURE)))
        return colour_of(path)

    def sound(self) -> Sound:
        """The last second of what arrives from the room; no samples when nothing does."""
        return Sound(_LISTEN_HZ, tuple(self._devtools.evaluate(_SOUND)))

    def hears(self, tone_hz: float, timeout_s: float = 10) -> bool:
        """Whether that tone is a good part of what arrives, waiting so long for it."""
        return self.until(lambda: self.sound().carries(tone_hz), timeout_s)

    def sees(self, colour: str, timeout_s: float = 10) -> bool:
        """Whether the room's picture has that colour, waiting so long: it changes with its source's next key frame."""
        return self.until(lambda: self.picture_colour() == colour, timeout_s)

    def joins(self, timeout_s: float = 45) -> bool:
        """Whether it is in its room with sound arriving, waiting so long: a start, and one call made again."""
        return self.until(lambda: self.state().in_meeting, timeout_s)

    def becomes(self, holds: Callable[[PageState], bool], timeout_s: float) -> bool:
        """Whether the page comes to a state, waiting so long."""
        return self.until(lambda: holds(self.state()), timeout_s)

    def press(self, key: str) -> None:
        """Press a key of the keyboard: one letter, or a name such as ``F1``."""
        code = f"Key{key.upper()}" if len(key) == 1 else key
        text = {"text": key} if len(key) == 1 else {}
        self._devtools.call("Input.dispatchKeyEvent", {"type": "keyDown", "key": key, "code": code, **text})
        self._devtools.call("Input.dispatchKeyEvent", {"type": "keyUp", "key": key, "code": code})

    def own_mute(self, muted: bool) -> None:
        """Switch the own microphone by the keyboard. BrowserError while the chair keeps it muted."""
        state = self.state()
        if state.phase == "in_room" and state.room_muted:
            raise BrowserError(tr(vi="chủ tọa đang tắt mi-crô", en="the chair keeps the microphone muted"))
        if state.own_muted != muted:
            self.press("m")

    def screenshot(self, path: Path) -> None:
        """Write what the screen shows as a PNG file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self._shot(None))

    def until(self, holds: Callable[[], bool], timeout_s: float) -> bool:
        """Whether something comes to hold, waiting so long."""
        return until(holds, timeout_s, _POLL_S)

    @property
    def _devtools(self) -> DevTools:
        if self._tools is None:
            raise BrowserError(tr(vi="trình duyệt chưa chạy", en="the browser does not run"))
        return self._tools

    @property
    def _folder_now(self) -> Path:
        if self._folder is None:
            raise BrowserError(tr(vi="trình duyệt chưa chạy", en="the browser does not run"))
        return self._folder

    def _furnish(self, folder: Path) -> Path:
        """All files the browser needs."""
        managed = folder / "chromium/policies/managed"
        managed.mkdir(parents=True)
        (managed / "hntt.json").write_text(json.dumps(self._policies), encoding="utf-8")
        for name, text in self._names.items():
            (folder / name).write_text(text, encoding="utf-8")
        write_picture(folder / "camera.y4m", self.colour, noisy=self._noisy)
        write_tone(folder / "microphone.wav", self.tone_hz)
        return folder

    def _launch(self, folder: Path) -> None:
        self._end()
        (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
        command: list[str | Path] = [
            "nsenter",
            f"--net={namespace_path(self._namespace)}",
            *_APART,
            _SCRIPT,
            folder,
            *self._flags(folder),
            "about:blank",
        ]
        try:
            with (folder / "chromium.log").open("ab") as log:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, "HNTT_FROM_US": str(theirs_in), "HNTT_TO_US": str(theirs_out)},
                    pass_fds=(theirs_in, theirs_out),
                )
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self._tools = DevTools(ours_out, ours_in)

    @staticmethod
    def _flags(folder: Path) -> list[str]:
        """No flag here does what a policy does on a real PC: what they say is all that the policies say."""
        return [
            "--headless=new",
            "--no-sandbox",  # Chromium's own refuses root
            "--disable-gpu",
            "--remote-debugging-pipe",
            f"--user-data-dir={folder / 'profile'}",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-features=WebRtcPipeWireCamera",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={folder / 'camera.y4m'}",
            f"--use-file-for-fake-audio-capture={folder / 'microphone.wav'}",
        ]

    def _take_hold(self) -> None:
        try:
            self._devtools.open_page(*SCREEN, timeout_s=_START_S)
        except BrowserError as error:
            said = (self._folder_now / "chromium.log").read_text(encoding="utf-8", errors="replace")[-500:].strip()
            raise BrowserError(tr(vi=f"chromium không chạy: {said}", en=f"chromium does not run: {said}")) from error

    def _end(self) -> None:
        """End what runs, at once; with its first process all others of its PID namespace are gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=_CLOSE_S)
        if self._tools is not None:
            self._tools.close()
        self._process = self._tools = None

    def _set_dark(self, dark: bool) -> None:
        run(["ip", "netns", "exec", self._namespace, "nft", "delete", "table", "inet", _DARK], check=False)
        if dark:
            chain = "chain output {\ntype filter hook output priority 0; policy drop;\n}"
            rules = f"table inet {_DARK} {{\n{chain}\n}}\n"
            run(["ip", "netns", "exec", self._namespace, "nft", "-f", "-"], stdin=rules)

    def _shot(self, clip: dict[str, float] | None) -> bytes:
        given = {"format": "png", **({"clip": clip} if clip else {})}
        return base64.b64decode(self._devtools.call("Page.captureScreenshot", given)["data"])

    def _says_why(self) -> str:
        said = "; ".join(self.complaints[-3:]) or str(self._devtools.evaluate("document.body.innerText"))[:300]
        return tr(vi=f"trang họp không mở được: {said}", en=f"the meeting page does not open: {said}")

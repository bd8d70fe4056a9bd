"""Talking to Chromium over two pipes in its DevTools protocol: requests and answers, JSON between NUL bytes."""

from __future__ import annotations

import itertools
import json
import os
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTimeError
from contextlib import suppress
from typing import Any

from hntt.i18n import tr
from hntt.lab.errors import LabError

_ANSWER_S = 30.0
_CHUNK = 1 << 16
_COMPLAINTS = 200


class BrowserError(LabError):
    """The browser did not do what it was asked; the text says what and why."""


class DevTools:
    """One browser and its first page. Takes over both file descriptors; may be used from any thread."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self.complaints: list[str] = []
        """Uncaught errors and console errors of the page, and what the browser could not load; the latest."""
        self._to, self._from = to_browser, from_browser
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self._page: str | None = None
        self._gone = False
        self._reader = threading.Thread(target=self._read, name="devtools", daemon=True)
        self._reader.start()

    def open_page(self, width: int, height: int, timeout_s: float) -> None:
        """Take hold of the browser's page and give it a screen of that size. BrowserError when there is none."""
        targets = self.call("Target.getTargets", browser=True, timeout_s=timeout_s)["targetInfos"]
        page = next((target["targetId"] for target in targets if target["type"] == "page"), None)
        if page is None:
            page = self.call("Target.createTarget", {"url": "about:blank"}, browser=True)["targetId"]
        attached = self.call("Target.attachToTarget", {"targetId": page, "flatten": True}, browser=True)
        self._page = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", screen)

    def call(
        self, method: str, given: dict[str, Any] | None = None, *, browser: bool = False, timeout_s: float = _ANSWER_S
    ) -> dict[str, Any]:
        """Ask the page (or the ``browser``) and return its answer; BrowserError when it refuses, is late or gone."""
        request: dict[str, Any] = {"id": next(self._numbers), "method": method, "params": given or {}}
        if not browser and self._page is not None:
            request["sessionId"] = self._page
        answer: Future[dict[str, Any]] = Future()
        with self._lock:
            if self._gone:
                raise _gone(method)
            self._waiting[request["id"]] = answer
            self._send(method, request)
        try:
            return answer.result(timeout=timeout_s)
        except NotInTimeError as error:
            raise BrowserError(
                tr(
                    vi=f"trình duyệt không trả lời {method} trong {timeout_s:.0f} s",
                    en=f"the browser did not answer {method} within {timeout_s:.0f} s",
                )
            ) from error
        finally:
            self._waiting.pop(request["id"], None)

    def evaluate(self, expression: str, *, timeout_s: float = _ANSWER_S) -> Any:
        """The value (JSON) of a JavaScript expression in the page, awaited; BrowserError when it throws."""
        given = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        told = self.call("Runtime.evaluate", given, timeout_s=timeout_s)
        if "exceptionDetails" in told:
            raise BrowserError(_thrown(told["exceptionDetails"]))
        return told["result"].get("value")

    def close(self) -> None:
        """Close the pipes; whoever still waits for an answer gets a BrowserError."""
        with self._lock:
            if self._to >= 0:
                os.close(self._to)
            self._to = -1
        self._reader.join(timeout=5)

    def _send(self, method: str, request: dict[str, Any]) -> None:
        data = json.dumps(request).encode() + b"\0"
        try:
            while data:
                data = data[os.write(self._to, data) :]
        except OSError as error:
            raise _gone(method) from error

    def _read(self) -> None:
        rest = b""
        with suppress(OSError):
            while chunk := os.read(self._from, _CHUNK):
                *messages, rest = (rest + chunk).split(b"\0")
                for message in messages:
                    self._take(json.loads(message))
        os.close(self._from)
        with self._lock:
            self._gone = True
            waiting = list(self._waiting.values())
        for answer in waiting:
            if not answer.done():
                answer.set_exception(_gone("…"))

    def _take(self, message: dict[str, Any]) -> None:
        complaint = _complaint(message)
        if complaint:
            self.complaints = [*self.complaints[1 - _COMPLAINTS :], complaint]
        answer = self._waiting.get(message.get("id", 0))
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(BrowserError(str(message["error"].get("message"))))
        else:
            answer.set_result(message["result"])


def _gone(method: str) -> BrowserError:
    return BrowserError(tr(vi=f"trình duyệt đã tắt ({method})", en=f"the browser is gone ({method})"))


def _thrown(details: dict[str, Any]) -> str:
    return str(details.get("exception", {}).get("description") or details.get("text"))


def _complaint(message: dict[str, Any]) -> str | None:
    """What an event has to complain about."""
    given = message.get("params", {})
    match message.get("method"):
        case "Runtime.exceptionThrown":
            return _thrown(given["exceptionDetails"])
        case "Runtime.consoleAPICalled" if given["type"] == "error":
            return " ".join(str(item.get("value", item.get("description"))) for item in given["args"])
        case "Log.entryAdded" if given["entry"]["level"] == "error":
            return f"{given['entry']['text']} {given['entry'].get('url', '')}".strip()
    return None

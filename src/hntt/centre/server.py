"""The HTTPS server of the centre: POST /report and POST /enrol, nothing else. Standard library only."""

from __future__ import annotations

import json
import logging
import math
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hntt.centre.enrolment import Enrolments, TokenFileError
from hntt.centre.limits import RateLimit
from hntt.centre.refusal import RefusalError, malformed
from hntt.centre.reports import authentic, checked, unknown_sender
from hntt.centre.stages import REFUSED_RUN
from hntt.centre.store import ReportStore

MOST_BODY = 16 * 1024
SILENCE_S = 20
"""After so long without a byte a connection is closed."""
MOST_CONNECTIONS = 200
_log = logging.getLogger("hntt-centre")


class Desk:
    """What the two doors lead to, without HTTP."""

    def __init__(
        self, enrolments: Enrolments, store: ReportStore, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._enrolments = enrolments
        self._store = store
        self._clock = clock

    def report(self, body: Any) -> dict[str, Any]:
        """Keep a report. RefusalError when it is none, not its host's, or can't be kept."""
        report, now = checked(body), self._clock()
        if not authentic(report, self._enrolments.keys_of(report["host"], now)):
            raise unknown_sender()
        return {"stored": self._store.add(report, now)}

    def enrol(self, body: Any) -> dict[str, Any]:
        """Enrol a PC. RefusalError says why not."""
        now = self._clock()
        try:
            answer = self._enrolments.enrol(body, now)
        except RefusalError as refusal:
            self._note(refusal, now)
            raise
        _log.info("enrolled %s with token %s", body["host"], body["token_id"])
        return dict(answer)

    def _note(self, refusal: RefusalError, now: datetime) -> None:
        """Let the controller see that a PC that knows its token was not let in; once per token and reason."""
        if refusal.token is None or refusal.host is None:
            return
        note = {"run": f"{REFUSED_RUN}{refusal.token}", "seq": sum(refusal.code.encode()), "stage": "failed"}
        detail = {"code": refusal.code, "vi": refusal.vi, "en": refusal.en}
        with suppress(RefusalError):
            self._store.add({"host": refusal.host, **note, "at": now.isoformat(), "detail": detail}, now)


class CentreServer(ThreadingHTTPServer):
    """One thread per connection, the TLS handshake in it, so that a caller who says nothing holds up nobody."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, place: tuple[str, int], context: ssl.SSLContext, desk: Desk, limit: RateLimit) -> None:
        super().__init__(place, _Handler)
        self._context = context
        self.desk = desk
        self.limit = limit
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take the connection unless there are too many."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Shake hands, then serve. Python's server calls it in the connection's own thread."""
        try:
            request.settimeout(SILENCE_S)
            try:
                wrapped = self._context.wrap_socket(request, server_side=True)
            except OSError as error:
                _log.info("%s: no TLS: %s", client_address[0], error)
                self.shutdown_request(request)
                return
            super().process_request_thread(wrapped, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is no event."""
        del request
        _log.info("%s: the connection broke", client_address[0], exc_info=True)


def server_context(certificate: str, key: str) -> ssl.SSLContext:
    """TLS 1.2 and newer with the server's certificate (files)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "hntt-centre"
    sys_version = ""
    timeout = SILENCE_S
    server: CentreServer

    def do_POST(self) -> None:
        try:
            self._admit()
            answer = self._door()(self._body())
        except RefusalError as refusal:
            self._refuse(refusal)
        except TokenFileError:
            _log.exception("the list of tokens is damaged")
            self._refuse(_broken("danh sách mã ghi danh hỏng", "its list of tokens is damaged"))
        except (TimeoutError, ConnectionError, ssl.SSLError):
            self.close_connection = True
        except Exception:
            _log.exception("unexpected")
            self._refuse(_broken("lỗi không ngờ, xem nhật ký", "unexpected, see its journal"))
        else:
            self._say(200, answer)

    def do_GET(self) -> None:
        self._refuse(RefusalError(405, "not_allowed", "chỉ nhận POST", "POST only"))

    def _admit(self) -> None:
        wait = self.server.limit.take(self.client_address[0])
        if wait:
            raise RefusalError(
                429,
                "too_often",
                f"gửi quá dày; thử lại sau {math.ceil(wait)} giây",
                f"too many requests; again in {math.ceil(wait)} s",
            )

    def _door(self) -> Callable[[Any], dict[str, Any]]:
        doors = {"/report": self.server.desk.report, "/enrol": self.server.desk.enrol}
        try:
            return doors[self.path]
        except KeyError:
            raise RefusalError(404, "not_found", "không có địa chỉ này", "there is no such address") from None

    def _body(self) -> Any:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            raise RefusalError(411, "length_required", "thiếu Content-Length", "Content-Length is missing")
        if len(length) > 9 or int(length) > MOST_BODY:
            raise RefusalError(413, "too_large", f"quá {MOST_BODY} byte", f"more than {MOST_BODY} bytes")
        content = self.rfile.read(int(length))
        if len(content) < int(length):
            raise ConnectionError
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise malformed("nội dung không phải JSON", "the body is no JSON") from None

    def _refuse(self, refusal: RefusalError) -> None:
        # What is left of a body that nobody has read would be taken for the next request.
        self.close_connection = True
        if refusal.status not in (405, 429):
            _log.info("%s: %s %s", self.client_address[0], self.path[:80], refusal.code)
        self._say(refusal.status, refusal.body())

    def _say(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body, ensure_ascii=False).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            if status in (429, 503):
                self.send_header("Retry-After", "60")
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            self.close_connection = True

    def log_message(self, *_arguments: Any) -> None:
        """Refusals and enrolments are said where they happen; every request would be noise."""


def _broken(vi: str, en: str) -> RefusalError:
    return RefusalError(
        503, "broken", f"máy chủ trung tâm: {vi}; máy này tự thử lại", f"the centre: {en}; trying again later"
    )

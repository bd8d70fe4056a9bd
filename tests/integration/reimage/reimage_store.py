"""A store of images on the host that QEMU's guests reach, which writes down every answer: its range and its bytes."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

GUEST_NETWORK = "net=10.0.2.0/24,host=10.0.2.2"
_HEADERS = 250  # of an answer, about; counted as sent


@dataclass(frozen=True)
class Given:
    """One answer: which bytes of which file."""

    path: str
    first: int
    count: int


class Store:
    """Serves the files of a folder, with ranges as nginx has them. ``with`` starts and ends it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.given: list[Given] = []
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Store:
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                store._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, name: str) -> str:
        """The address of a file, as the guest sees it."""
        return f"http://10.0.2.2:{self._server.server_address[1]}/{name}"

    @property
    def content_bytes(self) -> int:
        """How many bytes of the files were given."""
        return sum(item.count for item in self.given)

    @property
    def line_bytes(self) -> int:
        """With the answers' headers, about: what a line carries, packets' own headers left out."""
        return self.content_bytes + _HEADERS * len(self.given)

    def forget(self) -> None:
        """Count from nothing."""
        self.given, self.most_at_once = [], 0

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        path = self.folder / request.path.lstrip("/")
        if not path.is_file() or ".." in request.path:
            request.send_error(404)
            return
        size = path.stat().st_size
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        first, last = (int(asked[1]), min(int(asked[2]), size - 1)) if asked else (0, size - 1)
        with self._lock:
            self.given.append(Given(request.path, first, last - first + 1))
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            request.send_response(206 if asked else 200)
            request.send_header("Content-Length", str(last - first + 1))
            if asked:
                request.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            request.end_headers()
            with path.open("rb") as content:
                content.seek(first)
                left = last - first + 1
                while left and (piece := content.read(min(left, 1 << 20))):
                    request.wfile.write(piece)
                    left -= len(piece)
        finally:
            with self._lock:
                self._now -= 1

"""A small SIP server for tests: a registrar that checks digest passwords, and a room that answers every call.

Independent of the client under test: what it says about a registration or a call is what it saw on the wire.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

Send = Callable[[bytes], object]
REALM = "hntt-test"
NONCE = "4f1d2c3b"


@dataclass(frozen=True)
class Message:
    """A SIP message: its first line, headers in lower case (the first of each name), all Via lines, body."""

    first: str
    headers: Mapping[str, str]
    vias: tuple[str, ...]
    body: str

    @classmethod
    def parse(cls, text: str) -> Message:
        head, _, body = text.partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        pairs = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        headers: dict[str, str] = {}
        for name, value in pairs:
            headers.setdefault(
                {"v": "via", "f": "from", "t": "to", "m": "contact", "i": "call-id"}.get(name, name), value
            )
        return cls(first, headers, tuple(value for name, value in pairs if name in ("via", "v")), body)

    @property
    def method(self) -> str:
        return self.first.partition(" ")[0]


class SipServer:
    """Serves on loopback in threads of its own, over UDP, or over TLS with a certificate and its key in one file.

    ``registered`` and ``calls`` are what it knows now; ``offers`` are the SDP offers it was made.
    """

    def __init__(
        self, passwords: Mapping[str, str], certificate: Path | None = None, place: tuple[str, int] = ("127.0.0.1", 0)
    ) -> None:
        self.passwords = dict(passwords)
        self.registered: dict[str, str] = {}
        self.refused: list[str] = []
        self.calls: set[str] = set()
        self.offers: list[str] = []
        self.answering = True
        self._certificate = certificate
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM if certificate else socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(place)
        if certificate:
            self._socket.listen()
        self._thread = threading.Thread(target=self._accept if certificate else self._serve, daemon=True)
        self._peers: dict[str, tuple[Message, Send]] = {}

    @property
    def transport(self) -> str:
        return "TLS" if self._certificate else "UDP"

    @property
    def address(self) -> str:
        return str(self._socket.getsockname()[0])

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def __enter__(self) -> SipServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def end_calls(self) -> None:
        """Hang up from this side."""
        for call_id, (invite, send) in list(self._peers.items()):
            target = re.search(r"<([^>]+)>", invite.headers["contact"])
            assert target is not None
            lines = [
                f"BYE {target[1]} SIP/2.0",
                f"Via: SIP/2.0/{self.transport} {self.address}:{self.port};branch=z9hG4bK{call_id[:8]}bye",
                f"From: {invite.headers['to']};tag=room",
                f"To: {invite.headers['from']}",
                f"Call-ID: {call_id}",
                "CSeq: 2 BYE",
                "Max-Forwards: 70",
                "Content-Length: 0",
            ]
            send(("\r\n".join(lines) + "\r\n\r\n").encode())
            self._forget(call_id)

    def _serve(self) -> None:
        while True:
            try:
                data, peer = self._socket.recvfrom(65536)
            except OSError:
                return
            self._take(data, lambda answer, peer=peer: self._socket.sendto(answer, peer))

    def _accept(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(self._certificate))
        while True:
            try:
                plain, _ = self._socket.accept()
                peer = context.wrap_socket(plain, server_side=True)
            except ssl.SSLError:
                continue  # a client that does not trust the certificate
            except OSError:
                return
            threading.Thread(target=self._serve_stream, args=(peer,), daemon=True).start()

    def _serve_stream(self, peer: ssl.SSLSocket) -> None:
        unread = b""
        while True:
            try:
                data = peer.recv(65536)
            except OSError:
                return
            if not data:
                return
            unread += data
            while b"\r\n\r\n" in unread:
                head, _, rest = unread.partition(b"\r\n\r\n")
                found = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)
                length = int(found[1]) if found else 0
                if len(rest) < length:
                    break
                self._take(head.lstrip() + b"\r\n\r\n" + rest[:length], peer.sendall)
                unread = rest[length:]

    def _take(self, data: bytes, send: Send) -> None:
        message = Message.parse(data.decode("utf-8", "replace"))
        if not message.first.strip() or message.first.startswith("SIP/2.0"):
            return
        if self.answering:
            self._handle(message, send)
        else:
            self._reply(message, send, "503 Service Unavailable")

    def _handle(self, message: Message, send: Send) -> None:
        handlers = {"REGISTER": self._register, "INVITE": self._invite, "BYE": self._bye}
        if message.method == "ACK":
            return
        handler = handlers.get(message.method)
        if handler is None:
            self._reply(message, send, "200 OK")
        else:
            handler(message, send)

    def _register(self, message: Message, send: Send) -> None:
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', message.headers.get("authorization", "")))
        user = given.get("username", "")
        if not given or given.get("response") != self._digest(user, message.method, given.get("uri", "")):
            if given:
                self.refused.append(user)
            challenge = f'WWW-Authenticate: Digest realm="{REALM}", nonce="{NONCE}", algorithm=MD5'
            self._reply(message, send, "401 Unauthorized", [challenge])
            return
        contact = message.headers.get("contact", "")
        found = re.search(r"expires=(\d+)", contact)
        expires = found[1] if found else message.headers.get("expires", "60")
        if expires == "0":
            self.registered.pop(user, None)
        else:
            self.registered[user] = contact
        self._reply(message, send, "200 OK", [f"Contact: {contact}", f"Expires: {expires}"])

    def _digest(self, user: str, method: str, uri: str) -> str:
        first = _md5(f"{user}:{REALM}:{self.passwords.get(user, '')}")
        return _md5(f"{first}:{NONCE}:{_md5(f'{method}:{uri}')}")

    def _invite(self, message: Message, send: Send) -> None:
        call_id = message.headers["call-id"]
        self.offers.append(message.body)
        self._peers[call_id] = (message, send)
        self.calls.add(call_id)
        contact = f"Contact: <sip:room@{self.address}:{self.port};transport={self.transport.lower()}>"
        self._reply(message, send, "200 OK", [contact, "Content-Type: application/sdp"], _answer_to(message.body))

    def _bye(self, message: Message, send: Send) -> None:
        self._forget(message.headers["call-id"])
        self._reply(message, send, "200 OK")

    def _forget(self, call_id: str) -> None:
        self.calls.discard(call_id)
        self._peers.pop(call_id, None)

    def _reply(self, message: Message, send: Send, status: str, more: list[str] | None = None, body: str = "") -> None:
        to = message.headers["to"]
        lines = [
            f"SIP/2.0 {status}",
            *(f"Via: {via}" for via in message.vias),
            f"From: {message.headers['from']}",
            f"To: {to}" if "tag=" in to else f"To: {to};tag=room",
            f"Call-ID: {message.headers['call-id']}",
            f"CSeq: {message.headers['cseq']}",
            *(more or []),
            f"Content-Length: {len(body.encode())}",
        ]
        send(("\r\n".join(lines) + "\r\n\r\n" + body).encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def _answer_to(offer: str) -> str:
    """An answer that takes the first codec of every medium, with ports where nobody listens, encrypted if asked."""
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=room", "c=IN IP4 127.0.0.1", "t=0 0"]
    for medium in re.split(r"\r\n(?=m=)", offer)[1:]:
        kind, _, protocol, payload, *_ = medium.split("\r\n", 1)[0].removeprefix("m=").split()
        lines.append(f"m={kind} {9 if kind == 'audio' else 11} {protocol} {payload}")
        if protocol.endswith("SAVP"):
            key = b64encode(secrets.token_bytes(30)).decode()
            lines.append(f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}")
        described = (f"a=rtpmap:{payload} ", f"a=fmtp:{payload} ")
        lines += [line for line in medium.split("\r\n") if line.startswith(described)]
    return "\r\n".join([*lines, ""])

"""Bare SIP: what a caller without any account is told, over whatever transport he tries."""

from __future__ import annotations

import socket
import ssl
import uuid
from typing import Literal

from mcu_bench import inside

Transport = Literal["tls", "tcp", "udp"]
NOTHING = "no answer"
_WAIT_S = 3.0
_OFFER = (
    "v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 9\r\na=rtpmap:9 G722/8000\r\n"
)


def invite(place: str, server: str, port: int, caller: str, number: str, transport: Transport = "tls") -> str:
    """The status line that an INVITE without credentials gets, from a ``place``; else why there is none."""
    try:
        return inside(place, lambda: _ask(server, port, caller, number, transport))
    except OSError as error:
        return f"{NOTHING}: {type(error).__name__}"


def _ask(server: str, port: int, caller: str, number: str, transport: Transport) -> str:
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as plain:
        plain.settimeout(_WAIT_S)
        plain.connect((server, port))
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        link = context.wrap_socket(plain) if transport == "tls" else plain
        link.sendall(_invite(*link.getsockname(), server, caller, number, transport))
        while answer := link.recv(4096).decode():
            status = answer.partition("\r\n")[0]
            if not status.startswith("SIP/2.0 1"):
                return status
    return f"{NOTHING}: closed"


def _invite(address: str, port: int, server: str, caller: str, number: str, transport: Transport) -> bytes:
    body = _OFFER.format(address=address)
    mark = uuid.uuid4().hex
    lines = [
        f"INVITE sip:{number}@{server};transport={transport} SIP/2.0",
        f"Via: SIP/2.0/{transport.upper()} {address}:{port};branch=z9hG4bK{mark};rport",
        f"From: <sip:{caller}@{server}>;tag={mark[:8]}",
        f"To: <sip:{number}@{server}>",
        f"Call-ID: {mark}",
        "CSeq: 1 INVITE",
        f"Contact: <sip:{caller}@{address}:{port};transport={transport}>",
        "Max-Forwards: 70",
        "Content-Type: application/sdp",
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

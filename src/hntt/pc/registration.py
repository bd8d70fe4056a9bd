"""Who is registered under a number, by the server's own word: a REGISTER that asks and changes nothing (RFC 3261, 10.2.3).

The page registers over a WebSocket; the question goes over SIP/TLS with the same account. So the answer does not
rest on what a browser believes of itself.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_WAIT_S = 8.0
_LARGEST = 65536
_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')
_CONTACT = re.compile(r"^(?:contact|m)\s*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_CHALLENGE = re.compile(r"^www-authenticate\s*:\s*digest\s+(.+)$", re.IGNORECASE | re.MULTILINE)
_HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),  # RFC 2617 knows no other
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}


class RegistrationError(OSError):
    """The server gave no answer, or another one than expected; the text is what was seen."""


@dataclass(frozen=True)
class Account:
    """A number with its password, and the server (the name in its certificate) it belongs to."""

    extension: str
    password: str
    server: str
    port: int


def contacts(account: Account, authority: Path) -> list[str]:
    """The addresses that are registered under the account's number; empty when there are none.

    RegistrationError (an OSError) when the server cannot be asked or refuses the account.
    """
    context = ssl.create_default_context(cafile=str(authority))
    with (
        socket.create_connection((account.server, account.port), timeout=_WAIT_S) as plain,
        context.wrap_socket(plain, server_hostname=account.server) as link,
    ):
        host, port = link.getsockname()[:2]
        call = secrets.token_hex(8)
        link.sendall(question(account, f"{host}:{port}", call, 1))
        first = _answer(link)
        if status_of(first) != 401:
            return _found(first)
        link.sendall(question(account, f"{host}:{port}", call, 2, authorization(account, first)))
        return _found(_answer(link))


def question(account: Account, here: str, call: str, number: int, proof: str = "") -> bytes:
    """A REGISTER without a Contact."""
    lines = [
        f"REGISTER sip:{account.server} SIP/2.0",
        f"Via: SIP/2.0/TLS {here};branch=z9hG4bK{call}{number};rport",
        "Max-Forwards: 70",
        f"From: <sip:{account.extension}@{account.server}>;tag={call}",
        f"To: <sip:{account.extension}@{account.server}>",
        f"Call-ID: {call}",
        f"CSeq: {number} REGISTER",
        *([f"Authorization: {proof}"] if proof else []),
        "User-Agent: hntt-pc",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def authorization(account: Account, challenge: str) -> str:
    """The proof that answers a 401, by the first kind of digest that both sides know; RegistrationError for none."""
    for match in _CHALLENGE.finditer(challenge):
        fields = {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(match.group(1))}
        algorithm = fields.get("algorithm", "MD5").upper()
        if algorithm in _HASHES and {"realm", "nonce"} <= fields.keys():
            return _proof(account, fields, algorithm)
    raise RegistrationError("401 without a digest challenge")


def _proof(account: Account, fields: dict[str, str], algorithm: str) -> str:
    digest = _HASHES[algorithm]
    uri = f"sip:{account.server}"
    who = digest(f"{account.extension}:{fields['realm']}:{account.password}".encode())
    what = digest(f"REGISTER:{uri}".encode())
    given = {"username": account.extension, "realm": fields["realm"], "nonce": fields["nonce"], "uri": uri}
    plain = {"algorithm": algorithm}
    if "auth" in [word.strip() for word in fields.get("qop", "").split(",")]:
        own = secrets.token_hex(8)
        answer = digest(f"{who}:{fields['nonce']}:00000001:{own}:auth:{what}".encode())
        given["cnonce"] = own
        plain |= {"qop": "auth", "nc": "00000001"}
    else:
        answer = digest(f"{who}:{fields['nonce']}:{what}".encode())
    given["response"] = answer
    if "opaque" in fields:
        given["opaque"] = fields["opaque"]
    words = [f'{name}="{value}"' for name, value in given.items()] + [
        f"{name}={value}" for name, value in plain.items()
    ]
    return "Digest " + ", ".join(words)


def status_of(answer: str) -> int:
    """The status of an answer; RegistrationError when it is none."""
    words = answer.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("SIP/2.0") or not words[1].isdigit():
        raise RegistrationError(answer[:80] or "no answer")
    return int(words[1])


def _found(answer: str) -> list[str]:
    if status_of(answer) != 200:
        raise RegistrationError(answer.splitlines()[0])
    return [match.group(1).strip() for match in _CONTACT.finditer(answer.replace("\r\n", "\n"))]


def _answer(link: ssl.SSLSocket) -> str:
    """The next final answer; what comes of it in pieces is put together."""
    said = b""
    while True:
        while b"\r\n\r\n" not in said:
            piece = link.recv(4096)
            if not piece or len(said) > _LARGEST:
                raise RegistrationError("no answer")
            said += piece
        head, _, said = said.partition(b"\r\n\r\n")
        text = head.decode("utf-8", "replace").lstrip("\r\n")
        if text and status_of(text) >= 200:
            return text

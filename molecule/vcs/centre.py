"""What a unit finds at the centre, for this scenario: one name, and a SIP server over TLS with its own authority.

usage: python centre.py NAME_SERVER_ADDRESS SIP_ADDRESS SIP_NAME USER FOLDER, the password on standard input

Writes ``authority.pem`` into the folder, and ``centre.json`` once a second: what the server sees.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests" / "integration" / "vcs"))

from certificates import write_certificates  # noqa: E402
from sip_server import SipServer  # noqa: E402

TLS_PORT = 5061


def main() -> None:
    """Serve until killed."""
    names, address, name, user, folder = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], Path(sys.argv[5])
    password = sys.stdin.readline().strip()
    authority, certificate = write_certificates(folder, name)
    (folder / "authority.pem").write_text(authority, encoding="utf-8")
    threading.Thread(target=_serve_names, args=(names, {name: address}), daemon=True).start()
    with SipServer({user: password}, certificate, (address, TLS_PORT)) as server:
        while True:
            seen = {"registered": server.registered, "calls": sorted(server.calls), "offers": len(server.offers)}
            scratch = folder / "centre.new"
            scratch.write_text(json.dumps(seen), encoding="utf-8")
            scratch.replace(folder / "centre.json")
            time.sleep(1)


def _serve_names(address: str, known: dict[str, str]) -> None:
    """Answer questions for addresses (type A); what is not known does not exist."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as served:
        served.bind((address, 53))
        while True:
            question, peer = served.recvfrom(512)
            served.sendto(_answer(question, known), peer)


def _answer(question: bytes, known: dict[str, str]) -> bytes:
    labels, place = [], 12
    while question[place]:
        labels.append(question[place + 1 : place + 1 + question[place]].decode())
        place += question[place] + 1
    asked, kind = question[12 : place + 5], struct.unpack("!H", question[place + 1 : place + 3])[0]
    found = known.get(".".join(labels).lower())
    answers = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(found) if found and kind == 1 else b""
    flags = 0x8580 if found else 0x8583
    return question[:2] + struct.pack("!HHHHH", flags, 1, int(bool(answers)), 0, 0) + asked + answers


if __name__ == "__main__":
    main()

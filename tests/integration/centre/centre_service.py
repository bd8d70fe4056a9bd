"""The centre's program as a process with real TLS and ssh-keygen, and a PC with the real client, all on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hntt.image.target.reports import Queue, pending
from hntt.image.target.send import Places
from hntt.intent import pki

SOURCE = Path(__file__).resolve().parents[3] / "src"
NAME = "localhost"
PC, OTHER = "pc.an-thuy.le-thuy", "pc.son-thuy.le-thuy"


@dataclass
class Service:
    """A centre in ``folder``; ``start`` and ``kill`` its process."""

    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.authority = pki.new_authority("HNTT test")
        keys = self.folder / "keys"
        keys.mkdir(parents=True)
        (self.folder / "state").mkdir()
        key = ec.generate_private_key(ec.SECP256R1())
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
        subject = pki.Subject((NAME,), "127.0.0.1")
        pem = request.public_bytes(serialization.Encoding.PEM).decode()
        (keys / "server.pem").write_text(pki.issue(self.authority, pem, subject))
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (keys / "server.key").write_bytes(private)
        (keys / "authority.pem").write_text(self.authority.certificate)
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "host CA", "-f", str(keys / "host-ca")]
        subprocess.run(words, check=True)
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        config = {"address": "127.0.0.1", "port": self.port, "certificate_days": 30}
        hosts = {PC: [PC, "10.44.92.115"], OTHER: [OTHER, "10.44.92.179"]}
        (self.folder / "centre.json").write_text(json.dumps({**config, "hosts": hosts}))

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(SOURCE),
            "HNTT_CENTRE_CONFIG": str(self.folder / "centre.json"),
            "HNTT_CENTRE_STATE": str(self.folder / "state"),
            "HNTT_CENTRE_KEYS": str(self.folder / "keys"),
            **more,
        }

    def words(self, *arguments: str) -> list[str]:
        return [sys.executable, "-B", "-m", "hntt.centre.program", *arguments]

    def start(self, before: Any = None, **environment: str) -> None:
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            self.words("run"), env=self.environment(**environment), stdout=log, stderr=log, preexec_fn=before
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert self.process.poll() is None, self.log()
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=10)
            self.process = None

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def asked(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            self.words(*arguments), env=self.environment(), input=stdin, capture_output=True, check=False, timeout=30
        )

    def stages(self, *arguments: str) -> dict[str, Any]:
        done = self.asked("stages", "--json", *arguments)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def token(self, host: str, *, days: int = 14) -> dict[str, str]:
        """A new token, in the list of the service; what its seed says of it."""
        token = {"id": secrets.token_hex(8), "secret": secrets.token_urlsafe(32)}
        token["expires"] = (datetime.now(UTC) + timedelta(days=days)).isoformat()
        digest = hashlib.sha256(token["secret"].encode()).hexdigest()
        row = {"id": token["id"], "host": host, "secret_sha256": digest, "expires": token["expires"]}
        self.tokens[token["id"]] = row
        listed = json.dumps({"format": 1, "tokens": list(self.tokens.values())}).encode()
        assert self.asked("tokens", stdin=listed).returncode == 0
        return token

    def post(self, path: str, content: bytes, *, headers: str | None = None, wait: bool = True) -> tuple[int, Any]:
        """One request over a connection of its own; without ``wait`` the line is cut once it is sent."""
        context = ssl.create_default_context(cadata=self.authority.certificate)
        length = f"Content-Length: {len(content)}\r\n" if headers is None else headers
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=NAME) as line,
        ):
            line.sendall(f"POST {path} HTTP/1.1\r\nHost: {NAME}\r\n{length}\r\n".encode() + content)
            if not wait:
                return 0, None
            got = b""
            while part := line.recv(65536):
                got += part
                head, _, body = got.partition(b"\r\n\r\n")
                if body and b"Content-Length: %d\r\n" % len(body) in head + b"\r\n":
                    break
        head, _, body = got.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)


@dataclass
class Pc:
    """A PC's files below ``root``, and its client as systemd runs it."""

    root: Path
    service: Service
    host: str = PC
    token: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = Places(self.root)
        keys = self.root / "etc/ssh"
        keys.mkdir(parents=True)
        words = [
            "ssh-keygen",
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            "root@pc",
            "-f",
            str(keys / "ssh_host_ed25519_key"),
        ]
        subprocess.run(words, check=True)
        self.token = self.token or self.service.token(self.host)
        self.write_seed()
        program = self.root / "usr/lib/hntt/target"
        shutil.copytree(SOURCE / "hntt/image/target", program, ignore=shutil.ignore_patterns("__pycache__"))

    def write_seed(self, **changes: Any) -> None:
        centre = {"url": f"https://{NAME}:{self.service.port}", "authority": self.service.authority.certificate}
        seed = {"format": 1, "host": self.host, "image_version": "2026.11.28.1", "token": self.token, "centre": centre}
        seed |= {"commune": "An Thủy", "district": "Lệ Thủy", "code": "19132"}
        self.places.identity.mkdir(parents=True, exist_ok=True)
        self.places.seed.write_text(json.dumps(seed | changes))
        self.places.seed.with_name("seed.json.sig").write_bytes(b"s" * 64)

    @property
    def certificate(self) -> Path:
        return self.root / "etc/ssh/ssh_host_ed25519_key-cert.pub"

    def queue(self, *stages: str) -> None:
        run = Queue(self.host, "2026.11.28.1", self.places.queue)
        for stage in stages:
            run.add(stage)

    def queued(self) -> list[str]:
        return [json.loads(path.read_text())["stage"] for path in pending(self.places.queue)]

    def on_screen(self) -> str:
        """What the waiting page is told to say; empty for nothing."""
        if not self.places.notice.exists():
            return ""
        told = self.places.notice.read_text().removeprefix("notice = ").removesuffix(";\n")
        return str(json.loads(told)["text"])

    def report(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(self.root / "usr/lib/hntt"), "HNTT_ROOT": str(self.root)}
        words = [sys.executable, "-s", "-B", "-m", "target.send", *(arguments or ("--now",))]
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=60)

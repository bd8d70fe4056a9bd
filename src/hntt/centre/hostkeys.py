"""Certificates for the SSH host keys of PCs, made by ssh-keygen with the host authority's key."""

from __future__ import annotations

import base64
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hntt.centre.refusal import RefusalError, malformed

_KEY = re.compile(r"ssh-ed25519 ([A-Za-z0-9+/]{68}) ?[\x20-\x7e]{0,80}")
_HEADER = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"
_TIMEOUT_S = 10


def checked_key(text: object) -> str:
    """The public key, type and body only. RefusalError when it is no Ed25519 key."""
    match = _KEY.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None or not base64.b64decode(match.group(1)).startswith(_HEADER):
        raise malformed("host_key phải là khoá ssh-ed25519", "host_key has to be an ssh-ed25519 key")
    return f"ssh-ed25519 {match.group(1)}"


@dataclass(frozen=True)
class Signer:
    """The host authority: ``key`` is the file of its private key, certificates are good for ``days``."""

    key: Path
    days: int

    def certificate(self, host_key: str, identity: str, names: Sequence[str]) -> str:
        """A host certificate for the names, one line. RefusalError (503) when ssh-keygen can't make it."""
        with tempfile.TemporaryDirectory() as folder:
            public = Path(folder, "host.pub")
            try:
                public.write_text(f"{host_key}\n", encoding="ascii")
                # fmt: off
                words = ["ssh-keygen", "-q", "-s", str(self.key), "-h", "-I", identity, "-n", ",".join(names),
                         "-V", f"-1h:+{self.days}d", str(public)]
                # fmt: on
                done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
                made = Path(folder, "host-cert.pub")
                if done.returncode == 0 and made.is_file():
                    return " ".join(made.read_text(encoding="ascii").split()[:2])
                raise _cannot_sign(done.stderr.strip())
            except (OSError, subprocess.TimeoutExpired) as error:
                raise _cannot_sign(str(error)) from error


def _cannot_sign(why: str) -> RefusalError:
    last = why.splitlines()[-1][:200] if why else "?"
    return RefusalError(
        503,
        "cannot_sign",
        f"máy chủ trung tâm chưa ký được khoá ({last}); máy này tự thử lại",
        f"the centre can't sign the key now ({last}); this PC tries again by itself",
    )

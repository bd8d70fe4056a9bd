"""What is signed is read only after openssl has said that the signature is good."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

KEY = Path("/usr/lib/hntt/image-key.pem")
SIGNATURE_SIZE = 64


def is_signed(content: bytes, signature: bytes, key: Path = KEY) -> bool:
    """Whether the Ed25519 ``signature`` of ``content`` was made with the other half of ``key`` (PEM)."""
    if len(signature) != SIGNATURE_SIZE:
        return False
    with tempfile.TemporaryDirectory() as folder:
        text, proof = Path(folder, "content"), Path(folder, "signature")
        text.write_bytes(content)
        proof.write_bytes(signature)
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(key), "-rawin", "-in", str(text),
             "-sigfile", str(proof)],
            capture_output=True,
        )  # fmt: skip
    return done.returncode == 0

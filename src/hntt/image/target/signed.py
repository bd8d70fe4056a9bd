"""What is signed is read only after openssl has said that the signature is good."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

KEY = Path("/usr/lib/hntt/image-key.pem")
SIGNATURE_SIZE = 64


def is_signed_seed(content: bytes, signatures: bytes, key: Path = KEY) -> bool:
    """Whether a seed is as it was made, or that with its token's secret taken out: each has a signature."""
    pieces = [signatures[place : place + SIGNATURE_SIZE] for place in range(0, 2 * SIGNATURE_SIZE, SIGNATURE_SIZE)]
    return len(signatures) <= 2 * SIGNATURE_SIZE and any(is_signed(content, piece, key) for piece in pieces)


def without_secret(content: bytes) -> bytes:
    """A seed's text with an empty secret in its token: what the second signature is over."""
    seed = json.loads(content)
    seed["token"]["secret"] = ""
    return f"{json.dumps(seed, sort_keys=True, separators=(',', ':'), ensure_ascii=False)}\n".encode()


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

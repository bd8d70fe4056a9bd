"""Cisco type 7 strings: reversible, salted, so equal keys look different on every device.

Only used to bring a key into one canonical form for comparison. Type 7 hides nothing; treat it as clear text.
"""

from __future__ import annotations

_KEY = b"dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87"
_SALT = 2


def decode(text: str) -> str | None:
    """The clear key of a type 7 string, or ``None`` when it is not one."""
    try:
        salt, data = int(text[:2]), bytes.fromhex(text[2:])
        return bytes(byte ^ _KEY[(salt + i) % len(_KEY)] for i, byte in enumerate(data)).decode()
    except ValueError:
        return None


def encode(clear: str) -> str:
    """The type 7 string of a key with the one salt used for comparison."""
    data = bytes(byte ^ _KEY[(_SALT + i) % len(_KEY)] for i, byte in enumerate(clear.encode()))
    return f"{_SALT:02d}{data.hex().upper()}"


def canonical(kind: str | None, text: str) -> str:
    """``7 <canonical>`` for a clear key (``kind`` absent or ``0``) or a type 7 string; other kinds unchanged."""
    if kind in (None, "0"):
        return f"7 {encode(text)}"
    clear = decode(text) if kind == "7" else None
    return f"7 {encode(clear)}" if clear is not None else f"{kind} {text}"

"""Which shared libraries a program names, read from its file: programs of another system are not run for it."""

from __future__ import annotations

import struct

_DYNAMIC, _LOAD, _INTERPRETER = 2, 1, 3
_NEEDED, _STRINGS = 1, 5


def needed(content: bytes) -> list[str]:
    """The names of the libraries and the path of the loader. Empty for what is no 64-bit little-endian ELF file."""
    if content[:6] != b"\x7fELF\x02\x01":
        return []
    table, size, count = (
        struct.unpack_from("<Q", content, 32)[0],
        *struct.unpack_from("<HH", content, 54),
    )
    segments = [struct.unpack_from("<IIQQQQ", content, table + index * size) for index in range(count)]
    found = [_text(content, one[2]) for one in segments if one[0] == _INTERPRETER]
    for one in segments:
        if one[0] == _DYNAMIC:
            entries = [struct.unpack_from("<QQ", content, one[2] + at) for at in range(0, one[5], 16)]
            strings = next((value for tag, value in entries if tag == _STRINGS), None)
            if strings is not None:
                start = _offset(segments, strings)
                found += [_text(content, start + value) for tag, value in entries if tag == _NEEDED]
    return found


def _offset(segments: list[tuple[int, ...]], address: int) -> int:
    """Where in the file lies what is loaded at ``address``."""
    for kind, _, offset, virtual, _, size in segments:
        if kind == _LOAD and virtual <= address < virtual + size:
            return offset + address - virtual
    raise ValueError(f"nothing is loaded at {address:#x}")


def _text(content: bytes, start: int) -> str:
    return content[start : content.index(b"\0", start)].decode()

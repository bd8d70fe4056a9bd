"""From a path to clean text: everything that can be wrong with a file before YAML is even considered."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from hntt.register import catalogue as rules
from hntt.register.findings import Finding, Position, Text
from hntt.register.rules import Fault, Rule, finding

MAX_BYTES = 2_000_000
_CONFLICT = re.compile(r"^(<{7}|\|{7}|>{7})( |$)|^={7}$", re.MULTILINE)
_TAB_INDENT = re.compile(r"^ *\t", re.MULTILINE)
_INVISIBLE = re.compile(
    "[\u00a0\u00ad\u034f\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
_BOM = "\ufeff"


def read_text(file: Path) -> tuple[str | None, list[Finding]]:
    """The file's text as NFC with LF line ends, and what is wrong with it; no text where it cannot be used."""
    raw = _read_bytes(file)
    if isinstance(raw, Finding):
        return None, [raw]
    text = _decode(file, raw)
    if isinstance(text, Finding):
        return None, [text]
    found = [*_of_format(file, text), *_of_text(file, text)]
    clean = unicodedata.normalize("NFC", text.removeprefix(_BOM).replace("\r\n", "\n"))
    if not any(line.strip() and not line.lstrip().startswith("#") for line in clean.splitlines()):
        found.append(_whole(rules.EMPTY, file, Text("Tệp không có nội dung.", "The file has no content.")))
    fatal = any(item.severity == "error" for item in found)
    return (None if fatal else clean), found


def tidy(text: str) -> str:
    """The same text without what nobody can see: BOM, CRLF, NFD, zero-width and control characters, odd spaces."""
    text = text.removeprefix(_BOM).replace("\r\n", "\n")
    spaces = re.sub("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]", " ", text)
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", spaces))


def _read_bytes(file: Path) -> bytes | Finding:
    try:
        if not os.path.lexists(file):
            return _whole(rules.FILE_MISSING, file, Text("Không có tệp này.", "This file does not exist."))
        if file.is_symlink() and not _resolves(file):
            return _whole(
                rules.BROKEN_LINK,
                file,
                Text("Liên kết trỏ tới tệp không có.", "The link points to a file that does not exist."),
                value=str(file.readlink()),
            )
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            return _whole(
                rules.NOT_A_FILE, file, Text("Đây không phải là tệp thường.", "This is not an ordinary file.")
            )
        if status.st_size > MAX_BYTES:
            return _too_large(file, status.st_size)
        with file.open("rb") as handle:
            return handle.read(MAX_BYTES)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return _whole(
            rules.UNREADABLE, file, Text(f"Không đọc được tệp ({reason}).", f"The file cannot be read ({reason}).")
        )


def _resolves(link: Path) -> bool:
    try:
        return link.exists()
    except (OSError, RuntimeError):
        return False


def _too_large(file: Path, size: int) -> Finding:
    megabytes = f"{size / 1_000_000:.1f}"
    limit = MAX_BYTES // 1_000_000
    return _whole(
        rules.TOO_LARGE,
        file,
        Text(f"Tệp dài {megabytes} MB.", f"The file has {megabytes} MB."),
        expected=Text(f"không quá {limit} MB", f"at most {limit} MB"),
    )


def _decode(file: Path, raw: bytes) -> str | Finding:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _whole(rules.NOT_UTF8, file, Text("Tệp được lưu ở dạng UTF-16.", "The file was saved as UTF-16."))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = len(raw[raw.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8", "replace")) + 1
        byte = raw[error.start]
        return finding(
            rules.NOT_UTF8,
            Fault(
                Position(file, line, column),
                "",
                Text(f"Byte 0x{byte:02x} không phải là chữ UTF-8.", f"Byte 0x{byte:02x} is not UTF-8 text."),
            ),
        )


def _of_format(file: Path, text: str) -> Iterator[Finding]:
    """Remarks that need no correction before the file can be read."""
    if text.startswith(_BOM):
        yield _at(rules.BOM, file, text, 0, Text("Tệp bắt đầu bằng BOM.", "The file begins with a BOM."))
    ends = text.count("\r\n")
    if ends:
        yield _at(
            rules.CRLF,
            file,
            text,
            text.index("\r\n"),
            Text(f"{ends} dòng kết thúc bằng CRLF.", f"{ends} lines end in CRLF."),
        )
    if not unicodedata.is_normalized("NFC", text):
        yield from _decomposed(file, text)


def _decomposed(file: Path, text: str) -> Iterator[Finding]:
    lines = text.splitlines()
    bad = [number for number, line in enumerate(lines, 1) if not unicodedata.is_normalized("NFC", line)]
    sample = unicodedata.normalize("NFC", lines[bad[0] - 1]).strip()[:60]
    yield finding(
        rules.NOT_NFC,
        Fault(
            Position(file, bad[0]),
            "",
            Text(f"{len(bad)} dòng có chữ viết rời (NFD).", f"{len(bad)} lines have decomposed letters (NFD)."),
            value=sample,
        ),
    )


def _of_text(file: Path, text: str) -> Iterator[Finding]:
    """Faults that make the file unfit to be read."""
    conflict = _CONFLICT.search(text)
    if conflict:
        yield _at(
            rules.CONFLICT,
            file,
            text,
            conflict.start(),
            Text(f"Còn dấu xung đột {conflict[0].strip()}.", f"The conflict marker {conflict[0].strip()} is left."),
        )
    tab = _TAB_INDENT.search(text)
    if tab:
        count = len(_TAB_INDENT.findall(text))
        message = Text(f"{count} dòng thụt bằng tab.", f"{count} lines are indented with tabs.")
        yield _at(rules.TAB, file, text, tab.end() - 1, message)
    yield from _invisible(file, text)


def _invisible(file: Path, text: str) -> Iterator[Finding]:
    """One finding per line, so that each can be found and typed again."""
    for number, line in enumerate(text.removeprefix(_BOM).split("\n"), 1):
        match = _INVISIBLE.search(line)
        if match:
            sign = f"U+{ord(match[0]):04X}"
            name = unicodedata.name(match[0], "CONTROL")
            yield finding(
                rules.INVISIBLE,
                Fault(
                    Position(file, number, match.start() + 1),
                    "",
                    Text(f"Ký tự không nhìn thấy {sign} ({name}).", f"The invisible character {sign} ({name})."),
                    value=_INVISIBLE.sub("␣", line).strip()[:60],
                ),
            )


def _at(rule: Rule, file: Path, text: str, offset: int, message: Text) -> Finding:
    line = text.count("\n", 0, offset) + 1
    return finding(rule, Fault(Position(file, line, offset - text.rfind("\n", 0, offset)), "", message))


def _whole(rule: Rule, file: Path, message: Text, *, value: str | None = None, expected: Text | None = None) -> Finding:
    return finding(rule, Fault(Position(file), "", message, value=value, expected=expected))

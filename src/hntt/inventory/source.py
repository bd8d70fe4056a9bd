"""The register behind an inventory, with the network derived from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hntt.errors import FindingsError
from hntt.i18n import tr
from hntt.network.build import build
from hntt.network.laws import check_register
from hntt.network.model import Network
from hntt.register.findings import Finding, Severity
from hntt.register.models import Register


@dataclass(frozen=True)
class Source:
    """A register without errors and its network."""

    register: Register
    network: Network


def read_source(register_dir: Path) -> Source:
    """Read, check and derive. FindingsError with every finding of severity error: file, line, what and what to do."""
    loaded = check_register(register_dir)
    if loaded.errors or loaded.register is None:
        raise FindingsError(errors_text(register_dir, loaded.findings))
    return Source(loaded.register, build(loaded.register))


def errors_text(register_dir: Path, findings: Iterable[Finding]) -> str:
    """The errors among ``findings``, two lines each, under a sentence that says nothing was done."""
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    head = tr(
        vi=f"Sổ đăng ký {register_dir} có {len(errors)} lỗi; chưa kết nối tới đâu, chưa ghi gì. "
        "Sửa rồi chạy: hntt check",
        en=f"The register {register_dir} has {len(errors)} errors; nothing was connected to or written. "
        "Mend them, then run: hntt check",
    )
    return "\n".join([head, *(_line(finding) for finding in errors)])


def _line(finding: Finding) -> str:
    place = finding.position.shown(Path.cwd())
    subject = f" {finding.path}:" if finding.path else ""
    return f"{place}: {finding.code}{subject} {finding.message}\n    {finding.hint}"

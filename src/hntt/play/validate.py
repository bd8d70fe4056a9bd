"""The findings of the register behind an inventory, for the first play of every playbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hntt.i18n import tr
from hntt.inventory.source import errors_text
from hntt.play.inputs import inventory_config
from hntt.register.findings import Finding, Severity
from hntt.register.loader import load_checked


@dataclass(frozen=True)
class Validation:
    """All findings of one register."""

    register_dir: Path
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop every play."""
        return tuple(item for item in self.findings if item.severity is Severity.ERROR)

    @property
    def text(self) -> str:
        """Every error with file and line, or a sentence that there is none."""
        if self.errors:
            return errors_text(self.register_dir, self.findings)
        others = len(self.findings)
        return tr(
            vi=f"sổ đăng ký không có lỗi, {others} cảnh báo và ghi chú (xem: hntt check)",
            en=f"the register has no errors, {others} warnings and notes (see: hntt check)",
        )


def validate(variables: Mapping[str, Mapping[str, Any]]) -> Validation:
    """Check the register that the hosts come from."""
    folder = inventory_config(variables).register_dir
    return Validation(folder, tuple(load_checked(folder).findings))

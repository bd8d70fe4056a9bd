"""What ends an installation with a sentence that a clerk can read over the phone."""

from __future__ import annotations


class StopError(Exception):
    """Nothing may go on. ``code`` is short enough to be dictated; ``vi`` is shown, both are reported."""

    def __init__(self, code: str, *, vi: str, en: str) -> None:
        """Keep the code and both texts."""
        super().__init__(en)
        self.code, self.vi, self.en = code, vi, en

    def detail(self) -> dict[str, str]:
        """As a report's ``detail``."""
        return {"code": self.code, "vi": self.vi, "en": self.en}

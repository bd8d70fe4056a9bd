"""What the centre answers when it does not do what it was asked."""

from __future__ import annotations


class RefusalError(Exception):
    """A refusal in both languages; ``status`` is HTTP's, ``code`` is for programs and never changes its meaning.

    A PC drops what is refused with 400 and tries again later after everything else.
    """

    def __init__(self, status: int, code: str, vi: str, en: str) -> None:
        super().__init__(code)
        self.status, self.code, self.vi, self.en = status, code, vi, en
        self.token: str | None = None
        self.host: str | None = None

    def about(self, token: str, host: str) -> RefusalError:
        """The refusal, with the token that the caller proved to know and the PC it was made for."""
        self.token, self.host = token, host
        return self

    def body(self) -> dict[str, str]:
        """The answer's body."""
        return {"code": self.code, "vi": self.vi, "en": self.en}


def malformed(vi: str, en: str) -> RefusalError:
    """What was sent makes no sense, and will not make more sense next time."""
    return RefusalError(400, "malformed", vi, en)


def disk_full() -> RefusalError:
    """The centre can't keep what it was given; the sender shall."""
    return RefusalError(
        503,
        "store_full",
        "máy chủ trung tâm không ghi được (đầy đĩa?); máy này giữ lại và gửi sau",
        "the centre can't write (is its disk full?); this PC keeps it and sends it later",
    )

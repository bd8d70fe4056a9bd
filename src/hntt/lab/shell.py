"""Running the system's commands."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from hntt.i18n import tr
from hntt.lab.errors import CommandError

_SAID_MAX = 2000


def run(
    argv: Sequence[str | Path],
    *,
    stdin: str | None = None,
    env: dict[str, str] | None = None,
    timeout: float = 120,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it said.

    ``env`` is added to the environment. With ``check`` a non-zero exit, a missing program and a timeout (in
    seconds) raise CommandError, which names the command and carries its error output.
    """
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, **(env or {})},
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        raise CommandError(tr(vi=f"không có lệnh {words[0]}", en=f"there is no command {words[0]}")) from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(
            tr(vi=f"lệnh quá {timeout:.0f} s: {' '.join(words)}", en=f"longer than {timeout:.0f} s: {' '.join(words)}")
        ) from error
    if check and done.returncode != 0:
        raise CommandError(_failure(words, done))
    return done


def _failure(words: list[str], done: subprocess.CompletedProcess[str]) -> str:
    said = (done.stderr.strip() or done.stdout.strip())[-_SAID_MAX:]
    return tr(
        vi=f"lệnh thất bại ({done.returncode}): {' '.join(words)}\n{said}",
        en=f"command failed ({done.returncode}): {' '.join(words)}\n{said}",
    )

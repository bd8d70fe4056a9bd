"""A git revision of the project as files, in a folder that goes again."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hntt.errors import UsageError
from hntt.i18n import tr


@contextmanager
def checked_out(root: Path, revision: str) -> Iterator[Path]:
    """The project below ``root`` as it was at ``revision``; UsageError when git has no such revision.

    ``git archive`` reads the object store alone: neither the index nor the working tree is touched, nothing is left.
    """
    archive = _archive(root, _commit(root, revision))
    with tempfile.TemporaryDirectory(prefix="hntt-plan-") as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder, filter="data")
        yield Path(folder)


def _commit(root: Path, revision: str) -> str:
    done = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if done.returncode != 0:
        raise UsageError(
            tr(
                vi=f"--base {revision}: kho git của dự án không có bản này. Xem các bản: git log --oneline",
                en=f"--base {revision}: the project's git repository has no such revision. See: git log --oneline",
            )
        )
    return done.stdout.decode().strip()


def _archive(root: Path, commit: str) -> bytes:
    done = _git(root, "archive", "--format=tar", commit)
    if done.returncode != 0:
        raise UsageError(done.stderr.decode(errors="replace").strip())
    return done.stdout


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    except FileNotFoundError as error:
        missing = tr(vi="Chưa cài git. Hãy chạy: ./run setup", en="git is not installed. Run: ./run setup")
        raise UsageError(missing) from error

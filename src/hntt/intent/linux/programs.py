"""What a role takes from the project itself: Python programs with all they import, and files that are built.

A program's text is read where it is written, so there is one copy of it; its modules are found by their imports, so
none can be forgotten. A built file is not in the repository: states hold a stand-in, and its bytes are read where a
host is changed or compared.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hntt.i18n import tr

PROJECT = Path(__file__).resolve().parents[4]
_BUILD_FILES = ("build.js", "package.json", "package-lock.json")
_BUILT = re.compile(r"<built:([A-Za-z0-9_./-]+)>")


class ProgramError(ValueError):
    """A program that would not run on a host; the text says which module wants what."""


class NotBuiltError(LookupError):
    """A file that has to be built first."""

    def __init__(self, path: str) -> None:
        super().__init__(
            tr(
                vi=f"chưa dựng {path}: hãy chạy ./run setup rồi làm lại",
                en=f"{path} has not been built: run ./run setup, then do this again",
            )
        )


@dataclass(frozen=True)
class ProgramFile:
    """One file of a program; ``path`` is relative to the directory that Python searches."""

    path: str
    content: str


@functools.lru_cache(maxsize=16)
def program_files(source: Path, module: str) -> tuple[ProgramFile, ...]:
    """A module below ``source`` with every module of the project that it needs, sorted by path.

    ProgramError when something is imported that is neither there nor in the standard library.
    """
    wanted, found = [module], dict[str, ProgramFile]()
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        file = _file_of(source, name)
        if file is None:
            raise ProgramError(tr(vi=f"không có mô-đun {name}", en=f"there is no module {name}"))
        text = file.read_text(encoding="utf-8")
        found[name] = ProgramFile(file.relative_to(source).as_posix(), text)
        wanted += [*_packages(name), *_needed(source, name, text)]
    return tuple(sorted(found.values(), key=lambda item: item.path))


def built(path: str) -> str:
    """The stand-in for a built file, its path relative to the project."""
    return f"<built:{path}>"


def built_path(content: str) -> str | None:
    """The path in a stand-in; None for a content that is none."""
    match = _BUILT.fullmatch(content)
    return match.group(1) if match else None


def built_content(content: str, project: Path = PROJECT) -> str:
    """The content itself, for a stand-in the built file's. NotBuiltError when there is none yet."""
    path = built_path(content)
    if path is None:
        return content
    try:
        return (project / path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotBuiltError(path) from None


def built_sources(path: str, project: Path = PROJECT) -> dict[str, str]:
    """What a built file is made of, below ``project``: path to SHA-256 of each source.

    ``FOLDER/dist/NAME`` is ``FOLDER/public/NAME`` where there is one; all else is made by ``FOLDER/build.js`` from the
    packages that the lock file names, scripts also from ``FOLDER/src``. Empty where there is no such folder.
    """
    folder = (project / path).parent.parent
    public = folder / "public" / Path(path).name
    if public.is_file():
        sources = [public]
    else:
        bundled = [file for file in (folder / "src").rglob("*") if file.is_file()] if path.endswith(".js") else []
        sources = [*bundled, *(file for name in _BUILD_FILES if (file := folder / name).is_file())]
    return {
        file.relative_to(project).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(sources)
    }


def sources_text(content: str, project: Path = PROJECT) -> str:
    """A stand-in with a line for each source of its file, so that two revisions can be compared without a build; any
    other content as it is."""
    path = built_path(content)
    if path is None:
        return content
    return "".join(f"{name} {digest[:12]}\n" for name, digest in built_sources(path, project).items())


def _packages(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def _file_of(source: Path, module: str) -> Path | None:
    place = source.joinpath(*module.split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def _needed(source: Path, module: str, text: str) -> Iterator[str]:
    for imported in _imports(ast.parse(text)):
        top = imported.partition(".")[0]
        if _file_of(source, top) is not None:
            # ``from package import name``: a module, or something inside the package's own file
            yield imported if _file_of(source, imported) else imported.rpartition(".")[0]
        elif top not in sys.stdlib_module_names:
            raise ProgramError(
                tr(
                    vi=f"{module} cần {top}, mà máy chủ chỉ có thư viện chuẩn của Python",
                    en=f"{module} needs {top}, and a server has Python's standard library only",
                )
            )


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)

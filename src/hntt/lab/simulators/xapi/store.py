"""A unit's configuration: the values that differ from the software's defaults, kept on disk at once."""

from __future__ import annotations

import json
from pathlib import Path

from hntt.lab.simulators.xapi.schema import LeafType, Software


class UnknownPathError(KeyError):
    """No leaf at or below the path."""


class ValueRefusedError(ValueError):
    """A value that the leaf does not take."""


class Store:
    """The configuration of one unit; with a ``file`` it survives a restart."""

    def __init__(self, software: Software, file: Path | None = None) -> None:
        self._software = software
        self._file = file
        self._values: dict[str, str] = {}
        self.restart_pending: set[str] = set()
        if file is not None and file.is_file():
            self._values = json.loads(file.read_text(encoding="utf-8"))

    def leaf(self, path: str) -> LeafType:
        """The leaf of that exact path, whatever its case."""
        found = self._software.leaves.get(" ".join(path.split()).casefold())
        if found is None:
            raise UnknownPathError(path)
        return found

    def below(self, path: str) -> list[tuple[LeafType, str]]:
        """The leaves at or below a path with their values, all for an empty one. An index may be left out.

        UnknownPathError when there is none.
        """
        wanted = path.casefold().split()
        found = [leaf for leaf in self._software.leaves.values() if _is_below(leaf.path.casefold().split(), wanted)]
        if not found:
            raise UnknownPathError(path)
        return [(leaf, self.value(leaf.path)) for leaf in found]

    def value(self, path: str) -> str:
        """A leaf's value, secrets included."""
        leaf = self.leaf(path)
        return self._values.get(leaf.path, leaf.default)

    def set(self, path: str, value: str) -> LeafType:
        """Give a leaf a value and keep it; ValueRefusedError or UnknownPathError."""
        leaf = self.leaf(path)
        accepted = leaf.accept(value)
        if accepted is None:
            raise ValueRefusedError(path)
        if leaf.restart and accepted != self.value(path):
            self.restart_pending ^= {leaf.path}
        self._values[leaf.path] = accepted
        self._save()
        return leaf

    def factory_reset(self) -> None:
        """Forget every value."""
        self._values.clear()
        self._save()

    def _save(self) -> None:
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        scratch = self._file.with_suffix(".new")
        scratch.touch(mode=0o600)
        scratch.write_text(json.dumps(self._values, ensure_ascii=False, indent=1), encoding="utf-8")
        scratch.replace(self._file)


class Authorities:
    """The certificates of authorities that the unit trusts, as one PEM file where its SIP client finds it."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._text = file.read_text(encoding="utf-8") if file is not None and file.is_file() else ""

    def add(self, certificate: str) -> bool:
        """Trust one more; False when it is there already."""
        if certificate.strip() in self._text:
            return False
        self._text += f"{certificate.strip()}\n"
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(self._text, encoding="utf-8")
        return True


def _is_below(words: list[str], wanted: list[str]) -> bool:
    """Whether a path lies at or below another, in which indexes may be missing."""
    position = 0
    for word in wanted:
        if position < len(words) and words[position] != word and words[position].isdigit():
            position += 1
        if position >= len(words) or words[position] != word:
            return False
        position += 1
    return True

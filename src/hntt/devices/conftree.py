"""Indented configuration text as a tree: parse, write back, compare.

Cisco-like configurations and the normalised RouterOS export share one shape: a line belongs to the nearest
line above it that is indented less. Order matters only below the headers that a platform names (ACLs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher


@dataclass
class Node:
    """One line of a configuration and the lines below it; the root has empty text."""

    text: str
    children: list[Node] = field(default_factory=list)

    def child(self, text: str) -> Node | None:
        """The first child with exactly this text."""
        return next((node for node in self.children if node.text == text), None)


def parse(text: str) -> Node:
    """The tree of an indented text; empty lines are skipped, inner spacing is kept."""
    root = Node("")
    stack: list[tuple[int, Node]] = [(-1, root)]
    for line in text.splitlines():
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip(" "))
        while stack[-1][0] >= indent:
            stack.pop()
        node = Node(line.strip())
        stack[-1][1].children.append(node)
        stack.append((indent, node))
    return root


def render(node: Node, depth: int = 0) -> str:
    """The text of a tree, one space of indentation per level, ending in a newline unless empty."""
    lines: list[str] = []

    def walk(current: Node, level: int) -> None:
        for child in current.children:
            lines.append(" " * level + child.text)
            walk(child, level + 1)

    walk(node, depth)
    return "".join(f"{line}\n" for line in lines)


def merge_duplicates(node: Node) -> None:
    """Join repeated sections and drop repeated lines below ``node``, as a device does when it reads them."""
    seen: dict[str, Node] = {}
    for child in node.children:
        first = seen.setdefault(child.text, child)
        if first is not child:
            first.children.extend(child.children)
    node.children = list(seen.values())
    for child in node.children:
        merge_duplicates(child)


def diff(old: Node, new: Node, ordered: Sequence[re.Pattern[str]] = ()) -> list[str]:
    """What ``new`` changes against ``old``: lines marked ``-`` and ``+`` below their unchanged headers.

    ``ordered`` names the headers whose children are a sequence; everywhere else order carries no meaning.
    """
    return list(_diff(old, new, ordered, 0))


def _diff(old: Node, new: Node, ordered: Sequence[re.Pattern[str]], depth: int) -> Iterator[str]:
    if any(pattern.search(old.text) for pattern in ordered):
        yield from _diff_sequence(old, new, depth)
        return
    wanted = {node.text for node in new.children}
    for node in old.children:
        if node.text not in wanted:
            yield from _mark("-", node, depth)
    known = {node.text: node for node in old.children}
    for node in new.children:
        before = known.get(node.text)
        if before is None:
            yield from _mark("+", node, depth)
            continue
        below = list(_diff(before, node, ordered, depth + 1))
        if below:
            yield f"  {' ' * depth}{node.text}"
            yield from below


def _diff_sequence(old: Node, new: Node, depth: int) -> Iterator[str]:
    before, after = [node.text for node in old.children], [node.text for node in new.children]
    for tag, low, high, new_low, new_high in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from (f"- {' ' * depth}{text}" for text in before[low:high])
            yield from (f"+ {' ' * depth}{text}" for text in after[new_low:new_high])


def _mark(sign: str, node: Node, depth: int) -> Iterator[str]:
    yield f"{sign} {' ' * depth}{node.text}"
    for child in node.children:
        yield from _mark(sign, child, depth + 1)

"""IOS access lists: the order of the entries is the meaning, so they are compared as sequences.

Entries are carried without sequence numbers. A change first renumbers the list on the device (``ip access-list
resequence``), which makes the numbers known, then inserts before it deletes: a list that guards the session in
use never loses a permit on the way to a version that has it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from hntt.devices.conftree import Node

HEADER = re.compile(r"^ip access-list (?:standard|extended) (\S+)$")
_NUMBERED = re.compile(r"^access-list (\d+) (.+)$")
_SEQUENCE = re.compile(r"^\d+ (?=permit|deny|remark)")


def canonical(tree: Node) -> Node:
    """The tree with numbered lists written as named ones and all entries without sequence numbers."""
    result = Node(tree.text)
    by_header: dict[str, Node] = {}
    for child in tree.children:
        numbered = _NUMBERED.match(child.text)
        if numbered is None and not HEADER.match(child.text):
            result.children.append(child)
            continue
        header = _header_of(numbered.group(1)) if numbered else child.text
        entries = [Node(numbered.group(2))] if numbered else child.children
        node = by_header.get(header)
        if node is None:
            node = by_header[header] = Node(header)
            result.children.append(node)
        node.children.extend(Node(" ".join(_SEQUENCE.sub("", entry.text).split())) for entry in entries)
    return result


def _header_of(number: str) -> str:
    standard = 1 <= int(number) <= 99 or 1300 <= int(number) <= 1999
    return f"ip access-list {'standard' if standard else 'extended'} {number}"


def split(tree: Node) -> tuple[dict[str, list[str]], Node]:
    """The access lists of a canonical tree (header to entries), and the tree without them."""
    lists = {n.text: [entry.text for entry in n.children] for n in tree.children if HEADER.match(n.text)}
    return lists, Node(tree.text, [node for node in tree.children if not HEADER.match(node.text)])


def commands_before(current: dict[str, list[str]], target: dict[str, list[str]]) -> Iterator[str]:
    """The commands that create and change lists; they come before whatever refers to the lists."""
    for header, entries in target.items():
        if header not in current:
            yield header
            yield from (f" {entry}" for entry in entries)
            yield "exit"
        elif entries != current[header]:
            yield from _edit(header, current[header], entries)


def commands_after(current: dict[str, list[str]], target: dict[str, list[str]]) -> Iterator[str]:
    """The commands that remove lists; they come after whatever referred to them is gone."""
    yield from (f"no {header}" for header in current if header not in target)


def _edit(header: str, old: list[str], new: list[str]) -> Iterator[str]:
    opcodes = [op for op in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if op[0] != "equal"]
    step = max(10, 1 + max(high - low for *_, low, high in opcodes))
    yield f"ip access-list resequence {header.split()[-1]} {step} {step}"
    yield header
    # An entry that only moves exists twice for a moment, which IOS refuses: such a one is deleted first.
    moved = {entry for _, low, high, *_ in opcodes for entry in old[low:high]} & {
        entry for *_, low, high in opcodes for entry in new[low:high]
    }
    gone = [(index, entry) for _, low, high, *_ in opcodes for index, entry in enumerate(old[low:high], low)]
    yield from (f" no {step * (index + 1)}" for index, entry in gone if entry in moved)
    for _, _low, high, new_low, new_high in opcodes:
        # Inserted behind the replaced entries: numbers between them and the next kept one are free.
        yield from _numbered(step * high, new[new_low:new_high])
    yield from (f" no {step * (index + 1)}" for index, entry in gone if entry not in moved)
    yield "exit"


def _numbered(after: int, entries: Iterable[str]) -> Iterator[str]:
    yield from (f" {after + offset} {entry}" for offset, entry in enumerate(entries, 1))

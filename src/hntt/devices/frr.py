"""FRRouting by vtysh: read, normalise, mask, remediate."""

from __future__ import annotations

import re

from hntt.devices import conftree, hier
from hntt.devices.conftree import Node
from hntt.devices.platform import Remediation, Vendor, drop_noise

# Sections that are emptied and never removed: FRR refuses `no interface` while the kernel has the interface, and
# knows no `no line vty`.
_PERMANENT = re.compile(r"^(?:interface |line vty)")


class Frr(Vendor):
    """The platform ``frr``."""

    name = "frr"

    def normalise(self, text: str) -> str:
        """Noise dropped, repeated sections joined, empty permanent sections left out."""
        return conftree.render(self._tree(text))

    def remediate(self, running: str, intended: str) -> Remediation:
        """The commands for configuration mode from ``running`` to ``intended``, and back."""
        have, want = self._tree(running), self._tree(intended)
        commands, rollback = self._commands(have, want), self._commands(want, have)
        if not commands:
            return Remediation((), (), "")
        lines = conftree.diff(self.masked(have), self.masked(want), self.quirks.ordered)
        return Remediation(commands, rollback, "\n".join(lines))

    def _commands(self, current: Node, target: Node) -> tuple[str, ...]:
        return hier.commands_between(current, _with_permanent(target, current), self.quirks)

    def _tree(self, text: str) -> Node:
        tree = conftree.parse(drop_noise(text, self.quirks))
        conftree.merge_duplicates(tree)
        tree.children = [n for n in tree.children if n.children or not _PERMANENT.match(n.text)]
        return tree


def _with_permanent(target: Node, current: Node) -> Node:
    """``target`` with an empty section for each permanent one that only ``current`` has."""
    missing = [Node(n.text) for n in current.children if _PERMANENT.match(n.text) and not target.child(n.text)]
    return Node(target.text, [*missing, *target.children])

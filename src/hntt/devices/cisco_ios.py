"""Cisco IOS and IOS XE: read, normalise, mask, remediate."""

from __future__ import annotations

import re

from hntt.devices import acl, conftree, hier, type7
from hntt.devices.conftree import Node
from hntt.devices.platform import Remediation, Vendor, drop_noise

_INTERFACE = re.compile(r"^interface ")
_PHYSICAL = re.compile(r"^interface (?:\w*Ethernet|Serial)[\d/]+$")
_REVERSIBLE_KEY = re.compile(r"^(ip ospf message-digest-key \d+ md5|key-string) (?:(\d) )?(\S+)$")


class CiscoIos(Vendor):
    """The platform ``cisco_ios``."""

    name = "cisco_ios"

    def normalise(self, text: str) -> str:
        """Noise dropped; keys, access lists and the administrative state of interfaces in one canonical form."""
        return conftree.render(self._tree(text))

    def remediate(self, running: str, intended: str) -> Remediation:
        """The commands for configuration mode from ``running`` to ``intended``, and back."""
        have, want = self._tree(running), self._tree(intended)
        lines = conftree.diff(self.masked(have), self.masked(want), self.quirks.ordered)
        commands, rollback = self._commands(have, want), self._commands(want, have)
        return Remediation(commands, rollback if commands else (), "\n".join(lines) if commands else "")

    def _commands(self, current: Node, target: Node) -> tuple[str, ...]:
        have, rest = acl.split(current)
        want, wanted_rest = acl.split(target)
        return (
            *acl.commands_before(have, want),
            *hier.commands_between(rest, wanted_rest, self.quirks),
            *acl.commands_after(have, want),
        )

    def _tree(self, text: str) -> Node:
        tree = acl.canonical(conftree.parse(drop_noise(text, self.quirks)))
        _canonical_keys(tree)
        for node in tree.children:
            if _INTERFACE.match(node.text):
                _explicit_state(node)
        tree.children = [node for node in tree.children if not _unused(node)]
        conftree.merge_duplicates(tree)
        return tree


def _canonical_keys(node: Node) -> None:
    for child in node.children:
        if found := _REVERSIBLE_KEY.match(child.text):
            child.text = f"{found.group(1)} {type7.canonical(found.group(2), found.group(3))}"
        _canonical_keys(child)


def _explicit_state(interface: Node) -> None:
    """Write out ``no shutdown``, which IOS does not show: undoing a ``shutdown`` needs the command."""
    if not interface.child("shutdown") and not interface.child("no shutdown"):
        interface.children.append(Node("no shutdown"))


def _unused(node: Node) -> bool:
    """A physical interface that is off and empty is the same as one that nobody mentions."""
    return bool(_PHYSICAL.match(node.text)) and [child.text for child in node.children] == ["shutdown"]

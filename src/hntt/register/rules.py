"""What can be found, as a catalogue: every code with its severity, its page's texts, and the laws that yield it.

A *rule* is a code. The loader's rules are listed in ``catalogue``; a law brings its own rule with ``@law``.
Codes are permanent: a page, a ticket or a filter may name them. A rule that goes leaves its number unused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hntt.register.findings import Finding, Position, Severity, Text

if TYPE_CHECKING:
    from hntt.register.context import Context
    from hntt.register.models import Register

    Law = Callable[[Register, Context], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """One code: its title, why it matters and how to mend it, in both languages."""

    code: str
    severity: Severity
    title: Text
    why: Text
    mend: Text


@dataclass(frozen=True)
class Fault:
    """What a law yields; the rule adds code, severity and, where the fault has none of its own, the hint."""

    position: Position
    path: str
    message: Text
    value: Any = None
    expected: Text | None = None
    hint: Text | None = None
    related: tuple[Position, ...] = ()


RULES: dict[str, Rule] = {}
_LAWS: dict[str, Law] = {}


def rule(code: str, severity: Severity, *, title: Text, why: Text, mend: Text) -> Rule:
    """Enter a rule in the catalogue; a code can be used once."""
    if code in RULES:
        raise ValueError(f"code {code} is taken")
    RULES[code] = Rule(code, severity, title, why, mend)
    return RULES[code]


def finding(of: Rule, fault: Fault) -> Finding:
    """The fault as a finding of this rule."""
    return Finding(
        code=of.code,
        severity=of.severity,
        position=fault.position,
        message=fault.message,
        hint=fault.hint or of.mend,
        path=fault.path,
        value=fault.value,
        expected=fault.expected,
        related=fault.related,
    )


def law(
    code: str, severity: Severity, *, title: Text, why: Text, mend: Text
) -> Callable[[Callable[[Register, Context], Iterable[Fault]]], Law]:
    """Register a law: a function from the whole register to the faults it finds."""
    of = rule(code, severity, title=title, why=why, mend=mend)

    def register_law(function: Callable[[Register, Context], Iterable[Fault]]) -> Law:
        def checked(register: Register, context: Context) -> Iterator[Finding]:
            return (finding(of, fault) for fault in function(register, context))

        checked.__name__, checked.__doc__ = function.__name__, function.__doc__
        checked.__module__ = function.__module__
        _LAWS[code] = checked
        return checked

    return register_law


def laws_of(package: str) -> list[Law]:
    """The laws defined in a package's modules, in the order of their codes."""
    return [_LAWS[code] for code in sorted(_LAWS) if _LAWS[code].__module__.startswith(package)]

"""The laws that the register alone can judge, by theme. Importing this package registers them.

R3xx names and identities, R4xx numbers and prefixes, R5xx meetings, R7xx places, states and assumptions,
R8xx the decision. R6xx, which need derived facts, are in ``hntt.network.laws``.
"""

from hntt.register.laws import assumptions, decision, exceptions, identity, meetings, numbers, places, states

__all__ = ["assumptions", "decision", "exceptions", "identity", "meetings", "numbers", "places", "states"]

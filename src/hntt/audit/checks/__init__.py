"""Acceptance checks: each is commands and a pure function over what they print."""

from hntt.audit.checks.mcu import DOORS, PEERS, SERVER
from hntt.audit.checks.model import Check, Finding, Status, Subject, UnreadableError, Verdict, verdict
from hntt.audit.checks.paths import PATHS
from hntt.audit.checks.pc import PC
from hntt.audit.checks.qos import QOS
from hntt.audit.checks.routing import NEIGHBOURS, ROUTES
from hntt.audit.checks.segmentation import SEGMENTATION
from hntt.audit.checks.services import CLOCK, LOG, NAMES, SEND_LOG

ON_DEVICES: tuple[Check, ...] = (NEIGHBOURS, ROUTES, QOS, CLOCK, NAMES, SEND_LOG, SERVER, PEERS, PC)
"""Checks made on the devices themselves, first."""
AFTERWARDS: tuple[Check, ...] = (LOG, PATHS)
"""Checks made at the centre, once the devices have had their say."""
IN_ROOMS: tuple[Check, ...] = (SEGMENTATION, DOORS)
"""Checks made from where the PCs stand."""

__all__ = [
    "AFTERWARDS",
    "IN_ROOMS",
    "ON_DEVICES",
    "Check",
    "Finding",
    "Status",
    "Subject",
    "UnreadableError",
    "Verdict",
    "verdict",
]

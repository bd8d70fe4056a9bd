"""Linux hosts as they are: one probe per host, compared with the declared state."""

from hntt.audit.linux.compare import IN_FORCE, Drift, compare
from hntt.audit.linux.fleet import LinuxHost, LinuxReading, read_linux_fleet
from hntt.audit.linux.request import PROBE_COMMAND, ProbeError, ProbeResult, parse_answer, probe_script

__all__ = [
    "IN_FORCE",
    "PROBE_COMMAND",
    "Drift",
    "LinuxHost",
    "LinuxReading",
    "ProbeError",
    "ProbeResult",
    "compare",
    "parse_answer",
    "probe_script",
    "read_linux_fleet",
]

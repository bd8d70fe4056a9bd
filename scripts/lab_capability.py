"""Whether this machine can run the container lab: exit 0 when it can, 3 when it cannot; prints the reason.

Any other exit code means that it could not be found out.
"""

from __future__ import annotations

import sys

from hntt.lab.capability import capability

CANNOT = 3


def main() -> int:
    """Print what stands in the way, or what is worked around; return the exit code."""
    found = capability()
    print(found.arrangements if found.ok else found.reason)
    return 0 if found.ok else CANNOT


if __name__ == "__main__":
    sys.exit(main())

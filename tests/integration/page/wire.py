"""What passes a host's interface: UDP by direction and mark, counted from the packets themselves."""

from __future__ import annotations

import socket
import struct
import time
from collections import Counter
from dataclasses import dataclass

from hntt.lab.netns import call_in

_ALL, _IPV4 = 0x0003, 0x0800  # a socket for one protocol sees nothing of what leaves
_UDP = 17
_EVERY_S = 0.2


@dataclass(frozen=True)
class Passed:
    """One direction with one mark; ``bytes`` with their IP headers."""

    packets: int = 0
    bytes: int = 0

    def kbps(self, seconds: float) -> float:
        """The rate over a measurement of that length."""
        return self.bytes * 8 / seconds / 1000


def watch_udp(namespace: str, interface: str, seconds: float) -> dict[tuple[str, int], Passed]:
    """Count for so long: ``("out", 46)`` is what left with DSCP 46."""
    packets: Counter[tuple[str, int]] = Counter()
    sizes: Counter[tuple[str, int]] = Counter()

    def count() -> None:
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL)) as wire:
            wire.bind((interface, _ALL))
            wire.settimeout(_EVERY_S)
            give_up = time.monotonic() + seconds
            while time.monotonic() < give_up:
                try:
                    head, origin = wire.recvfrom(64)
                except TimeoutError:
                    continue
                length, proto = struct.unpack_from("!2xH5xB", head)
                if origin[1] == _IPV4 and proto == _UDP:
                    key = ("out" if origin[2] == socket.PACKET_OUTGOING else "in", head[1] >> 2)
                    packets[key] += 1
                    sizes[key] += length

    call_in(namespace, count)
    return {key: Passed(packets[key], sizes[key]) for key in packets}

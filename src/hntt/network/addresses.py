"""Addresses from a site's permanent number: nothing is stored, so nothing can drift apart.

Hosts of a conference network: .1 router, .2 VCS unit, .3 PC. Hosts of the services network: .1 router,
.10 controller services, .20+n MCU server n, the last usable one the operator's station.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from hntt.register.models import NUMBERS_PER_BLOCK, Prefixes

LINE_PREFIX_LENGTH = 30
CONFERENCE_PREFIX_LENGTH = 28
ROUTER, VCS, PC = 1, 2, 3
NOC, MCU_BASE = 10, 20
NUMBERS = 1024


def loopback(prefixes: Prefixes, number: int) -> IPv4Address:
    """The router's own address and router id."""
    return prefixes.loopbacks[number]


def line_network(prefixes: Prefixes, number: int) -> IPv4Network:
    """The /30 of the line whose spoke is this site."""
    return _nth(prefixes.lines, LINE_PREFIX_LENGTH, number)


def conference_network(prefixes: Prefixes, number: int) -> IPv4Network:
    """The /28 of a meeting room."""
    return _nth(prefixes.conference, CONFERENCE_PREFIX_LENGTH, number)


def interface(network: IPv4Network, host: int) -> IPv4Interface:
    """The n-th address of a network with the network's mask."""
    return IPv4Interface(f"{network[host]}/{network.prefixlen}")


def summary(prefix: IPv4Network, per_number: int, block: int) -> IPv4Network:
    """The part of ``prefix`` that belongs to a block of 64 numbers when each number takes ``per_number`` addresses."""
    length = 32 - (NUMBERS_PER_BLOCK * per_number - 1).bit_length()
    return _nth(prefix, length, block)


def needed_prefix_length(per_number: int) -> int:
    """The longest prefix that holds all 1024 numbers."""
    return 32 - (NUMBERS * per_number - 1).bit_length()


def _nth(prefix: IPv4Network, length: int, index: int) -> IPv4Network:
    base = int(prefix.network_address) + (index << (32 - length))
    network = IPv4Network((base, length))
    if not network.subnet_of(prefix):
        raise ValueError(f"{prefix} has no /{length} number {index}")
    return network

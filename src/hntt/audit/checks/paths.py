"""Every site is reached from the centre, and by the way the register draws: commune, district, centre."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hntt.audit.checks.model import Check, Finding, Subject, UnreadableError, shown
from hntt.i18n import tr
from hntt.network.addresses import ROUTER
from hntt.network.model import Device, Kind, Network, Tier

# A router answers one "time exceeded" a second per asker after a burst of six, hence the tries.
_SCRIPT = """
ping="sudo -n ping"
look() {
  if $ping -n -q -c 2 -i 0.3 -W 1 -t "$2" "$1" >/dev/null 2>&1; then echo "end $1 $2"
  elif $ping -n -q -c 2 -i 0.3 -W 1 "$1" >/dev/null 2>&1; then echo "end $1 far"; return
  else echo "end $1 lost"; return; fi
  hop=; try=0
  while [ -z "$hop" ] && [ "$try" -lt 40 ] && [ "$2" -gt 1 ]; do
    hop=$($ping -n -c 1 -W 1 -t $(($2 - 1)) "$1" 2>/dev/null | sed -n 's/^From \\([0-9.]*\\)[: ].*exceeded.*/\\1/p')
    try=$((try + 1)); [ -n "$hop" ] || sleep 0.7
  done
  echo "hop $1 ${hop:--}"
}
"""


def path_script(subject: Subject) -> str:
    """The shell program that looks at every router of the inventory from the controller, all at once."""
    looks = "".join(f"look {address(device)} {len(way)} &\n" for device, way in ways(subject))
    return f"{_SCRIPT}{looks}wait\n"


def ways(subject: Subject) -> list[tuple[Device, list[str]]]:
    """Each router that is there, with the routers from the centre to it."""
    routers = [d for d in subject.network.devices.values() if d.kind is Kind.ROUTER and d.host in subject.present]
    return [(device, way(subject.network, device)) for device in routers]


def way(network: Network, device: Device) -> list[str]:
    """The routers from the centre's down to ``device``, itself included."""
    hosts = [device.host]
    while hosts[0] in network.lines:
        hosts.insert(0, network.lines[hosts[0]].hub)
    return hosts


def address(device: Device) -> str:
    """The router's address in its site's meeting-room network."""
    return str(device.site.conference[ROUTER])


def judge_paths(subject: Subject, outputs: Sequence[str]) -> Iterator[Finding]:
    """Reached, over as many routers as the register has between, the last of them the site's hub."""
    rows = [line.split() for line in outputs[0].splitlines() if line.startswith(("end ", "hop "))]
    if not rows:
        raise UnreadableError(outputs[0].strip()[:80] or tr(vi="không có kết quả ping", en="no result of ping"))
    ends = {row[1]: row[2] for row in rows if row[0] == "end"}
    hops = {row[1]: row[2] for row in rows if row[0] == "hop"}
    owners = address_owners(subject.network)
    for device, path in ways(subject):
        place = address(device)
        if ends.get(place) != str(len(path)):
            told = {"lost": tr(vi="không trả lời", en="no answer"), "far": tr(vi="đường vòng", en="a detour")}
            state = ends.get(place, "lost")
            yield Finding(f"{device.host} {place}", shown(path), told.get(state, state))
        elif len(path) > 1 and owners.get(hops.get(place, "")) != path[-2]:
            seen = hops.get(place, "-")
            yield Finding(f"{device.host} {place}", shown(path), owners.get(seen, seen))


def address_owners(network: Network) -> dict[str, str]:
    """Address to router, for every address that a router may answer from."""
    owners: dict[str, str] = {}
    for device in network.devices.values():
        if device.kind is Kind.ROUTER:
            owners[str(device.site.loopback)] = owners[address(device)] = device.host
            if device.tier is Tier.PROVINCE:
                owners[str(network.services[ROUTER])] = device.host
    for line in network.lines.values():
        owners[str(line.hub_address.ip)] = line.hub
        owners[str(line.spoke_address.ip)] = line.spoke
    return owners


PATHS = Check(
    name="paths",
    vi="từ trung tâm đến được mọi điểm, đi đúng đường xã - huyện - tỉnh",
    en="every site is reached from the centre, by way of its district",
    kinds=frozenset({Kind.NOC}),
    platforms=frozenset({"debian"}),
    commands=lambda subject: [path_script(subject)],
    judge=lambda subject, outputs: list(judge_paths(subject, outputs)),
)

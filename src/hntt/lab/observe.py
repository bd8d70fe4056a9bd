"""What is there of a lab, read from the system (never from a record)."""

from __future__ import annotations

import os
from typing import Any

from hntt.lab import netns
from hntt.lab.engine import Engine, namespace_path
from hntt.lab.links import Shape
from hntt.lab.names import SPEC_LABEL, Lab
from hntt.lab.plan import Observed, ObservedContainer, ObservedLink
from hntt.lab.topology import Topology


def observe(topology: Topology, engine: Engine) -> Observed:
    """Everything of the lab that the plan compares with the topology."""
    lab = engine.lab
    namespaces = netns.usable_namespaces(lab)
    bare = [lab.namespace(h.name) for h in topology.hosts if not h.is_container]
    return Observed(
        namespaces=namespaces,
        links=observe_links(lab) if lab.lines_namespace in namespaces else {},
        containers=observe_containers(engine),
        addresses={name: netns.addresses(name) for name in bare if name in namespaces},
    )


def observe_links(lab: Lab) -> dict[str, ObservedLink]:
    """All links of the lines namespace but its loopback, with what shapes them."""
    shapes = {q["dev"]: _shape(q["options"]) for q in netns.show_qdiscs(lab.lines_namespace) if q["kind"] == "tbf"}
    return {
        link["ifname"]: ObservedLink(
            up="UP" in link["flags"],
            bridge=link.get("master", ""),
            shape=shapes.get(link["ifname"]),
        )
        for link in netns.show_links(lab.lines_namespace)
        if link["ifname"] != "lo"
    }


def _shape(options: dict[str, Any]) -> Shape:
    # tc reports the rate in bytes per second and the latency in microseconds, rounded by the kernel's clock.
    return Shape(int(options["rate"]) * 8, int(options["burst"]), round(int(options["lat"]) / 1000))


def observe_containers(engine: Engine) -> dict[str, ObservedContainer]:
    """The lab's containers by name."""
    mounts = engine.mount_points()
    result = {}
    for record in engine.containers():
        name = record["Names"][0]
        host = name.removeprefix(engine.lab.prefix)
        result[name] = ObservedContainer(
            running=record["State"] == "running",
            spec=record["Labels"].get(SPEC_LABEL, ""),
            mounted=str(engine.lab.root_dir(host)) in mounts,
            wired=is_wired(engine.lab, host, int(record["Pid"])),
        )
    return result


def is_wired(lab: Lab, host: str, pid: int) -> bool:
    """Whether a process runs in the network namespace that bears the host's name now."""
    try:
        return os.path.samestat(
            os.stat(f"/proc/{pid}/ns/net"),  # noqa: PTH116
            namespace_path(lab.namespace(host)).stat(),
        )
    except OSError:
        return False

"""What templates of Linux roles may use beyond Jinja2's own filters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from typing import NoReturn

from jinja2 import Environment, TemplateRuntimeError

from hntt.i18n import tr
from hntt.intent.kiosk import kiosk_policies
from hntt.intent.router.segmentation import flows_of_facts

_REVERSE = ".in-addr.arpa"


def install(environment: Environment) -> None:
    """Give the filters , ``fail(vi=…, en=…)`` and ``kiosk_policies(…)`` to an environment."""
    environment.globals["fail"] = _fail
    environment.globals["kiosk_policies"] = kiosk_policies
    environment.filters.update(
        content_serial=content_serial,
        zone_records=zone_records,
        reverse_zones=reverse_zones,
        device_name=device_name,
        nth_address=nth_address,
        segmentation_flows=flows_of_facts,
    )


def content_serial(text: str) -> int:
    """A zone serial that follows from the zone's content: equal content, equal serial.

    It does not grow from change to change, which only secondary servers would need.
    """
    return int(hashlib.sha256(text.encode("utf-8")).hexdigest()[:8], 16) or 1


def zone_records(records: Iterable[Mapping[str, str]], zone: str) -> list[dict[str, str]]:
    """The records whose names lie in ``zone``, names relative to it (``@`` is the zone itself), sorted.

    Records have ``name``, ``type`` and ``value``; names in values get the dot that makes them absolute.
    """
    found = [
        {"name": _relative(record["name"], zone), "type": record["type"], "value": _absolute(record)}
        for record in records
        if record["name"] == zone or record["name"].endswith(f".{zone}")
    ]
    return sorted(found, key=lambda record: (record["name"], record["type"], record["value"]))


def reverse_zones(records: Iterable[Mapping[str, str]]) -> list[str]:
    """The zones that hold the records' PTR names: one for each /16 of addresses in use."""
    names = (record["name"].removesuffix(_REVERSE) for record in records if record["type"] == "PTR")
    return sorted({".".join(name.split(".")[2:]) + _REVERSE for name in names})


def device_name(name: str) -> str:
    """The device in the name of one of its interfaces: ``wan.rt.le-thuy`` is ``rt.le-thuy``."""
    first, _, rest = name.partition(".")
    return rest if rest.startswith("rt.") and (first in ("lan", "wan", "srv") or first.startswith("ln")) else name


def nth_address(network: str, number: int) -> str:
    """The address with this number in a network: ``10.44.64.0/28`` and 2 give ``10.44.64.2``."""
    return str(IPv4Network(network)[number])


def _fail(vi: str, en: str) -> NoReturn:
    raise TemplateRuntimeError(tr(vi=vi, en=en))


def _relative(name: str, zone: str) -> str:
    return "@" if name == zone else name.removesuffix(f".{zone}")


def _absolute(record: Mapping[str, str]) -> str:
    is_name = record["type"] in ("CNAME", "PTR", "NS", "MX", "SRV")
    return f"{record['value']}." if is_name and not record["value"].endswith(".") else record["value"]

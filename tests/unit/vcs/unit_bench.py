"""A unit to talk to: simulated, behind real SSH, with a registrar that knows one password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from hntt.devices.results import ApplyResult
from hntt.devices.roomos import Patience, apply_unit
from hntt.devices.target import Target
from hntt.intent.secrets import SecretValues
from hntt.intent.vcs import UnitIntent, render_unit, unit_facts, unit_settings
from hntt.inventory.source import Source, read_source
from hntt.lab.simulators.xapi.fleet import UnitFleet
from hntt.lab.simulators.xapi.server import Access
from hntt.lab.simulators.xapi.stand_in import StandInSip
from hntt.lab.simulators.xapi.unit import Unit

PROJECT = Path(__file__).resolve().parents[3]
ROLES = PROJECT / "roles"
NAME = "vcs.le-thuy"
LOGIN = "LoginS3cret"
CANARY = "Canary-S1p-S3cret"
SECRETS = SecretValues({"sip": "the-master-of-others", f"sip/{NAME}": CANARY, "vcs_password": LOGIN})
QUICK = Patience(reconnect_s=0.5, registration_s=0.3, settle_s=0.25, poll_s=0.02)


@lru_cache
def source() -> Source:
    return read_source(PROJECT / "inventories/quang_binh/register")


def intent(host: str = NAME, secrets: SecretValues = SECRETS, **settings: Any) -> UnitIntent:
    chosen = unit_settings(ROLES, settings)
    return render_unit(unit_facts(source().register, source().network, host, chosen), secrets)


def with_values(wanted: UnitIntent, **values: str) -> UnitIntent:
    return replace(wanted, values={**wanted.values, **values})


@dataclass
class Bench:
    """One unit, its registrar, and how it is reached."""

    fleet: UnitFleet
    unit: Unit
    sip: StandInSip
    target: Target

    def apply(self, wanted: UnitIntent | None = None, **options: Any) -> ApplyResult:
        return apply_unit(self.target, wanted or intent(), patience=options.pop("patience", QUICK), **options)

    @property
    def sets(self) -> int:
        """How many values the unit has taken."""
        return self.unit.sets

    def value(self, path: str) -> str:
        return self.unit.store.value(path)

    def values(self) -> dict[str, str]:
        return {leaf.path: value for leaf, value in self.unit.store.below("")}


@contextmanager
def bench(folder: Path, software: str = "roomos11", password: str = CANARY) -> Iterator[Bench]:
    """A unit as from the factory; its registrar takes ``password``."""
    sip = StandInSip("404481", password)
    unit = Unit(software, sip=sip, file=folder / "configuration.json")
    with UnitFleet({NAME: unit}, Access("hntt", LOGIN)) as fleet:
        target = Target(
            NAME,
            "cisco_roomos",
            fleet.address,
            "hntt",
            fleet.write_known_hosts(folder / "known_hosts"),
            port=fleet.port(NAME),
            password=LOGIN,
            connect_timeout_s=5,
            read_timeout_s=2,
        )
        yield Bench(fleet, unit, sip, target)

"""The shape of the register. Laws over the whole (sums, uniqueness, capacity) are in ``laws``.

Every field that nobody may know yet is optional and absent until surveyed. Unknown keys are refused.
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from hntt.register.units import RateKbps

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Mac = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")]
Serial = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9./_-]{2,39}$")]
GsoCode = Annotated[str, StringConstraints(pattern=r"^\d{5}$")]
DistrictCode = Annotated[str, StringConstraints(pattern=r"^\d{3}$")]
Number = Annotated[int, Field(strict=True, ge=0, le=1023)]
Vnd = Annotated[int, Field(strict=True, ge=0)]
Phase = Literal[1, 2]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0)]
Percent = Annotated[int, Field(strict=True, ge=1, le=100)]
# Below ten percent signalling, which takes its share of any rate, would leave nothing for media.
MediaPercent = Annotated[int, Field(strict=True, ge=10, le=100)]

NUMBERS_PER_BLOCK = 64


class State(StrEnum):
    """How far a site is. A gate lists what each state needs before a site may enter it."""

    PLANNED = "planned"
    SURVEYED = "surveyed"
    READY = "ready"
    LIVE = "live"
    CLOSED = "closed"


class RouterPlatform(StrEnum):
    """What a router runs."""

    FRR = "frr"
    CISCO_IOS = "cisco_ios"
    MIKROTIK_ROUTEROS = "mikrotik_routeros"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)


class Asset(_Model):
    """A thing with a serial number and no address: camera, television."""

    model: str | None = None
    serial: Serial | None = None


class Router(_Model):
    """A site's router. ``ports`` names the physical ports where they differ from the platform's defaults."""

    platform: RouterPlatform | None = None
    model: str | None = None
    serial: Serial | None = None
    mac: Mac | None = None
    ports: dict[Literal["wan", "lan", "trunk", "services"], str] | None = None


class Endpoint(_Model):
    """A PC, a VCS unit or a server."""

    model: str | None = None
    serial: Serial | None = None
    mac: Mac | None = None
    software: str | None = None


class CommunePc(Endpoint):
    """A commune's meeting PC. ``disk_serial`` is the disk that reimaging may erase, whatever else is plugged in."""

    disk_serial: Serial | None = None


class LeasedLine(_Model):
    """The leased line that joins a site to the one above it. ``rate`` applies in each direction."""

    id: str | None = None
    provider: str | None = None
    rate: RateKbps | None = None


class Room(_Model):
    """The meeting room, as surveyed."""

    place: str | None = None
    seats: Annotated[int, Field(strict=True, ge=1, le=2000)] | None = None
    upgraded: Flag | None = None
    furniture: Flag | None = None
    sound: Flag | None = None
    display: Flag | None = None
    ups: Flag | None = None


class _Site(_Model):
    number: Number
    name: Annotated[str, StringConstraints(min_length=2, max_length=80)]
    slug: Slug | None = None
    at: (
        tuple[Annotated[float, Field(strict=True, ge=8, le=24)], Annotated[float, Field(strict=True, ge=102, le=110)]]
        | None
    ) = None
    state: State | None = None
    line: LeasedLine | None = None
    call_rate: RateKbps | None = None
    room: Room | None = None
    router: Router | None = None


class Commune(_Site):
    """A commune: router, PC and camera in one room. ``name`` is the bare name, ``type`` stands beside it."""

    code: GsoCode
    type: Literal["xã", "phường", "thị trấn"]
    pc: CommunePc | None = None
    camera: Asset | None = None


class DistrictCentre(_Site):
    """The district's own room: router, VCS unit and television."""

    vcs: Endpoint | None = None
    tv: Asset | None = None


class District(_Model):
    """A cluster of sites with one room on one MCU server and one block of 64 numbers."""

    slug: Slug
    name: Annotated[str, StringConstraints(min_length=2, max_length=80)]
    type: Literal["huyện", "thị xã", "thành phố"]
    code: DistrictCode
    block: Annotated[int, Field(strict=True, ge=1, le=15)]
    mcu: str
    owner: str
    centre: DistrictCentre
    communes: Annotated[list[Commune], Field(min_length=1)]


class Mcu(_Model):
    """An MCU server at the centre. ``seats``: endpoints and cascade legs at once; ``licences``: rooms at once."""

    name: Annotated[str, StringConstraints(pattern=r"^mcu-[1-9]$")]
    role: Literal["province", "districts"]
    licences: Annotated[int, Field(strict=True, ge=1)]
    seats: Annotated[int, Field(strict=True, ge=2)]
    phase: Phase
    device: Endpoint | None = None


class Centre(_Site):
    """The province's centre: router, VCS unit, MCU servers and the controller services."""

    owner: str
    vcs: Endpoint | None = None
    tv: Asset | None = None
    noc: Endpoint | None = None


class Prefixes(_Model):
    """What the network's owner has allocated; the address plan derives from it and nothing else."""

    loopbacks: IPv4Network
    lines: IPv4Network
    conference: IPv4Network
    services: IPv4Network


class Services(_Model):
    """Names and upstreams of the controller services."""

    domain: Annotated[str, StringConstraints(pattern=r"^([a-z0-9-]+\.)+[a-z]{2,}$")]
    timezone: str
    upstream_ntp: list[str] = Field(default_factory=list)


class Dscp(_Model):
    """The marks of the three media classes, 0-63."""

    voice: Annotated[int, Field(strict=True, ge=0, le=63)]
    video: Annotated[int, Field(strict=True, ge=0, le=63)]
    signalling: Annotated[int, Field(strict=True, ge=0, le=63)]


class Qos(_Model):
    """Marks and limits. ``marks_of`` holds a kind of device that cannot mark as the network does (a fault)."""

    dscp: Dscp
    marks_of: dict[Literal["mcu", "vcs", "commune_pc", "router"], Dscp] = Field(default_factory=dict)
    voice_rate: RateKbps
    overhead: Percent
    media_limit: MediaPercent
    voice_limit: Percent


class TierDefaults(_Model):
    """What every site of a tier has unless it says otherwise."""

    line: LeasedLine
    call_rate: RateKbps
    router: Router


class Defaults(_Model):
    """Defaults, written once."""

    state: State
    province: TierDefaults
    district: TierDefaults
    commune: TierDefaults


class Assumption(_Model):
    """A value that no document gives and nobody has surveyed: where, why this value, and who replaces it."""

    path: str
    reason: str
    until: str


class SecurityException(_Model):
    """A security rule that some kinds of device can't keep: why, what is done instead, who answers for it, until when.

    ``owner`` is an office, no person. ``until`` is the last day (YYYY-MM-DD) on which it holds.
    """

    rule: str
    kinds: Annotated[list[Literal["router", "mcu", "vcs", "commune_pc", "noc"]], Field(min_length=1)]
    reason: str
    controls: Annotated[list[str], Field(min_length=1)]
    owner: str
    until: Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]


class Meetings(_Model):
    """How meetings count against licences and seats."""

    cascade_counts_as_site: Flag
    reserved_chair_seats: Annotated[int, Field(strict=True, ge=0, le=5)]


Subject = Literal[
    "province_bridge",
    "mcu_upgrade",
    "commune_equipment",
    "centre_room",
    "district_rooms",
    "commune_rooms",
    "lines",
    "district_lines",
    "commune_lines",
    "other",
]
Payer = Literal["tỉnh", "huyện", "xã"]


class BudgetLine(_Model):
    """One row of the decision's table or annex, as printed; ``subject`` says what it pays for."""

    id: str
    subject: Subject
    item: str
    amount: Vnd
    payer: list[Payer]
    phase: Phase
    period: str
    executor: str | None = None


class AnnexRow(_Model):
    """What the annex says of the same row in every district: its text, who pays and who carries it out."""

    item: str
    payer: list[Payer]
    executor: str


class AnnexRows(_Model):
    """The three rows the annex repeats for each district."""

    equipment: AnnexRow
    lines_per_year: AnnexRow
    rooms: AnnexRow


class AnnexDistrict(_Model):
    """The annex's rows for one district, VND."""

    district: Slug
    equipment: Vnd
    lines_per_year: Vnd
    rooms: Vnd
    total: Vnd


class Quantities(_Model):
    """What the decision asks to be built."""

    mcu_phase_1: Count
    licences_phase_1: Count
    mcu_phase_2: Count
    licences_phase_2: Count
    vcs: Count
    commune_endpoints: Count
    district_rooms: Count
    commune_rooms: Count
    centre_rooms: Count


class Decision(_Model):
    """The decision as printed; its own contradictions are kept, and reported by ``hntt check``."""

    title: str
    issued: str
    number: str | None = None
    total: Vnd
    phase_1: Vnd
    phase_2: Vnd
    quantities: Quantities
    room_per_commune: Vnd
    room_per_district: Vnd
    line_per_commune_year: Vnd
    equipment_per_commune: Vnd
    table: list[BudgetLine]
    annex: list[BudgetLine]
    annex_rows: AnnexRows
    annex_districts: list[AnnexDistrict]
    missing_items: list[str]


class Province(_Model):
    """Name and code of the province, and the year whose commune codes the register uses."""

    name: str
    code: Annotated[str, StringConstraints(pattern=r"^\d{2}$")]
    valid_year: Annotated[int, Field(strict=True, ge=2019, le=2100)]


class ProvinceFile(_Model):
    """``province.yml``."""

    province: Province
    services: Services
    prefixes: Prefixes
    qos: Qos
    meetings: Meetings
    defaults: Defaults
    centre: Centre
    mcus: Annotated[list[Mcu], Field(min_length=1)]
    districts: Annotated[list[Slug], Field(min_length=1)]
    assumed: list[Assumption] = Field(default_factory=list)
    exceptions: list[SecurityException] = Field(default_factory=list)
    decision: Decision


class DistrictFile(_Model):
    """``districts/<slug>.yml``."""

    district: District


class Register(_Model):
    """Everything people edit, in one object."""

    province: ProvinceFile
    districts: list[District]

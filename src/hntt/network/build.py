"""From the register to the network: one pass, all 339 devices and the controller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from hntt.network import addresses, dialplan
from hntt.network.bandwidth import classes, demand
from hntt.network.model import Device, Kind, Line, Network, Site, Summary, Tier
from hntt.register.models import (
    Centre,
    Commune,
    District,
    DistrictCentre,
    Endpoint,
    ProvinceFile,
    Register,
    Router,
    State,
    TierDefaults,
)
from hntt.register.slugs import slugify

CENTRE_LABEL = "tinh"
LOOPBACK_STEP, LINE_STEP, CONFERENCE_STEP = 1, 4, 16
MCU_PLATFORM, VCS_PLATFORM, PC_PLATFORM, NOC_PLATFORM = "asterisk", "cisco_roomos", "debian_kiosk", "debian"


@dataclass(frozen=True)
class Place:
    """A site of the register with what it inherits; the closed ones are left out."""

    site: Site
    entry: Centre | DistrictCentre | Commune
    defaults: TierDefaults
    hub: str | None

    @property
    def router_host(self) -> str:
        """The site's router."""
        return f"rt.{self.site.label}"

    @property
    def line_rate_kbps(self) -> int:
        """The rate of the line to the hub: the site's own, else its tier's."""
        rate = (self.entry.line.rate if self.entry.line else None) or self.defaults.line.rate
        if rate is None:
            raise ValueError(f"no line rate for {self.site.label}")
        return rate


@dataclass(frozen=True)
class Identity:
    """What differs between tiers when a site is named."""

    label: str
    slug: str | None
    tier: Tier
    district: str | None
    code: str
    phase: int
    owner: str


def build(register: Register) -> Network:
    """Derive the network. The register must be free of errors; closed sites have no devices and no lines."""
    province = register.province
    open_places = [place for place in places(register) if place.site.state != State.CLOSED]
    devices = {device.host: device for place in open_places for device in _devices(province, place)}
    return Network(
        domain=province.services.domain,
        sites={place.site.label: place.site for place in open_places},
        devices=devices,
        lines={line.spoke: line for line in _lines(province, open_places)},
        summaries={district.slug: _summary(province, district) for district in register.districts},
        services=province.prefixes.services,
        prefixes={name: getattr(province.prefixes, name) for name in type(province.prefixes).model_fields},
    )


def places(register: Register) -> Iterator[Place]:
    """Every site of the register, closed ones too: the centre, then each district and its communes."""
    province = register.province
    yield _centre(province)
    for district in register.districts:
        yield _district_centre(province, district)
        for commune in district.communes:
            yield _commune(province, district, commune)


def commune_slug(commune: Commune) -> str:
    """The register's slug, or the one made of the name."""
    return commune.slug or slugify(commune.name)


def _centre(province: ProvinceFile) -> Place:
    entry, defaults = province.centre, province.defaults.province
    site = _site(
        province,
        entry,
        defaults,
        Identity(CENTRE_LABEL, None, Tier.PROVINCE, None, province.province.code, 1, entry.owner),
    )
    return Place(site, entry, defaults, hub=None)


def _district_centre(province: ProvinceFile, district: District) -> Place:
    entry, defaults = district.centre, province.defaults.district
    identity = Identity(district.slug, district.slug, Tier.DISTRICT, district.slug, district.code, 1, district.owner)
    return Place(_site(province, entry, defaults, identity), entry, defaults, hub=f"rt.{CENTRE_LABEL}")


def _commune(province: ProvinceFile, district: District, commune: Commune) -> Place:
    defaults = province.defaults.commune
    slug = commune_slug(commune)
    identity = Identity(
        f"{slug}.{district.slug}",
        slug,
        Tier.COMMUNE,
        district.slug,
        commune.code,
        2,
        f"UBND {commune.type} {commune.name}",
    )
    return Place(_site(province, commune, defaults, identity), commune, defaults, hub=f"rt.{district.slug}")


def _site(
    province: ProvinceFile,
    entry: Centre | DistrictCentre | Commune,
    defaults: TierDefaults,
    identity: Identity,
) -> Site:
    return Site(
        number=entry.number,
        name=entry.name,
        slug=identity.slug,
        label=identity.label,
        tier=identity.tier,
        district=identity.district,
        code=identity.code,
        state=str(entry.state or province.defaults.state),
        phase=identity.phase,
        owner=identity.owner,
        at=entry.at,
        call_rate_kbps=entry.call_rate or defaults.call_rate,
        loopback=addresses.loopback(province.prefixes, entry.number),
        conference=addresses.conference_network(province.prefixes, entry.number),
    )


def _devices(province: ProvinceFile, place: Place) -> Iterator[Device]:
    yield _router(place)
    if isinstance(place.entry, Commune):
        yield _endpoint(place, Kind.COMMUNE_PC, "pc", PC_PLATFORM, addresses.PC, place.entry.pc)
        return
    yield _endpoint(place, Kind.VCS, "vcs", VCS_PLATFORM, addresses.VCS, place.entry.vcs)
    if isinstance(place.entry, Centre):
        yield _server(province, place, Kind.NOC, "noc", NOC_PLATFORM, addresses.NOC, place.entry.noc)
        for mcu in province.mcus:
            host = addresses.MCU_BASE + int(mcu.name.rpartition("-")[2])
            yield _server(province, place, Kind.MCU, mcu.name, MCU_PLATFORM, host, mcu.device)


def _router(place: Place) -> Device:
    own = place.entry.router or Router()
    platform = own.platform or place.defaults.router.platform
    if platform is None:
        raise ValueError(f"no router platform for {place.site.label}")
    return Device(
        host=place.router_host,
        kind=Kind.ROUTER,
        platform=str(platform),
        tier=place.site.tier,
        site=place.site,
        address=place.site.loopback,
        extension=None,
        serial=own.serial,
        mac=own.mac,
    )


def _endpoint(place: Place, kind: Kind, prefix: str, platform: str, host_number: int, entry: Endpoint | None) -> Device:
    digit = dialplan.VCS_DIGIT if kind is Kind.VCS else dialplan.PC_DIGIT
    return _host(
        place,
        kind,
        prefix,
        platform,
        place.site.conference[host_number],
        entry,
        dialplan.endpoint(place.site.number, digit),
    )


def _server(
    province: ProvinceFile,
    place: Place,
    kind: Kind,
    prefix: str,
    platform: str,
    host_number: int,
    entry: Endpoint | None,
) -> Device:
    return _host(place, kind, prefix, platform, province.prefixes.services[host_number], entry, None)


def _host(
    place: Place,
    kind: Kind,
    prefix: str,
    platform: str,
    address: IPv4Address,
    entry: Endpoint | None,
    extension: str | None,
) -> Device:
    return Device(
        host=f"{prefix}.{place.site.label}",
        kind=kind,
        platform=platform,
        tier=place.site.tier,
        site=place.site,
        address=address,
        extension=extension,
        serial=entry.serial if entry else None,
        mac=entry.mac if entry else None,
    )


def _lines(province: ProvinceFile, open_places: list[Place]) -> Iterator[Line]:
    for place in open_places:
        if place.hub is None:
            continue
        behind = [other for other in open_places if other is place or other.hub == place.router_host]
        load = demand([other.site.call_rate_kbps for other in behind], place.line_rate_kbps, province.qos)
        network = addresses.line_network(province.prefixes, place.site.number)
        yield Line(
            number=place.site.number,
            hub=place.hub,
            spoke=place.router_host,
            network=network,
            hub_address=addresses.interface(network, 1),
            spoke_address=addresses.interface(network, 2),
            rate_kbps=place.line_rate_kbps,
            demand=load,
            classes=classes(load, place.line_rate_kbps, province.qos),
        )


def _summary(province: ProvinceFile, district: District) -> Summary:
    prefixes = province.prefixes
    return Summary(
        block=district.block,
        loopbacks=addresses.summary(prefixes.loopbacks, LOOPBACK_STEP, district.block),
        lines=addresses.summary(prefixes.lines, LINE_STEP, district.block),
        conference=addresses.summary(prefixes.conference, CONFERENCE_STEP, district.block),
    )

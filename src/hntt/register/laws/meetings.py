"""Rooms, licences and seats of the MCU servers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from hntt.register.context import Context
from hntt.register.findings import Severity, Text
from hntt.register.models import Mcu, Register
from hntt.register.rules import Fault, law
from hntt.register.seats import endpoints_per_district, seats_needed

BALANCE_PERCENT = 10


@law(
    "R501",
    Severity.ERROR,
    title=Text("Huyện chọn máy chủ MCU không có", "A district names an MCU server that does not exist"),
    why=Text("Phòng họp của huyện sẽ không ở đâu cả.", "The district's room would be nowhere."),
    mend=Text("Chọn một máy chủ có role: districts.", "Choose a server with role: districts."),
)
def mcu_exists(register: Register, context: Context) -> Iterator[Fault]:
    """Every district's MCU is one of the servers for districts."""
    fit = [mcu.name for mcu in register.province.mcus if mcu.role == "districts"]
    roles = {mcu.name: mcu.role for mcu in register.province.mcus}
    for district in register.districts:
        if district.mcu in fit:
            continue
        known = district.mcu in roles
        yield context.fault(
            context.district(district.slug, "mcu"),
            f"{district.mcu} là máy chủ họp tỉnh." if known else f"Không có máy chủ {district.mcu}.",
            f"{district.mcu} serves the province." if known else f"There is no server {district.mcu}.",
            value=district.mcu,
            expected=Text(f"một trong: {', '.join(fit)}", f"one of: {', '.join(fit)}"),
        )


@law(
    "R502",
    Severity.ERROR,
    title=Text("Thiếu license phòng họp", "Too few licences"),
    why=Text(
        "Mỗi huyện cần một license riêng; thiếu một là có một huyện không mở được phòng khi các huyện khác đang họp.",
        "Each district needs a licence of its own; one too few and a district cannot meet while the others do.",
    ),
    mend=Text("Chuyển một huyện sang máy chủ khác hoặc thêm license.", "Move a district or add a licence."),
)
def enough_licences(register: Register, context: Context) -> Iterator[Fault]:
    """Rooms on each server (one per district; one for the province) do not exceed its licences."""
    for index, mcu in _servers(register):
        served = [district.name for district in register.districts if district.mcu == mcu.name]
        rooms = len(served) if mcu.role == "districts" else 1
        if rooms > mcu.licences:
            yield context.fault(
                context.province("mcus", index, "licences"),
                f"{mcu.name} có {mcu.licences} license cho {rooms} phòng họp ({', '.join(served)}).",
                f"{mcu.name} has licences for {mcu.licences} of {rooms} rooms ({', '.join(served)}).",
                value=mcu.licences,
                expected=Text(f"ít nhất {rooms}", f"at least {rooms}"),
            )


@law(
    "R503",
    Severity.ERROR,
    title=Text("Máy chủ MCU không đủ chỗ", "An MCU server has too few seats"),
    why=Text(
        "Khi mọi phòng họp cùng mở, điểm cầu gọi vào sau cùng bị từ chối. "
        "Chân nối ba cấp và chỗ của chủ tọa cũng là chỗ.",
        "When all its rooms meet, the last callers are refused. Cascade legs and chairs take seats too.",
    ),
    mend=Text("Chuyển một huyện sang máy chủ khác hoặc tăng seats.", "Move a district or raise seats."),
)
def enough_seats(register: Register, context: Context) -> Iterator[Fault]:
    """Seats of each server cover endpoints, cascade legs and reserved chairs of all its rooms at once."""
    for index, mcu in _servers(register):
        need = seats_needed(register, mcu)
        if need.total > mcu.seats:
            yield context.fault(
                context.province("mcus", index, "seats"),
                f"{mcu.name} có {mcu.seats} chỗ, cần {need.total} (điểm cầu {need.endpoints}, chân nối {need.legs}, "
                f"chủ tọa {need.chairs}).",
                f"{mcu.name} has {mcu.seats} seats and needs {need.total} (endpoints {need.endpoints}, "
                f"cascade legs {need.legs}, chairs {need.chairs}).",
                value=mcu.seats,
                expected=Text(f"ít nhất {need.total}", f"at least {need.total}"),
            )


@law(
    "R504",
    Severity.ERROR,
    title=Text("Không có đúng một máy chủ họp tỉnh", "Not exactly one server for the province"),
    why=Text(
        "Phòng họp tỉnh ở đúng một máy chủ; các phòng huyện nối vào đó khi họp ba cấp.",
        "The province's room is on one server; the districts' rooms join it in a three-tier meeting.",
    ),
    mend=Text("Đặt role: province cho đúng một máy chủ.", "Give role: province to exactly one server."),
)
def one_province_mcu(register: Register, context: Context) -> Iterator[Fault]:
    """Exactly one MCU has the province's role."""
    names = [mcu.name for mcu in register.province.mcus if mcu.role == "province"]
    if len(names) != 1:
        listed = ", ".join(names) or "0"
        yield context.fault(
            context.province("mcus"),
            f"Máy chủ có role: province: {listed}.",
            f"Servers with role: province: {listed}.",
            value=len(names),
            expected=Text("1", "1"),
        )


@law(
    "R505",
    Severity.WARNING,
    title=Text("Các máy chủ MCU tải lệch nhau", "The MCU servers are unevenly loaded"),
    why=Text(
        "Máy chủ tải nặng hơn quyết định chất lượng khi cả tỉnh cùng họp.",
        "The more loaded server sets the quality when the whole province meets.",
    ),
    mend=Text("Đổi mcu: của các huyện được nêu.", "Change mcu: of the districts named."),
)
def balanced_mcus(register: Register, context: Context) -> Iterator[Fault]:
    """No single move or exchange of districts would lower the highest load noticeably."""
    servers = {mcu.name: mcu.licences for mcu in register.province.mcus if mcu.role == "districts"}
    sizes = endpoints_per_district(register)
    homes = {district.slug: district.mcu for district in register.districts}
    if len(servers) < 2 or any(home not in servers for home in homes.values()):
        return
    best = min(_arrangements(homes, servers), key=lambda homes_: _peak(homes_, sizes, servers))
    now, then = _peak(homes, sizes, servers), _peak(best, sizes, servers)
    if (now - then) * 100 < now * BALANCE_PERCENT:
        return
    moved = {slug: home for slug, home in best.items() if homes[slug] != home}
    steps = ", ".join(f"{slug} → {home}" for slug, home in moved.items())
    yield context.fault(
        context.district(next(iter(moved)), "mcu"),
        f"Máy chủ nặng nhất có {now} điểm cầu; chuyển {steps} thì còn {then}.",
        f"The most loaded server has {now} endpoints; moving {steps} leaves {then}.",
        value=now,
    )


def _servers(register: Register) -> Iterator[tuple[int, Mcu]]:
    """The servers with their places; a name used twice (R309) counts once."""
    seen: set[str] = set()
    for index, mcu in enumerate(register.province.mcus):
        if mcu.name not in seen:
            yield index, mcu
        seen.add(mcu.name)


def _arrangements(homes: dict[str, str], servers: dict[str, int]) -> Iterator[dict[str, str]]:
    """The present homes, and every one that one move or one exchange leads to, licences permitting."""
    yield homes
    for slug, server in product(homes, servers):
        moved = {**homes, slug: server}
        if list(moved.values()).count(server) <= servers[server]:
            yield moved
    for one, other in product(homes, homes):
        yield {**homes, one: homes[other], other: homes[one]}


def _peak(homes: dict[str, str], sizes: dict[str, int], servers: dict[str, int]) -> int:
    return max(sum(sizes[slug] for slug, home in homes.items() if home == server) for server in servers)

"""Communes against the official list and the map."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hntt.register.context import Context, Entry
from hntt.register.findings import Severity, Text
from hntt.register.models import Commune, Register
from hntt.register.reference import Unit, distance_km, inside
from hntt.register.rules import Fault, law
from hntt.register.slugs import fold_tones

NEAR_KM = 2.0


def _listed(context: Context) -> Iterator[tuple[Entry, Commune]]:
    """The communes to compare: open ones, when there is a list for the register's year."""
    if context.reference.units:
        for entry in context.communes():
            if not entry.closed and isinstance(entry.site, Commune):
                yield entry, entry.site


@law(
    "R701",
    Severity.ERROR,
    title=Text("Mã và tên xã không khớp danh mục", "A commune's code and name do not match the list"),
    why=Text(
        "Mã sai nối sổ với xã khác: báo cáo, bản đồ và các lần sáp nhập sau này đều sai theo.",
        "A wrong code ties the register to another commune: reports, the map and later mergers go wrong with it.",
    ),
    mend=Text("Sửa mã hoặc tên theo danh mục trong data/.", "Correct code or name by the list in data/."),
)
def code_matches_name(register: Register, context: Context) -> Iterator[Fault]:
    """Code and name agree with the list of the register's year; both spellings of a tone are the same name."""
    by_name: dict[str, list[Unit]] = defaultdict(list)
    for unit in context.reference.units.values():
        by_name[fold_tones(unit.name)].append(unit)
    for entry, commune in _listed(context):
        here = context.reference.units.get(commune.code)
        if here and fold_tones(here.name) == fold_tones(commune.name):
            continue
        right = by_name.get(fold_tones(commune.name), [])
        belongs = f"thuộc về {here.name}" if here else "không có trong danh mục"
        belongs_en = f"belongs to {here.name}" if here else "is not in the list"
        codes = ", ".join(f"'{item.code}'" for item in right)
        yield context.site_fault(
            entry,
            "code",
            f"Mã {commune.code} của {entry.title.vi} {belongs}.",
            f"The code {commune.code} of {entry.title.en} {belongs_en}.",
            value=commune.code,
            expected=Text(codes, codes) if codes else None,
            hint=Text(f"Viết code: {codes}.", f"Write code: {codes}.") if codes else None,
        )


@law(
    "R702",
    Severity.WARNING,
    title=Text("Loại xã khác danh mục", "A commune's type differs from the list"),
    why=Text("Tên đầy đủ trong giấy mời và báo cáo sẽ sai.", "The full name in invitations and reports will be wrong."),
    mend=Text("Sửa type theo danh mục.", "Correct type by the list."),
)
def type_matches(register: Register, context: Context) -> Iterator[Fault]:
    """xã, phường and thị trấn are as in the list."""
    for entry, commune in _listed(context):
        unit = context.reference.units.get(commune.code)
        if unit and unit.type != commune.type:
            yield context.site_fault(
                entry,
                "type",
                f"{commune.name} ghi là {commune.type}.",
                f"{commune.name} is written as {commune.type}.",
                value=commune.type,
                expected=Text(unit.type, unit.type),
            )


@law(
    "R703",
    Severity.ERROR,
    title=Text("Xã nằm nhầm huyện", "A commune in the wrong district"),
    why=Text(
        "Xã sẽ nhận số hiệu, địa chỉ và phòng họp của huyện khác.", "It would get another district's numbers and room."
    ),
    mend=Text("Chuyển mục sang tệp của huyện đúng.", "Move the entry to the right district's file."),
)
def in_its_district(register: Register, context: Context) -> Iterator[Fault]:
    """A commune stands in the file of its district."""
    names = {district.code: district.name for district in register.districts}
    for entry, commune in _listed(context):
        unit = context.reference.units.get(commune.code)
        named = unit is not None and fold_tones(unit.name) == fold_tones(commune.name)
        if unit and named and entry.district and unit.district != entry.district.code:
            right = names.get(unit.district, unit.district)
            yield context.site_fault(
                entry,
                "code",
                f"{entry.title.vi} thuộc {right}, không thuộc {entry.district.name}.",
                f"{entry.title.en} belongs to {right}, not to {entry.district.name}.",
                value=commune.code,
                expected=Text(right, right),
            )


@law(
    "R704",
    Severity.WARNING,
    title=Text("Xã có trong danh mục mà không có trong sổ", "A commune of the list is not in the register"),
    why=Text("Xã bị sót sẽ không có địa chỉ, máy hay phòng họp.", "A commune left out gets no address, PC or room."),
    mend=Text(
        "Thêm xã, hoặc để state: closed nếu không còn.", "Add it, or keep it with state: closed when it is gone."
    ),
)
def all_listed(register: Register, context: Context) -> Iterator[Fault]:
    """Every commune of the list's districts is in the register, closed or not; one with a wrong code is R701's."""
    present = {commune.code for district in register.districts for commune in district.communes}
    for district in register.districts:
        names = {fold_tones(commune.name) for commune in district.communes}
        for unit in context.reference.units.values():
            if unit.district == district.code and unit.code not in present and fold_tones(unit.name) not in names:
                yield context.fault(
                    context.district(district.slug, "communes"),
                    f"Thiếu {unit.type} {unit.name} ({unit.code}).",
                    f"{unit.type} {unit.name} ({unit.code}) is missing.",
                    value=unit.code,
                )


@law(
    "R705",
    Severity.WARNING,
    title=Text("Tọa độ nằm ngoài huyện", "Coordinates outside the district"),
    why=Text(
        "Điểm sẽ hiện sai trên bản đồ; thường do gõ nhầm chữ số.", "The map will be wrong; mostly a digit mistyped."
    ),
    mend=Text("Kiểm tra lại [vĩ độ, kinh độ].", "Check [latitude, longitude]."),
)
def inside_district(register: Register, context: Context) -> Iterator[Fault]:
    """Coordinates lie in the district's area or within two kilometres of it (the areas are simplified)."""
    for entry in context.open_entries:
        area = context.reference.areas.get(entry.district.code) if entry.district else None
        if area is None or entry.site.at is None or entry.district is None:
            continue
        distance = distance_km(area, *entry.site.at)
        if not inside(area, *entry.site.at) and distance > NEAR_KM:
            shown = f"[{entry.site.at[0]:g}, {entry.site.at[1]:g}]"
            yield context.site_fault(
                entry,
                "at",
                f"{entry.title.vi} nằm cách {entry.district.name} khoảng {distance:.0f} km.",
                f"{entry.title.en} lies about {distance:.0f} km from {entry.district.name}.",
                value=shown,
            )


@law(
    "R706",
    Severity.NOTE,
    title=Text("Đã có sắp xếp đơn vị hành chính sau năm của sổ", "Communes were reorganised after the register's year"),
    why=Text(
        "Tên và mã xã trong sổ là của năm valid_year; giấy tờ mới dùng tên mới.",
        "Names and codes are those of valid_year; newer papers use newer names.",
    ),
    mend=Text(
        "Không cần sửa ngay: số hiệu không đổi. Khi chuyển năm, đối chiếu data/*_reorg_*.csv.",
        "Nothing to mend now: numbers stay. When moving to a later year, compare data/*_reorg_*.csv.",
    ),
)
def reorganised_since(register: Register, context: Context) -> Iterator[Fault]:
    """One remark per later reorganisation that touches communes of the register."""
    year = register.province.province.valid_year
    codes = {commune.code: commune.name for district in register.districts for commune in district.communes}
    for later, changed in context.reference.changed_by(codes):
        if changed:
            yield context.fault(
                context.province("province", "valid_year"),
                f"Sổ dùng danh mục {year}; từ {later} có {changed} xã trong sổ mang mã hoặc tên khác.",
                f"The register uses the list of {year}; by {later}, "
                f"{changed} of its communes have another code or name.",
                value=year,
            )

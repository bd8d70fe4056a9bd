"""Nothing that names a thing may name two: communes, codes, host names, serials, MACs, line identifiers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from hntt.register.context import Context, Entry
from hntt.register.findings import Severity, Text
from hntt.register.models import Register
from hntt.register.rules import Fault, law
from hntt.register.slugs import fold_tones
from hntt.register.sources import KeyPath, SourceFile


class Use(NamedTuple):
    """One use of a value: the form that must be unique, the value as written, its place and who uses it."""

    key: str
    value: str
    place: tuple[SourceFile, KeyPath]
    user: str


def _repeated(context: Context, uses: Iterable[Use], noun: Text) -> Iterator[Fault]:
    """A fault for every use after the first, pointing back to it."""
    first: dict[str, Use] = {}
    for use in uses:
        before = first.setdefault(use.key, use)
        if before is use:
            continue
        where = context.position(before.place)
        at = where.shown(context.sources.base)
        yield context.fault(
            use.place,
            f"{noun.vi} {use.value} đã dùng cho {before.user} ({at}).",
            f"{noun.en} {use.value} is already used by {before.user} ({at}).",
            value=use.value,
            related=(where,),
        )


def _uses(
    entries: Iterable[Entry], key: str, form: Callable[[str], str] = str, *, under: str | None = None
) -> Iterator[Use]:
    """The values of a (dotted) field of every site that has it."""
    for entry in entries:
        value: Any = entry.site
        for step in key.split("."):
            value = getattr(value, step, None)
        if value is not None:
            scope = f"{getattr(entry.district, under)}/" if under and entry.district else ""
            path = (*entry.path, *key.split("."))
            yield Use(scope + form(str(value)), str(value), (entry.source, path), entry.title.vi)


def _devices(context: Context, field: str, form: Callable[[str], str]) -> Iterator[Use]:
    for kind in ("router", "vcs", "pc", "noc", "camera", "tv"):
        yield from _uses(context.entries, f"{kind}.{field}", form)
    for index, mcu in enumerate(context.register.province.mcus):
        value = getattr(mcu.device, field, None) if mcu.device else None
        if value:
            yield Use(form(value), value, context.province("mcus", index, "device", field), mcu.name)


@law(
    "R301",
    Severity.ERROR,
    title=Text("Hai điểm trùng số hiệu", "Two sites with one number"),
    why=Text(
        "Địa chỉ, mã bộ định tuyến và số gọi suy ra từ số hiệu: hai điểm sẽ trùng mọi địa chỉ.",
        "Addresses, router ids and extensions derive from the number: two sites would share them all.",
    ),
    mend=Text(
        "Cho điểm mới một số chưa dùng trong dãy của huyện; số của điểm đã đóng không cấp lại.",
        "Give the newer site a free number of its district's block; a closed site's number is never reused.",
    ),
)
def unique_numbers(register: Register, context: Context) -> Iterator[Fault]:
    """Numbers are unique over the whole province, closed sites included."""
    return _repeated(context, _uses(context.entries, "number"), Text("Số hiệu", "The number"))


@law(
    "R302",
    Severity.ERROR,
    title=Text("Hai xã trùng mã", "Two communes with one code"),
    why=Text("Mã xã nối sổ này với danh mục nhà nước.", "The code ties the register to the official list."),
    mend=Text("Xem mã đúng trong data/.", "See the right code in data/."),
)
def unique_codes(register: Register, context: Context) -> Iterator[Fault]:
    """Codes are unique among the communes that are not closed."""
    return _repeated(context, _uses(context.open_entries, "code"), Text("Mã", "The code"))


@law(
    "R303",
    Severity.ERROR,
    title=Text("Một xã viết hai lần trong huyện", "A commune stands twice in its district"),
    why=Text(
        "Hóa và Hoá, Thủy và Thuỷ là một tên viết hai cách.",
        "Hóa and Hoá, Thủy and Thuỷ are one name spelt in two ways.",
    ),
    mend=Text("Bỏ một mục.", "Take one of them out."),
)
def unique_names(register: Register, context: Context) -> Iterator[Fault]:
    """Names are unique within a district, wherever the tone mark is written."""
    communes = [entry for entry in context.communes() if not entry.closed]
    return _repeated(context, _uses(communes, "name", fold_tones, under="slug"), Text("Tên", "The name"))


@law(
    "R304",
    Severity.ERROR,
    title=Text("Hai xã trùng tên máy", "Two communes with one host name"),
    why=Text(
        "Tên máy viết không dấu, nên hai tên khác dấu trong một huyện thành một.",
        "Host names have no marks, so two names that differ in marks only become one within a district.",
    ),
    mend=Text("Thêm slug: cho một trong hai xã.", "Add slug: to one of the two communes."),
)
def unique_host_names(register: Register, context: Context) -> Iterator[Fault]:
    """Host names are unique within a district; a name written twice is left to R303."""
    seen: dict[tuple[str, str], Entry] = {}
    for entry in context.communes():
        if entry.closed or entry.district is None or entry.slug is None:
            continue
        before = seen.setdefault((entry.district.slug, entry.slug), entry)
        if before is entry or fold_tones(before.site.name) == fold_tones(entry.site.name):
            continue
        key = "slug" if entry.site.slug else "name"
        yield context.site_fault(
            entry,
            key,
            f"{before.title.vi} và {entry.title.vi} cùng thành tên máy {entry.slug}.",
            f"{before.title.en} and {entry.title.en} both become the host name {entry.slug}.",
            value=entry.slug,
            related=(before.source.at(before.path),),
        )


@law(
    "R305",
    Severity.ERROR,
    title=Text("Một số sê-ri dùng hai lần", "A serial number is used twice"),
    why=Text(
        "Một máy không ở hai nơi. Thường do chép dòng khi nhập khảo sát.",
        "One device is not in two places. Mostly a line copied while entering the survey.",
    ),
    mend=Text("Xem tem trên thiết bị của cả hai nơi.", "Look at the labels of both devices."),
)
def unique_serials(register: Register, context: Context) -> Iterator[Fault]:
    """Serial numbers are unique over all kinds of device and asset."""
    return _repeated(context, _devices(context, "serial", str.upper), Text("Số sê-ri", "The serial"))


@law(
    "R310",
    Severity.ERROR,
    title=Text("Một số sê-ri ổ đĩa dùng hai lần", "The serial of a disk is used twice"),
    why=Text(
        "Cài lại máy chỉ xóa ổ đĩa có số sê-ri này; ghi nhầm của máy khác thì máy đó không cài được.",
        "Reimaging erases the disk of this serial only; with another PC's serial a PC can't be reimaged.",
    ),
    mend=Text("Xem tem trên ổ đĩa của cả hai máy.", "Look at the labels of both PCs' disks."),
)
def unique_disks(register: Register, context: Context) -> Iterator[Fault]:
    """Serials of the PCs' disks are unique."""
    disks = _uses(context.entries, "pc.disk_serial", str.upper)
    return _repeated(context, disks, Text("Số sê-ri ổ đĩa", "The disk's serial"))


@law(
    "R306",
    Severity.ERROR,
    title=Text("Một địa chỉ MAC dùng hai lần", "A MAC address is used twice"),
    why=Text(
        "Cài lại máy và cấp địa chỉ theo MAC sẽ nhầm máy.",
        "Reimaging and addressing by MAC would take the wrong machine.",
    ),
    mend=Text("Xem tem trên thiết bị của cả hai nơi.", "Look at the labels of both devices."),
)
def unique_macs(register: Register, context: Context) -> Iterator[Fault]:
    """MAC addresses are unique over all devices."""
    return _repeated(context, _devices(context, "mac", str.lower), Text("MAC", "The MAC"))


@law(
    "R307",
    Severity.ERROR,
    title=Text("Một mã đường truyền dùng hai lần", "A line identifier is used twice"),
    why=Text(
        "Báo hỏng đường truyền sẽ gửi nhầm nơi, và một hợp đồng bị trả tiền hai lần.",
        "Faults would be reported for the wrong place, and one contract paid twice.",
    ),
    mend=Text("Xem mã trong hợp đồng của nhà mạng.", "See the identifier in the provider's contract."),
)
def unique_lines(register: Register, context: Context) -> Iterator[Fault]:
    """The provider's line identifiers are unique."""
    return _repeated(context, _uses(context.open_entries, "line.id", str.upper), Text("Mã đường truyền", "The line id"))


@law(
    "R308",
    Severity.ERROR,
    title=Text("Hai huyện trùng mã, tên hoặc có hai lần trong danh sách", "A district stands twice"),
    why=Text("Nhóm, tên miền con và phòng họp của hai huyện sẽ trùng.", "Groups, sub-domains and rooms would collide."),
    mend=Text("Sửa mã, tên hoặc danh sách districts.", "Correct the code, the name or the list districts."),
)
def unique_districts(register: Register, context: Context) -> Iterator[Fault]:
    """District codes, names and entries of the list are unique."""
    for key, form, noun in (
        ("code", str, Text("Mã huyện", "The district code")),
        ("name", fold_tones, Text("Tên huyện", "The district name")),
    ):
        uses = (
            Use(form(value), value, context.district(item.slug, key), item.name)
            for item in register.districts
            for value in [str(getattr(item, key))]
        )
        yield from _repeated(context, uses, noun)
    listed = (
        Use(slug, slug, context.province("districts", index), "districts")
        for index, slug in enumerate(register.province.districts)
    )
    yield from _repeated(context, listed, Text("Huyện", "The district"))


@law(
    "R309",
    Severity.ERROR,
    title=Text("Hai máy chủ MCU trùng tên", "Two MCU servers with one name"),
    why=Text("Tên máy chủ quyết định địa chỉ và tên máy.", "The name decides address and host name."),
    mend=Text("Đặt tên khác: mcu-1 đến mcu-9.", "Choose another name: mcu-1 to mcu-9."),
)
def unique_mcus(register: Register, context: Context) -> Iterator[Fault]:
    """MCU names are unique."""
    uses = (
        Use(mcu.name, mcu.name, context.province("mcus", index, "name"), "mcus")
        for index, mcu in enumerate(register.province.mcus)
    )
    return _repeated(context, uses, Text("Tên", "The name"))

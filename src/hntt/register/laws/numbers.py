"""Site numbers and address prefixes: blocks, centres, what the network's owner has allocated."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from hntt.register.context import Context
from hntt.register.findings import Severity, Text
from hntt.register.models import NUMBERS_PER_BLOCK, Prefixes, Register
from hntt.register.rules import Fault, law


@law(
    "R401",
    Severity.ERROR,
    title=Text("Số hiệu ngoài dãy của huyện", "A number outside its district's block"),
    why=Text(
        "Địa chỉ của huyện được gộp theo dãy 64 số: số ngoài dãy sẽ được định tuyến sang huyện khác.",
        "A district's addresses are summarised by its block of 64: another number would be routed to another district.",
    ),
    mend=Text("Chọn số chưa dùng trong dãy của huyện.", "Choose a free number of the district's block."),
)
def number_in_block(register: Register, context: Context) -> Iterator[Fault]:
    """Communes have offsets 1-63 in their district's block."""
    for entry in context.communes():
        block = entry.district.block if entry.district else 0
        low, high = block * NUMBERS_PER_BLOCK + 1, (block + 1) * NUMBERS_PER_BLOCK - 1
        if not low <= entry.site.number <= high:
            yield context.site_fault(
                entry,
                "number",
                f"Số hiệu {entry.site.number} của {entry.title.vi} không thuộc dãy {block}.",
                f"The number {entry.site.number} of {entry.title.en} is not in block {block}.",
                value=entry.site.number,
                expected=Text(f"{low} đến {high}", f"{low} to {high}"),
                hint=_free_number(context, low, high),
            )


def _free_number(context: Context, low: int, high: int) -> Text | None:
    used = {entry.site.number for entry in context.entries}
    free = next((number for number in range(low, high + 1) if number not in used), None)
    return Text(f"Số chưa dùng đầu tiên: {free}.", f"The first free number: {free}.") if free else None


@law(
    "R402",
    Severity.ERROR,
    title=Text("Trung tâm không đứng đầu dãy", "A centre is not at the head of its block"),
    why=Text(
        "Cấu hình suy ra số của trung tâm huyện là block*64 và của tỉnh là 0.",
        "The configuration takes a district centre's number to be block*64, and the province's to be 0.",
    ),
    mend=Text("Sửa number của centre.", "Correct the centre's number."),
)
def centre_heads_block(register: Register, context: Context) -> Iterator[Fault]:
    """A district's centre has offset 0; the province's centre has number 0."""
    for entry in context.entries:
        if entry.slug is not None:
            continue
        right = entry.district.block * NUMBERS_PER_BLOCK if entry.district else 0
        if entry.site.number != right:
            yield context.site_fault(
                entry,
                "number",
                f"Số hiệu của {entry.title.vi} là {entry.site.number}.",
                f"The number of {entry.title.en} is {entry.site.number}.",
                value=entry.site.number,
                expected=Text(str(right), str(right)),
            )


@law(
    "R403",
    Severity.ERROR,
    title=Text("Hai huyện chung một dãy số", "Two districts share a block"),
    why=Text("Hai huyện sẽ có cùng dải địa chỉ và số phòng họp.", "They would share address ranges and room numbers."),
    mend=Text("Cho huyện mới một dãy chưa dùng (1-15).", "Give the newer district a free block (1-15)."),
)
def unique_blocks(register: Register, context: Context) -> Iterator[Fault]:
    """Blocks are unique."""
    first: dict[int, str] = {}
    for district in register.districts:
        before = first.setdefault(district.block, district.slug)
        if before != district.slug:
            yield context.fault(
                context.district(district.slug, "block"),
                f"Dãy {district.block} đã thuộc về {before}.",
                f"Block {district.block} already belongs to {before}.",
                value=district.block,
                related=(context.position(context.district(before, "block")),),
            )


@law(
    "R404",
    Severity.ERROR,
    title=Text("Hai dải địa chỉ chồng nhau", "Two prefixes overlap"),
    why=Text("Hai thiết bị khác nhau sẽ có cùng địa chỉ.", "Two different devices would get one address."),
    mend=Text("Xem lại văn bản cấp địa chỉ.", "See the allocation by the network's owner."),
)
def disjoint_prefixes(register: Register, context: Context) -> Iterator[Fault]:
    """The four prefixes are disjoint."""
    prefixes = register.province.prefixes
    for one, other in combinations(Prefixes.model_fields, 2):
        first, second = getattr(prefixes, one), getattr(prefixes, other)
        if first.overlaps(second):
            yield context.fault(
                context.province("prefixes", other),
                f"{other} ({second}) chồng lên {one} ({first}).",
                f"{other} ({second}) overlaps {one} ({first}).",
                value=str(second),
                related=(context.position(context.province("prefixes", one)),),
            )


@law(
    "R405",
    Severity.WARNING,
    title=Text("Dải địa chỉ không phải là dải riêng", "A prefix is not private"),
    why=Text(
        "Mạng truyền số liệu chuyên dùng cấp dải riêng; một dải công cộng thường là gõ nhầm.",
        "The dedicated network allocates private space; a public prefix is mostly a slip.",
    ),
    mend=Text("So với văn bản cấp địa chỉ.", "Compare with the allocation."),
)
def private_prefixes(register: Register, context: Context) -> Iterator[Fault]:
    """Prefixes are private space."""
    for name in Prefixes.model_fields:
        prefix = getattr(register.province.prefixes, name)
        if not prefix.is_private:
            yield context.fault(
                context.province("prefixes", name),
                f"{name} ({prefix}) là dải công cộng.",
                f"{name} ({prefix}) is public space.",
                value=str(prefix),
            )


@law(
    "R406",
    Severity.ERROR,
    title=Text("Cấp chưa có giá trị mặc định", "A tier has no default value"),
    why=Text(
        "Điểm không ghi riêng sẽ không có tốc độ đường truyền hoặc loại bộ định tuyến.",
        "A site that says nothing of its own would have no line rate or no router platform.",
    ),
    mend=Text("Thêm giá trị vào defaults.", "Add the value to defaults."),
)
def complete_defaults(register: Register, context: Context) -> Iterator[Fault]:
    """Every tier has a default line rate and router platform."""
    for tier in ("province", "district", "commune"):
        defaults = getattr(register.province.defaults, tier)
        for path, value in (("line.rate", defaults.line.rate), ("router.platform", defaults.router.platform)):
            if value is None:
                yield context.fault(
                    context.province("defaults", tier, *path.split(".")),
                    f"defaults.{tier}.{path} chưa có.",
                    f"defaults.{tier}.{path} is not there.",
                )

"""The decision against the register, and the decision against itself. Every figure is computed from province.yml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hntt.register.findings import Text
from hntt.register.models import AnnexDistrict, BudgetLine, Decision, Register
from hntt.register.sources import KeyPath

# Rows of the annex that together make up one row of the table.
_PARTS: dict[str, tuple[str, ...]] = {"lines": ("district_lines", "commune_lines")}
# The annex's rows repeated per district, by the table's subject.
_PER_DISTRICT = {"commune_equipment": "equipment", "commune_rooms": "rooms"}
_SUBJECTS = {
    "province_bridge": Text("cầu cấp tỉnh", "province bridge"),
    "mcu_upgrade": Text("máy chủ MCU giai đoạn 2", "MCU servers of phase 2"),
    "commune_equipment": Text("thiết bị cầu huyện - xã", "equipment of the district bridges"),
    "centre_room": Text("phòng họp trung tâm", "the centre's room"),
    "district_rooms": Text("phòng họp huyện", "district rooms"),
    "commune_rooms": Text("phòng họp xã", "commune rooms"),
    "lines": Text("đường truyền một năm", "lines for a year"),
    "district_lines": Text("đường truyền trung tâm và huyện", "lines to the centre and districts"),
    "commune_lines": Text("đường truyền xã", "commune lines"),
    "other": Text("chi phí khác", "other costs"),
}


@dataclass(frozen=True)
class Comparison:
    """One figure of the decision beside what the register has; ``unit`` is a count or VND."""

    item: Text
    decided: int
    found: int
    unit: Literal["count", "VND"]
    path: KeyPath
    group: Literal["quantity", "district", "money"]

    @property
    def agrees(self) -> bool:
        """Whether the two are equal."""
        return self.decided == self.found


@dataclass(frozen=True)
class Contradiction:
    """Two places of the decision that cannot both hold."""

    code: str
    path: KeyPath
    message: Text
    difference: int = 0


def comparisons(register: Register) -> list[Comparison]:
    """The decision line by line: what is to be built, communes per district, and money where a unit price is given."""
    return [*_quantities(register), *_communes(register), *_money(register)]


def contradictions(register: Register) -> list[Contradiction]:
    """Where the decision disagrees with itself (table, annex, unit prices, numbering)."""
    decision = register.province.decision
    return [
        *_sums(decision),
        *_table_and_annex(decision),
        *_lines_twice(decision),
        *_district_totals(decision),
        *_unit_prices(decision),
        *_payers(decision),
        *_whole_annex(decision),
        *_numbering(decision),
    ]


def money(amount: int) -> str:
    """An amount as the decision prints it: 21.903.515.000."""
    return f"{amount:,}".replace(",", ".")


def vnd(amount: int) -> str:
    """An amount for readers of English: 21,903,515,000."""
    return f"{amount:,}"


def _quantities(register: Register) -> Iterator[Comparison]:
    province = register.province
    asked = province.decision.quantities
    communes = sum(len(district.communes) for district in register.districts)
    servers = {phase: [mcu for mcu in province.mcus if mcu.phase == phase] for phase in (1, 2)}
    found = {
        "mcu_phase_1": len(servers[1]),
        "licences_phase_1": sum(mcu.licences for mcu in servers[1]),
        "mcu_phase_2": len(servers[2]),
        "licences_phase_2": sum(mcu.licences for mcu in servers[2]),
        "vcs": 1 + len(register.districts),
        "commune_endpoints": communes,
        "district_rooms": len(register.districts),
        "commune_rooms": communes,
        "centre_rooms": 1,
    }
    titles = {
        "mcu_phase_1": Text("Máy chủ MCU, giai đoạn 1", "MCU servers, phase 1"),
        "licences_phase_1": Text("License, giai đoạn 1", "Licences, phase 1"),
        "mcu_phase_2": Text("Máy chủ MCU, giai đoạn 2", "MCU servers, phase 2"),
        "licences_phase_2": Text("License, giai đoạn 2", "Licences, phase 2"),
        "vcs": Text("Bộ VCS", "VCS units"),
        "commune_endpoints": Text("Điểm cầu xã", "Commune endpoints"),
        "district_rooms": Text("Phòng họp huyện", "District rooms"),
        "commune_rooms": Text("Phòng họp xã", "Commune rooms"),
        "centre_rooms": Text("Phòng họp trung tâm", "Centre rooms"),
    }
    for key, count in found.items():
        path = ("decision", "quantities", key)
        yield Comparison(titles[key], getattr(asked, key), count, "count", path, "quantity")


def _communes(register: Register) -> Iterator[Comparison]:
    """The annex pays each district by its communes, so its room money says how many there are."""
    decision = register.province.decision
    counts = {district.slug: district for district in register.districts}
    for index, row in enumerate(decision.annex_districts):
        district = counts.get(row.district)
        name = district.name if district else row.district
        yield Comparison(
            Text(f"Số xã của {name}", f"Communes of {name}"),
            row.rooms // decision.room_per_commune if decision.room_per_commune else 0,
            len(district.communes) if district else 0,
            "count",
            ("decision", "annex_districts", index, "rooms"),
            "district",
        )


def _money(register: Register) -> Iterator[Comparison]:
    decision = register.province.decision
    communes = sum(len(district.communes) for district in register.districts)
    priced = {
        "district_rooms": len(register.districts) * decision.room_per_district,
        "commune_rooms": communes * decision.room_per_commune,
        "commune_equipment": communes * decision.equipment_per_commune,
        "commune_lines": communes * decision.line_per_commune_year,
    }
    for key, rows in (("table", decision.table), ("annex", decision.annex)):
        for index, row in enumerate(rows):
            if row.subject in priced:
                yield Comparison(
                    Text(f"{row.id} {row.item}", f"{row.id} {_SUBJECTS[row.subject].en}"),
                    row.amount,
                    priced[row.subject],
                    "VND",
                    ("decision", key, index),
                    "money",
                )


def _sums(decision: Decision) -> Iterator[Contradiction]:
    phases = {1: decision.phase_1, 2: decision.phase_2}
    for phase, stated in phases.items():
        total = sum(row.amount for row in decision.table if row.phase == phase)
        if total != stated:
            yield Contradiction(
                "R811",
                ("decision", f"phase_{phase}"),
                Text(
                    f"Giai đoạn {phase} ghi {money(stated)}, các dòng của bảng cộng lại {money(total)}.",
                    f"Phase {phase} is given as {vnd(stated)}; the table's rows sum to {vnd(total)}.",
                ),
                total - stated,
            )
    both = decision.phase_1 + decision.phase_2
    if both != decision.total:
        yield Contradiction(
            "R811",
            ("decision", "total"),
            Text(
                f"Tổng ghi {money(decision.total)}, hai giai đoạn cộng lại {money(both)}.",
                f"The total is given as {vnd(decision.total)}; the two phases sum to {vnd(both)}.",
            ),
            both - decision.total,
        )


def _annex_amount(decision: Decision, subject: str) -> int:
    wanted = _PARTS.get(subject, (subject,))
    common = sum(row.amount for row in decision.annex if row.subject in wanted)
    column = _PER_DISTRICT.get(subject)
    if subject == "lines" and not any(row.subject == "commune_lines" for row in decision.annex):
        column = "lines_per_year"
    return common + (sum(getattr(row, column) for row in decision.annex_districts) if column else 0)


def _table_and_annex(decision: Decision) -> Iterator[Contradiction]:
    for index, row in enumerate(decision.table):
        annex = _annex_amount(decision, row.subject)
        difference = annex - row.amount
        if not difference:
            continue
        same = next((other for other in decision.table if other is not row and other.amount == abs(difference)), None)
        vi = f"; chênh lệch đúng bằng mục {same.id}" if same else ""
        en = f"; the difference is exactly item {same.id}" if same else ""
        name = _SUBJECTS[row.subject]
        yield Contradiction(
            "R812",
            ("decision", "table", index),
            Text(
                f"Mục {row.id} ({name.vi}): bảng ghi {money(row.amount)}, phụ lục cộng lại {money(annex)}{vi}.",
                f"Item {row.id} ({name.en}): the table has {vnd(row.amount)}, the annex sums to {vnd(annex)}{en}.",
            ),
            difference,
        )


def _lines_twice(decision: Decision) -> Iterator[Contradiction]:
    per_district = sum(row.lines_per_year for row in decision.annex_districts)
    for index, row in enumerate(decision.annex):
        if row.subject == "commune_lines" and row.amount and per_district:
            yield Contradiction(
                "R813",
                ("decision", "annex", index),
                Text(
                    f"Phụ lục tính đường truyền xã hai lần: mục {row.id} {money(row.amount)}, và lại ở từng huyện "
                    f"(cộng {money(per_district)}).",
                    f"The annex lists the commune lines twice: item {row.id} {vnd(row.amount)}, and again per district "
                    f"(sum {vnd(per_district)}).",
                ),
                per_district,
            )


def _district_totals(decision: Decision) -> Iterator[Contradiction]:
    for index, row in enumerate(decision.annex_districts):
        parts = row.equipment + row.lines_per_year + row.rooms
        if parts != row.total:
            yield Contradiction(
                "R814",
                ("decision", "annex_districts", index, "total"),
                Text(
                    f"{row.district}: cộng ghi {money(row.total)}, ba dòng cộng lại {money(parts)}.",
                    f"{row.district}: the sum is given as {vnd(row.total)}; its three rows make {vnd(parts)}.",
                ),
                parts - row.total,
            )


def _unit_prices(decision: Decision) -> Iterator[Contradiction]:
    """The annex's own count of a district's communes is its room money by the price of a room."""
    prices = {
        "equipment": (decision.equipment_per_commune, Text("thiết bị", "equipment")),
        "lines_per_year": (decision.line_per_commune_year, Text("đường truyền", "lines")),
        "rooms": (decision.room_per_commune, Text("phòng họp", "rooms")),
    }
    for index, row in enumerate(decision.annex_districts):
        communes, rest = divmod(row.rooms, decision.room_per_commune) if decision.room_per_commune else (0, 0)
        for column, (price, name) in prices.items():
            yield from _unit_price(row, index, column, price, name, communes + (1 if rest else 0))


def _unit_price(
    row: AnnexDistrict, index: int, column: str, price: int, name: Text, communes: int
) -> Iterator[Contradiction]:
    stated, due = getattr(row, column), price * communes
    if communes and stated != due:
        yield Contradiction(
            "R815",
            ("decision", "annex_districts", index, column),
            Text(
                f"{row.district}, {name.vi}: ghi {money(stated)}; {communes} xã × {money(price)} là {money(due)}.",
                f"{row.district}, {name.en}: given as {vnd(stated)}; {communes} communes × {vnd(price)} is {vnd(due)}.",
            ),
            stated - due,
        )


def _payers(decision: Decision) -> Iterator[Contradiction]:
    for index, row in enumerate(decision.table):
        annex = _annex_payers(decision, row)
        if annex and annex != set(row.payer):
            order = ("tỉnh", "huyện", "xã")
            there = ", ".join(payer for payer in order if payer in annex)
            here = ", ".join(row.payer)
            yield Contradiction(
                "R816",
                ("decision", "table", index),
                Text(
                    f"Mục {row.id} ({_SUBJECTS[row.subject].vi}): bảng ghi ngân sách {here}, phụ lục ghi {there}.",
                    f"Item {row.id} ({_SUBJECTS[row.subject].en}): "
                    f"paid by {here} in the table, by {there} in the annex.",
                ),
            )


def _annex_payers(decision: Decision, row: BudgetLine) -> set[str]:
    wanted = _PARTS.get(row.subject, (row.subject,))
    payers = {payer for item in decision.annex if item.subject in wanted for payer in item.payer}
    column = "lines_per_year" if row.subject == "lines" else _PER_DISTRICT.get(row.subject)
    return payers | (set(getattr(decision.annex_rows, column).payer) if column else set())


def _whole_annex(decision: Decision) -> Iterator[Contradiction]:
    annex = sum(row.amount for row in decision.annex) + sum(row.total for row in decision.annex_districts)
    difference = annex - decision.total
    if not difference:
        return
    known = [item for item in (*_table_and_annex(decision), *_lines_twice(decision)) if item.difference]
    explained = sum(item.difference for item in known) == difference
    vi = en = ""
    if explained and known:
        vi = f"; vừa bằng {' + '.join(money(item.difference) for item in known)} của hai mâu thuẫn trên"
        en = f"; exactly the {' + '.join(vnd(item.difference) for item in known)} of the contradictions above"
    yield Contradiction(
        "R817",
        ("decision", "total"),
        Text(
            f"Cả phụ lục cộng lại {money(annex)}, hơn tổng kinh phí {money(difference)}{vi}.",
            f"The whole annex sums to {vnd(annex)}, {vnd(difference)} more than the total{en}.",
        ),
        difference,
    )


def _numbering(decision: Decision) -> Iterator[Contradiction]:
    if decision.missing_items:
        listed = ", ".join(decision.missing_items)
        yield Contradiction(
            "R818",
            ("decision", "missing_items"),
            Text(f"Đánh số thiếu mục {listed}.", f"The numbering has no item {listed}."),
        )

"""The decision: what it asks for against what the register holds, and where it disagrees with itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hntt.register.context import Context
from hntt.register.decision import comparisons, contradictions
from hntt.register.findings import Severity, Text
from hntt.register.models import Register
from hntt.register.rules import Fault, law


@law(
    "R801",
    Severity.ERROR,
    title=Text("Số lượng khác quyết định", "A quantity differs from the decision"),
    why=Text(
        "Sổ là bản thực hiện quyết định: thiếu một xã, một máy chủ hay một license phải được thấy ngay.",
        "The register carries out the decision: a commune, server or licence too few must be seen at once.",
    ),
    mend=Text(
        "Thêm phần thiếu; xã không còn thì giữ lại với state: closed. Nếu quyết định thay đổi, sửa decision.",
        "Add what is missing; keep a commune that is gone with state: closed. "
        "If the decision changed, change decision.",
    ),
)
def quantities_as_decided(register: Register, context: Context) -> Iterator[Fault]:
    """Counts of servers, licences, units and rooms, and communes per district, are the decision's."""
    for line in comparisons(register):
        if line.agrees or line.group == "money":
            continue
        yield context.fault(
            context.province(*line.path),
            f"{line.item.vi}: quyết định {line.decided}, sổ có {line.found}.",
            f"{line.item.en}: {line.decided} decided, {line.found} in the register.",
            value=line.found,
            expected=Text(str(line.decided), str(line.decided)),
        )


@law(
    "R802",
    Severity.ERROR,
    title=Text("Phụ lục và sổ không cùng các huyện", "Annex and register do not have the same districts"),
    why=Text("Một huyện sẽ không có kinh phí, hoặc kinh phí không có huyện.", "A district would have no budget."),
    mend=Text("Sửa annex_districts hoặc danh sách districts.", "Correct annex_districts or the list districts."),
)
def annex_has_each_district(register: Register, context: Context) -> Iterator[Fault]:
    """Every district of the register has its row in the annex, and the other way round."""
    rows = [row.district for row in register.province.decision.annex_districts]
    slugs = [district.slug for district in register.districts]
    for slug in slugs:
        if slug not in rows:
            yield context.fault(
                context.province("decision", "annex_districts"),
                f"Phụ lục không có huyện {slug}.",
                f"The annex has no district {slug}.",
                value=slug,
            )
    for index, slug in enumerate(rows):
        if slug not in slugs or rows.index(slug) != index:
            yield context.fault(
                context.province("decision", "annex_districts", index, "district"),
                f"Huyện {slug} của phụ lục không có trong sổ, hoặc có hai dòng.",
                f"The annex's district {slug} is not in the register, or has two rows.",
                value=slug,
            )


def _contradiction(code: str) -> Callable[[Register, Context], Iterator[Fault]]:
    def of_this_code(register: Register, context: Context) -> Iterator[Fault]:
        for item in contradictions(register):
            if item.code == code:
                yield context.fault(context.province(*item.path), item.message.vi, item.message.en)

    return of_this_code


_ASK = Text(
    "Giữ nguyên số liệu như bản in; hỏi cơ quan ban hành rồi ghi văn bản đính chính.",
    "Keep the figures as printed; ask the issuing office and record its correction.",
)
_NOT_CORRECTED = Text(
    "Mâu thuẫn được báo, không được tự sửa: dự toán và thanh toán phải dựa trên một con số.",
    "A contradiction is reported, never corrected silently: budgets and payments need one figure.",
)
_TITLES = {
    "R811": Text("Tổng khác các dòng cộng lại", "A total differs from the sum of its rows"),
    "R812": Text("Bảng và phụ lục ghi khác nhau", "Table and annex differ"),
    "R813": Text("Đường truyền xã tính hai lần", "The commune lines are listed twice"),
    "R814": Text("Cộng của huyện khác ba dòng của nó", "A district's sum differs from its three rows"),
    "R815": Text("Khác đơn giá nhân số xã", "Not the unit price times the communes"),
    "R816": Text("Nguồn ngân sách ghi khác nhau", "The payer differs"),
    "R817": Text("Cả phụ lục khác tổng kinh phí", "The whole annex differs from the total"),
}
for _code, _title in _TITLES.items():
    law(_code, Severity.WARNING, title=_title, why=_NOT_CORRECTED, mend=_ASK)(_contradiction(_code))
law(
    "R818",
    Severity.NOTE,
    title=Text("Đánh số thiếu mục", "The numbering has gaps"),
    why=Text(
        "Có thể một mục của bản thảo đã bị bỏ: nội dung của nó không ai biết.",
        "An item of the draft may have been dropped: what it said is not known.",
    ),
    mend=_ASK,
)(_contradiction("R818"))

"""The laws that need derived facts: address space, line capacity, marks (R6xx)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hntt.network import addresses
from hntt.network.build import CONFERENCE_STEP, LINE_STEP, LOOPBACK_STEP
from hntt.network.capacity import LineLoad, line_loads, tightest
from hntt.register.context import Context
from hntt.register.findings import Severity, Text
from hntt.register.loader import Loaded, load_checked
from hntt.register.models import NUMBERS_PER_BLOCK, Register
from hntt.register.rules import Fault, law, laws_of
from hntt.register.sources import KeyPath, SourceFile
from hntt.register.units import show_rate

_STEPS = {"loopbacks": LOOPBACK_STEP, "lines": LINE_STEP, "conference": CONFERENCE_STEP}


def check_register(register_dir: Path) -> Loaded:
    """Everything that can be said about a register: files, shape, its own laws and those of the network."""
    loaded = load_checked(register_dir)
    if loaded.register is not None and loaded.context is not None:
        for each in laws_of("hntt.network"):
            loaded.add(list(each(loaded.register, loaded.context)))
    return loaded


@law(
    "R601",
    Severity.ERROR,
    title=Text("Dải địa chỉ không đủ", "A prefix is too small"),
    why=Text(
        "Địa chỉ suy ra từ số hiệu; số hiệu lớn nhất rơi ra ngoài dải.",
        "Addresses derive from site numbers; the highest number falls outside the prefix.",
    ),
    mend=Text("Xin cấp dải lớn hơn, hoặc dùng dãy số thấp hơn.", "Ask for a larger prefix, or use lower blocks."),
)
def prefixes_hold_all_numbers(register: Register, context: Context) -> Iterator[Fault]:
    """Each prefix holds the addresses of every number of every block in use; services holds the servers."""
    top = (max(district.block for district in register.districts) + 1) * NUMBERS_PER_BLOCK
    servers = addresses.MCU_BASE + max(int(mcu.name.rpartition("-")[2]) for mcu in register.province.mcus)
    need = {name: top * step for name, step in _STEPS.items()} | {"services": servers + 2}
    for name, count in need.items():
        prefix = getattr(register.province.prefixes, name)
        if count > prefix.num_addresses:
            length = 32 - (count - 1).bit_length()
            yield context.fault(
                context.province("prefixes", name),
                f"{name} ({prefix}) có {prefix.num_addresses} địa chỉ, cần {count}.",
                f"{name} ({prefix}) has {prefix.num_addresses} addresses, {count} are needed.",
                value=str(prefix),
                expected=Text(f"/{length} hoặc lớn hơn", f"/{length} or larger"),
            )


@law(
    "R602",
    Severity.ERROR,
    title=Text("Đường truyền quá nhỏ cho cuộc họp", "A line is too thin for its meeting"),
    why=Text(
        "Khi mọi điểm phía sau cùng họp, hình của tất cả sẽ vỡ. Luồng của xã đi qua cả đường của huyện vì máy chủ "
        "ở tỉnh.",
        "When everybody behind it meets, everybody's picture breaks up. A commune's stream also crosses its district's "
        "line, since the servers stand at the province.",
    ),
    mend=Text("Thuê đường lớn hơn hoặc giảm call_rate.", "Lease a faster line or lower call_rate."),
)
def lines_carry_their_meetings(register: Register, context: Context) -> Iterator[Fault]:
    """Calls x rate x overhead, and signalling, stay within media_limit of each line."""
    thin = [load for load in line_loads(context) if load.free_kbps < 0]
    for place, loads in _grouped(context, thin):
        worst = tightest(loads)[0]
        yield context.fault(
            place,
            f"{_who_vi(worst, loads)}: {worst.demand.calls} cuộc gọi cần {show_rate(worst.demand.total_kbps)}, "
            f"được dùng {show_rate(worst.media_budget_kbps)} "
            f"({worst.qos.media_limit}% của {show_rate(worst.rate_kbps)}).",
            f"{_who_en(worst, loads)}: {show_rate(worst.demand.total_kbps)} needed (calls: {worst.demand.calls}) of "
            f"{show_rate(worst.media_budget_kbps)} allowed ({worst.qos.media_limit}% of {show_rate(worst.rate_kbps)}).",
            value=show_rate(worst.rate_kbps),
            expected=_wanted(worst),
        )


@law(
    "R603",
    Severity.ERROR,
    title=Text("Thoại chiếm quá nhiều đường truyền", "Voice takes too much of a line"),
    why=Text(
        "Thoại được ưu tiên tuyệt đối: quá giới hạn thì mọi thứ khác, kể cả quản trị, bị nghẽn.",
        "Voice has strict priority: beyond its limit it starves everything else, management included.",
    ),
    mend=Text("Thuê đường lớn hơn.", "Lease a faster line."),
)
def voice_within_limit(register: Register, context: Context) -> Iterator[Fault]:
    """Voice stays within voice_limit of each line."""
    over = [load for load in line_loads(context) if load.demand.voice_kbps > load.voice_budget_kbps]
    for place, loads in _grouped(context, over):
        worst = max(loads, key=lambda load: load.demand.voice_kbps / max(load.voice_budget_kbps, 1))
        yield context.fault(
            place,
            f"{_who_vi(worst, loads)}: thoại {show_rate(worst.demand.voice_kbps)}, được dùng "
            f"{show_rate(worst.voice_budget_kbps)} ({worst.qos.voice_limit}% của {show_rate(worst.rate_kbps)}).",
            f"{_who_en(worst, loads)}: {show_rate(worst.demand.voice_kbps)} of voice, "
            f"{show_rate(worst.voice_budget_kbps)} allowed ({worst.qos.voice_limit}% of {show_rate(worst.rate_kbps)}).",
            value=show_rate(worst.rate_kbps),
            expected=_wanted(worst),
        )


@law(
    "R604",
    Severity.ERROR,
    title=Text("Cuộc gọi nhỏ hơn phần thoại của nó", "A call is slower than its voice"),
    why=Text("Không còn gì cho hình.", "Nothing is left for the picture."),
    mend=Text("Tăng call_rate.", "Raise call_rate."),
)
def calls_have_a_picture(register: Register, context: Context) -> Iterator[Fault]:
    """Every call rate exceeds the voice rate."""
    voice = register.province.qos.voice_rate
    for tier in ("province", "district", "commune"):
        rate = getattr(register.province.defaults, tier).call_rate
        if rate <= voice:
            yield _no_picture(context, context.province("defaults", tier, "call_rate"), rate, voice)
    for entry in context.open_entries:
        own = entry.site.call_rate
        if own is not None and own <= voice:
            yield _no_picture(context, (entry.source, (*entry.path, "call_rate")), own, voice)


@law(
    "R605",
    Severity.ERROR,
    title=Text("Dấu DSCP không giống nhau", "DSCP marks are not the same everywhere"),
    why=Text(
        "Gói đánh dấu khác sẽ rơi vào lớp mặc định và bị bỏ đầu tiên khi đường đầy.",
        "Packets marked otherwise fall into the default class and are dropped first when a line is full.",
    ),
    mend=Text(
        "Sửa thiết bị để đánh dấu như qos.dscp rồi xóa mục này.",
        "Make the devices mark as qos.dscp says, then delete the entry.",
    ),
)
def same_marks_everywhere(register: Register, context: Context) -> Iterator[Fault]:
    """No kind of device marks media otherwise than the network."""
    qos = register.province.qos
    for kind, marks in qos.marks_of.items():
        for name in type(qos.dscp).model_fields:
            theirs, ours = getattr(marks, name), getattr(qos.dscp, name)
            if theirs != ours:
                yield context.fault(
                    context.province("qos", "marks_of", kind, name),
                    f"{kind} đánh dấu {name} là {theirs}, mạng dùng {ours}.",
                    f"{kind} marks {name} as {theirs}, the network uses {ours}.",
                    value=theirs,
                    expected=Text(str(ours), str(ours)),
                )


@law(
    "R606",
    Severity.ERROR,
    title=Text("Hai lớp lưu lượng chung một dấu", "Two traffic classes share a mark"),
    why=Text("Bộ định tuyến không phân biệt được hai lớp.", "The routers cannot tell the two classes apart."),
    mend=Text("Chọn ba dấu khác nhau, không phải 0, 48, 56.", "Choose three different marks, none of them 0, 48, 56."),
)
def distinct_marks(register: Register, context: Context) -> Iterator[Fault]:
    """Voice, video and signalling differ from each other, from best effort (0) and from network control (48, 56)."""
    taken = {0: "default", 48: "control", 56: "control"}
    for name, mark in register.province.qos.dscp.model_dump().items():
        if mark in taken:
            yield context.fault(
                context.province("qos", "dscp", name),
                f"{name} và {taken[mark]} cùng dùng dấu {mark}.",
                f"{name} and {taken[mark]} both use mark {mark}.",
                value=mark,
            )
        taken.setdefault(mark, name)


def _no_picture(context: Context, place: tuple[SourceFile, KeyPath], rate: int, voice: int) -> Fault:
    return context.fault(
        place,
        f"call_rate {show_rate(rate)} không hơn phần thoại {show_rate(voice)}.",
        f"call_rate {show_rate(rate)} does not exceed its voice, {show_rate(voice)}.",
        value=show_rate(rate),
    )


def _grouped(context: Context, loads: list[LineLoad]) -> Iterator[tuple[tuple[SourceFile, KeyPath], list[LineLoad]]]:
    """Lines with a rate of their own one by one; those that fail by their tier's default as one."""
    by_default: dict[str, list[LineLoad]] = {}
    for load in loads:
        if load.own_rate:
            yield (load.entry.source, (*load.entry.path, "line", "rate")), [load]
        else:
            by_default.setdefault(load.tier, []).append(load)
    for tier, group in by_default.items():
        yield context.province("defaults", tier, "line", "rate"), group


def _who_vi(worst: LineLoad, loads: list[LineLoad]) -> str:
    name = worst.entry.title.vi
    return name if len(loads) == 1 else f"{len(loads)} đường, chật nhất là {name}"


def _who_en(worst: LineLoad, loads: list[LineLoad]) -> str:
    name = worst.entry.title.en
    return name if len(loads) == 1 else f"{len(loads)} lines, the tightest is {name}"


def _wanted(load: LineLoad) -> Text:
    need, sold = show_rate(load.needed_kbps), show_rate(load.wanted_class_kbps)
    return Text(f"ít nhất {need}; gói {sold} là đủ", f"at least {need}; {sold} is enough")

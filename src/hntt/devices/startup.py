"""The startup configuration against the running one: what a restart would lose.

It counts once the running configuration is as intended; a change of the running one is saved with it anyway.
"""

from __future__ import annotations

from dataclasses import dataclass

from hntt.devices import conftree
from hntt.devices.platform import Platform
from hntt.devices.texts import Text


@dataclass(frozen=True)
class Unsaved:
    """How the startup configuration differs; ``diff`` is masked: ``+`` is lost at a restart, ``-`` comes back."""

    text: Text
    diff: str


def unsaved(platform: Platform, running: str, startup: str | None) -> Unsaved | None:
    """What a restart would lose or bring back; ``None`` when it changes nothing.

    ``startup`` is ``None`` where the platform stores every command at once, and empty on a device that has no startup
    configuration.
    """
    if startup is None:
        return None
    old, new = (_tree(platform, text) for text in (startup, running))
    # Nearly all devices are saved, and masking costs more than comparing.
    if not conftree.diff(old, new, platform.quirks.ordered):
        return None
    lines = conftree.diff(_masked(platform, old), _masked(platform, new), platform.quirks.ordered)
    return Unsaved(_text(lines) if startup.strip() else _NOTHING_SAVED, "\n".join(lines))


def _tree(platform: Platform, text: str) -> conftree.Node:
    return conftree.parse(platform.normalise(text))


def _masked(platform: Platform, tree: conftree.Node) -> conftree.Node:
    return conftree.parse(platform.mask(conftree.render(tree)))


_NOTHING_SAVED = Text(
    vi="không có cấu hình khởi động: khởi động lại sẽ mất toàn bộ cấu hình",
    en="there is no startup configuration: a restart would lose all of the configuration",
)


def _text(lines: list[str]) -> Text:
    lost, back = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    lines_en = "1 line" if lost == 1 else f"{lost} lines"
    back_en = "1 old line" if back == 1 else f"{back} old lines"
    parts = [
        *([Text(vi=f"mất {lost} dòng", en=f"lose {lines_en}")] if lost else []),
        *([Text(vi=f"đưa {back} dòng cũ trở lại", en=f"bring {back_en} back")] if back else []),
    ]
    return Text(
        vi=f"cấu hình khởi động khác cấu hình đang chạy: khởi động lại sẽ {' và '.join(part.vi for part in parts)}",
        en=f"startup configuration differs: a restart would {' and '.join(part.en for part in parts)}",
    )

"""A commune's own PC as the lab starts it: its day-0, and what it has in the place of a camera and a microphone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hntt.lab.browser_media import write_picture, write_silence
from hntt.lab.meet.looks import OWN_PC

CAMERA, MICROPHONE = "/opt/hntt-lab/camera.y4m", "/opt/hntt-lab/microphone.wav"
FRAMES_PER_S = 2
"""Few, since all PCs of a lab draw and encode on the cores of one machine."""

PC_SETTINGS: Mapping[str, Any] = {
    "commune_pc_camera": False,
    "commune_pc_usb_guard": False,
    "commune_pc_browser_flags": [
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={CAMERA}",
        f"--use-file-for-fake-audio-capture={MICROPHONE}",
        # Sound is moved in large pieces: many small ones were more than half of what an idle page costs.
        "--audio-buffer-size=4096",
    ],
}
"""A container has neither a camera nor USB of its own; the browser reads files instead."""


def add_pc_media(tree: Path) -> None:
    """Put those files into a day-0 tree."""
    camera = tree / CAMERA.lstrip("/")
    camera.parent.mkdir(parents=True, exist_ok=True)
    write_picture(camera, OWN_PC, frames_per_s=FRAMES_PER_S)
    write_silence(tree / MICROPHONE.lstrip("/"))

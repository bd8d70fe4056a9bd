"""One whole configuration per platform and tier. HNTT_REGEN=1 writes them anew; the diff is what to review."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from hntt.intent.router import render_all_routers, render_router, router_facts
from hntt.intent.secrets import Placeholders
from hntt.network.build import build
from hntt.network.model import Network
from hntt.register.loader import load

HERE = Path(__file__).parent
REGISTER = load(HERE.parents[1] / "inventories/quang_binh/register")
NETWORK = build(REGISTER)
HOSTS = {"province": "rt.tinh", "district": "rt.quang-ninh", "commune": "rt.hien-ninh.quang-ninh"}
PLATFORMS = ("frr", "cisco_ios", "mikrotik_routeros")


def on_platform(host: str, platform: str) -> Network:
    devices = NETWORK.devices | {host: dataclasses.replace(NETWORK.devices[host], platform=platform)}
    return dataclasses.replace(NETWORK, devices=devices)


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("tier", HOSTS)
def test_configuration_is_the_golden_one(platform: str, tier: str) -> None:
    host = HOSTS[tier]
    text = render_router(router_facts(REGISTER, on_platform(host, platform), host), Placeholders())
    golden = HERE / platform / f"{tier}.cfg"
    if os.environ.get("HNTT_REGEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_all_routers_render_in_one_process() -> None:
    texts = render_all_routers(REGISTER, NETWORK, Placeholders())
    assert len(texts) == 168
    assert len(set(texts.values())) == 168, "no two routers share a configuration"

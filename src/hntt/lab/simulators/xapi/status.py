"""The unit's status tree: what is so at this moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hntt.lab.simulators.xapi.answer import Entry
from hntt.lab.simulators.xapi.sip import SipCall

if TYPE_CHECKING:
    from hntt.lab.simulators.xapi.unit import Unit


def status_entries(unit: Unit) -> list[Entry]:
    """Every status leaf, in the order of the tree."""
    return [
        *_audio(unit),
        *(entry for call in unit.sip.calls for entry in _call(unit, call)),
        *(entry for call in unit.sip.calls for entry in _media(call)),
        *_network(unit),
        *_sip(unit),
        Entry("Standby State", "Standby" if unit.in_standby else "Off"),
        *_system(unit),
        # A value that looks like the end of an answer: clients that wait for a bare OK stumble over it.
        Entry("Video Input Connector 1 SignalState", "OK"),
        Entry("Video Input Connector 2 SignalState", "Unknown"),
    ]


def _audio(unit: Unit) -> Iterator[Entry]:
    yield Entry("Audio Microphones Mute", "On" if unit.sip.microphone_muted else "Off")
    yield Entry("Audio Volume", unit.store.value("Audio DefaultVolume"))


def _call(unit: Unit, call: SipCall) -> Iterator[Entry]:
    rate = unit.store.value("Conference DefaultCall Rate")
    place = f"Call {call.id}"
    answered = "Answered" if call.status == "Connected" else "Unanswered"
    yield Entry(f"{place} AnswerState", answered)
    yield Entry(f"{place} CallType", "Video")
    yield Entry(f"{place} CallbackNumber", f"sip:{call.number}", text=True)
    yield Entry(f"{place} DeviceType", "MCU")
    yield Entry(f"{place} Direction", call.direction)
    yield Entry(f"{place} DisplayName", call.number.partition("@")[0], text=True)
    yield Entry(f"{place} Duration", str(call.seconds))
    yield Entry(f"{place} Encryption Type", "Aes-128" if call.encrypted else "None", text=True)
    yield Entry(f"{place} Protocol", "sip", text=True)
    yield Entry(f"{place} ReceiveCallRate", rate)
    yield Entry(f"{place} RemoteNumber", call.number, text=True)
    yield Entry(f"{place} Status", call.status)
    yield Entry(f"{place} TransmitCallRate", rate)


def _media(call: SipCall) -> Iterator[Entry]:
    """What comes in of each call's sound and picture; counted anew with every report of the far end, each 5 s."""
    for channel, kind in enumerate(("audio", "video"), start=1):
        place = f"MediaChannels Call {call.id} Channel {channel}"
        yield Entry(f"{place} Direction", "Incoming")
        yield Entry(f"{place} Netstat Packets", str(call.packets.get(kind, 0)))
        yield Entry(f"{place} Type", kind.capitalize())


def _network(unit: Unit) -> Iterator[Entry]:
    for name in ("Address", "Gateway", "SubnetMask"):
        yield Entry(f"Network 1 IPv4 {name}", unit.store.value(f"Network 1 IPv4 {name}"), text=True)


def _sip(unit: Unit) -> Iterator[Entry]:
    found = unit.sip.registration
    status = "Registering" if unit.is_registering_anew and not unit.faults.tells_late else found.status
    proxy = unit.store.value("SIP Proxy 1 Address")
    yield Entry("SIP Authentication UserName", unit.store.value("SIP Authentication UserName"), text=True)
    yield Entry("SIP Proxy 1 Address", proxy, text=True)
    yield Entry("SIP Proxy 1 Status", "Active" if status == "Registered" else "Off")
    yield Entry("SIP Registration 1 Reason", found.reason if status == "Failed" else "", text=True)
    yield Entry("SIP Registration 1 Status", status)
    yield Entry("SIP Registration 1 URI", found.uri, text=True)


def _system(unit: Unit) -> Iterator[Entry]:
    yield Entry("SystemUnit Hardware Module SerialNumber", unit.serial, text=True)
    yield Entry("SystemUnit ProductId", unit.software.product, text=True)
    yield Entry("SystemUnit Software DisplayName", unit.software.display_name, text=True)
    yield Entry("SystemUnit Software Version", unit.software.version, text=True)
    yield Entry("SystemUnit State NumberOfActiveCalls", str(len(unit.sip.calls)))
    yield Entry("SystemUnit Uptime", str(int(time.monotonic() - unit.started)))

"""The commands that the simulated unit carries out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hntt.lab.simulators.xapi.answer import Answer, Entry, error
from hntt.lab.simulators.xapi.request import Request
from hntt.lab.simulators.xapi.sip import CallError, SipCall

if TYPE_CHECKING:
    from hntt.lab.simulators.xapi.unit import Unit

Command = Callable[["Unit", Request], Awaitable[list[Entry]]]
_BOOT_S = 0.2


class ParameterError(Exception):
    """An argument that is missing or wrong; the text is its name."""


def takes_body(path: str) -> bool:
    """Whether the command is a multi-line one."""
    return path.casefold() in _MULTILINE


async def run_command(unit: Unit, request: Request) -> Answer:
    """Run a command; its result is named after the last words of its path."""
    found = _COMMANDS.get(request.path.casefold())
    if found is None:
        return Answer(is_unrecognised=True)
    name, command = found
    try:
        return Answer(name, await command(unit, request), "OK", is_command=True)
    except CallError as failed:
        return error(name, str(failed), is_command=True)
    except ParameterError as failed:
        return error(name, "Missing or invalid parameter(s)", str(failed), "ParameterError", is_command=True)


async def _dial(unit: Unit, request: Request) -> list[Entry]:
    number = request.arguments.get("number")
    if not number:
        raise ParameterError("/Number")
    unit.in_standby = False
    call = await unit.sip.dial(number)
    return [Entry("CallId", str(call.id)), Entry("ConferenceId", "1")]


async def _disconnect(unit: Unit, request: Request) -> list[Entry]:
    for call in _named_calls(unit, request):
        await unit.sip.hang_up(call)
    return []


async def _press(unit: Unit, request: Request) -> list[Entry]:
    keys = request.arguments.get("dtmfstring")
    if not keys:
        raise ParameterError("/DTMFString")
    if not any(call.status == "Connected" for call in _named_calls(unit, request)):
        raise CallError("Could not find call")
    for key in keys:
        await unit.sip.press(key)
    return []


async def _accept(unit: Unit, request: Request) -> list[Entry]:
    ringing = [call for call in _named_calls(unit, request) if call.status == "Ringing"]
    if not ringing:
        raise CallError("No call to accept")
    unit.in_standby = False
    await unit.sip.accept(ringing[0])
    return []


def _named_calls(unit: Unit, request: Request) -> list[SipCall]:
    """The call with the given id, without one all of them; CallError when there is none."""
    wanted = request.arguments.get("callid")
    found = [call for call in unit.sip.calls if wanted in (None, "0", str(call.id))]
    if not found:
        raise CallError("Could not find call")
    return found


async def _mute(unit: Unit, _request: Request) -> list[Entry]:
    await unit.sip.mute(True)
    return []


async def _unmute(unit: Unit, _request: Request) -> list[Entry]:
    await unit.sip.mute(False)
    return []


async def _sleep(unit: Unit, _request: Request) -> list[Entry]:
    unit.in_standby = not unit.sip.calls
    return []


async def _wake(unit: Unit, _request: Request) -> list[Entry]:
    unit.in_standby = False
    return []


async def _boot(unit: Unit, _request: Request) -> list[Entry]:
    asyncio.get_running_loop().call_later(_BOOT_S, lambda: asyncio.ensure_future(unit.restart()))
    return []


async def _factory_reset(unit: Unit, request: Request) -> list[Entry]:
    if request.arguments.get("confirm", "").casefold() != "yes":
        raise ParameterError("/Confirm")
    unit.store.factory_reset()
    return await _boot(unit, request)


async def _trust(unit: Unit, request: Request) -> list[Entry]:
    if "-----BEGIN CERTIFICATE-----" not in request.body:
        raise ParameterError("/Certificate")
    if not unit.authorities.add(request.body):
        raise CallError("Certificate is already installed")
    await unit.start()
    return []


_MULTILINE = ("security certificates ca add",)
_COMMANDS: dict[str, tuple[str, Command]] = {
    "dial": ("DialResult", _dial),
    "call accept": ("CallAcceptResult", _accept),
    "call dtmfsend": ("CallDTMFSendResult", _press),
    "call disconnect": ("CallDisconnectResult", _disconnect),
    "audio microphones mute": ("AudioMicrophonesMuteResult", _mute),
    "audio microphones unmute": ("AudioMicrophonesUnmuteResult", _unmute),
    "security certificates ca add": ("CAAddResult", _trust),
    "standby activate": ("StandbyActivateResult", _sleep),
    "standby deactivate": ("StandbyDeactivateResult", _wake),
    "systemunit boot": ("BootResult", _boot),
    "systemunit factoryreset": ("FactoryResetResult", _factory_reset),
}

"""The SIP account that follows from a unit's configuration."""

from __future__ import annotations

from hntt.lab.simulators.xapi.sip import SipAccount
from hntt.lab.simulators.xapi.store import Store, UnknownPathError

_CONCERNED = ("SIP ", "Conference ", "Network 1 DNS ", "Network 1 QoS ", "NetworkServices SIP ")
_TRANSPORTS = {"Auto": "udp", "TCP": "tcp", "Tls": "tls", "UDP": "udp"}


def concerns_sip(path: str) -> bool:
    """Whether a leaf has a part in the account."""
    return path.startswith(_CONCERNED)


def resolver_text(store: Store) -> str:
    """The system's resolver file that follows from the unit's name servers."""
    servers = [f"nameserver {address}\n" for index in (1, 2, 3) if (address := _optional(store, index))]
    domain = store.value("Network 1 DNS Domain Name")
    return "".join([*([f"search {domain}\n"] if domain else []), *servers])


def account_of(store: Store) -> SipAccount | None:
    """The account; None when SIP is off or there is no address or server to register with."""
    uri, proxy = store.value("SIP URI"), store.value("SIP Proxy 1 Address")
    if not uri or not proxy or store.value("NetworkServices SIP Mode") == "Off":
        return None
    return SipAccount(
        uri=uri.removeprefix("sip:"),
        display_name=store.value("SIP DisplayName"),
        user=store.value("SIP Authentication UserName"),
        password=store.value("SIP Authentication Password"),
        proxy=proxy,
        transport=_TRANSPORTS[store.value("SIP DefaultTransport")],
        tls_verify=store.value("SIP TlsVerify") == "On",
        encryption=store.value("Conference Encryption Mode"),
        rate_kbps=int(store.value("Conference MaxTransmitCallRate")),
        audio_dscp=_dscp(store, "Audio"),
        signalling_dscp=_dscp(store, "Signalling"),
        auto_answer=store.value("Conference AutoAnswer Mode") == "On",
        auto_mute=store.value("Conference AutoAnswer Mute") == "On",
        dns=tuple(address for index in (1, 2, 3) if (address := _optional(store, index))),
    )


def _dscp(store: Store, name: str) -> int:
    marked = store.value("Network 1 QoS Mode") == "Diffserv"
    return int(store.value(f"Network 1 QoS Diffserv {name}")) if marked else 0


def _optional(store: Store, index: int) -> str:
    try:
        return store.value(f"Network 1 DNS Server {index} Address")
    except UnknownPathError:
        return ""

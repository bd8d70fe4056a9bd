"""baresip's configuration and account, made from those of a unit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hntt.lab.simulators.xapi.sip import SipAccount

MODULE_FOLDER = "/usr/lib/baresip/modules"
_MODULES = (
    "opus.so",
    "g722.so",
    "g711.so",
    "aufile.so",
    "ausine.so",
    "aubridge.so",
    "avcodec.so",
    "swscale.so",
    "fakevideo.so",
    "avformat.so",
    "snapshot.so",
    "srtp.so",
    "dtls_srtp.so",
    "ice.so",
    "account.so",
    "menu.so",
    "ctrl_tcp.so",
)
_MEDIA_ENCRYPTION = {
    "On": ";mediaenc=srtp-mand",
    "BestEffort": ";mediaenc=srtp",
    "Off": "",
    # As browsers do it: keys by DTLS, feedback profile, candidates.
    "DTLS": ";mediaenc=dtls_srtp;medianat=ice",
}
_REGISTER_S = 60


@dataclass(frozen=True)
class Media:
    """What the client sends and where what it receives goes, as baresip names devices; its RTP ports, its picture.

    ``record_to``: a folder where the sound it receives and sends is kept as WAV; nothing is kept without one.
    """

    audio_source: str = "ausine,440"
    audio_player: str = "aubridge,unheard"
    video_source: str = "fakevideo,nil"
    video_display: str = "fakevideo,nil"
    rtp_ports: tuple[int, int] = (20000, 20099)
    size: str = "640x360"
    frames_per_s: int = 15
    ca_file: str = ""
    sip_listen: str = "0.0.0.0:5060"
    record_to: str = ""


def write_files(folder: Path, account: SipAccount, control_port: int, media: Media) -> None:
    """Write the configuration and an empty list of accounts: the account is told to baresip when it runs."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config").write_text(config_text(account, control_port, media), encoding="utf-8")
    (folder / "accounts").write_text("", encoding="utf-8")


def account_line(account: SipAccount) -> str:
    """The account with its registrar as outbound proxy, SRTP as the unit's encryption says, and H.264 only."""
    outbound = f"sip:{account.proxy};transport={account.transport}"
    name = account.display_name.replace('"', "'").replace("\\", "/")
    return (
        f'"{name}" <sip:{account.uri};transport={account.transport}>'
        f";auth_user={account.user};auth_pass={account.password}"
        f';outbound="{outbound}";regint={_REGISTER_S}'
        f";answermode={'auto' if account.auto_answer else 'manual'}"
        ";audio_codecs=G722/16000/1,opus/48000/2,PCMA/8000/1"
        f";video_codecs=h264{_MEDIA_ENCRYPTION[account.encryption]}"
    )


def config_text(account: SipAccount, control_port: int, media: Media) -> str:
    """The configuration. baresip knows one mark for all its media, so pictures carry the voice's."""
    settings = [
        ("sip_listen", media.sip_listen),
        *([("sip_cafile", media.ca_file)] if account.tls_verify and media.ca_file else []),
        ("audio_source", media.audio_source),
        ("audio_player", media.audio_player),
        ("audio_alert", "aubridge,alert"),
        # What the tone generator makes, whatever the codec wants.
        ("ausrc_srate", "48000"),
        ("ausrc_channels", "2"),
        ("auplay_srate", "48000"),
        ("video_source", media.video_source),
        ("video_display", media.video_display),
        ("video_size", media.size),
        ("video_bitrate", str(account.rate_kbps * 1000)),
        ("video_fps", str(media.frames_per_s)),
        ("rtp_tos", str(account.audio_dscp << 2)),
        ("rtp_ports", f"{media.rtp_ports[0]}-{media.rtp_ports[1]}"),
        ("rtcp_mux", "yes" if account.encryption == "DTLS" else "no"),
        ("call_max_calls", "4"),
        ("ctrl_tcp_listen", f"127.0.0.1:{control_port}"),
        ("module_path", MODULE_FOLDER),
        *([("snd_path", media.record_to)] if media.record_to else []),
    ]
    modules = (*_MODULES, "sndfile.so") if media.record_to else _MODULES
    lines = [f"{name} {value}" for name, value in settings]
    lines += [f"{'module_app' if _is_app(name) else 'module'} {name}" for name in modules]
    return "\n".join([*lines, ""])


def _is_app(module: str) -> bool:
    return module in ("account.so", "menu.so", "ctrl_tcp.so")

"""The program of the centre. Standard library, ssh-keygen and openssl only.

hntt-centre run                              the service
hntt-centre tokens < LIST                    put the controller's list of tokens in force, whole
hntt-centre stages --json [--since TIME]     reports and enrolments for the controller, which asks over SSH
hntt-centre check                            exit 0 while keys and certificate are what they have to be
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hntt.centre.enrolment import Enrolments, TokenFileError, TokenList
from hntt.centre.hostkeys import Signer
from hntt.centre.limits import RateLimit
from hntt.centre.reports import moment
from hntt.centre.server import CentreServer, Desk, server_context
from hntt.centre.store import ReportStore

CONFIG, STATE, KEYS = Path("/etc/hntt/centre/centre.json"), Path("/var/lib/hntt-centre"), Path("/etc/hntt/centre")
RENEW_S = 30 * 24 * 3600
BURST, PER_MINUTE = 60, 30


@dataclass(frozen=True)
class Config:
    """The file that the role writes: where to listen, and who may enrol under which names."""

    address: str
    port: int
    certificate_days: int
    hosts: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, path: Path) -> Config:
        """The configuration. OSError, ValueError, KeyError when it can't be used."""
        given = json.loads(path.read_text(encoding="utf-8"))
        hosts = {host: tuple(names) for host, names in given["hosts"].items()}
        return cls(str(given["address"]), int(given["port"]), int(given["certificate_days"]), hosts)


@dataclass(frozen=True)
class Places:
    """Where things are; the service's keys are credentials, which systemd shows to it alone."""

    config: Path
    state: Path
    keys: Path

    @classmethod
    def of_environment(cls) -> Places:
        """``HNTT_CENTRE_CONFIG``, ``HNTT_CENTRE_STATE`` and ``HNTT_CENTRE_KEYS``, or where the role has put them."""
        names = ("HNTT_CENTRE_CONFIG", CONFIG), ("HNTT_CENTRE_STATE", STATE), ("HNTT_CENTRE_KEYS", KEYS)
        return cls(*(Path(os.environ.get(name) or path) for name, path in names))

    @property
    def tokens(self) -> TokenList:
        """The controller's list."""
        return TokenList(self.state / "tokens.json")

    @property
    def store(self) -> ReportStore:
        """The reports."""
        return ReportStore(self.state / "reports")

    def enrolments(self, config: Config) -> Enrolments:
        """The tokens that were spent, and the way to spend one."""
        signer = Signer(self.keys / "host-ca", config.certificate_days)
        return Enrolments(self.state / "spent", self.tokens, config.hosts, signer.certificate)

    def make_folders(self) -> None:
        """The folders of the service's own."""
        for name in ("reports", "spent"):
            (self.state / name).mkdir(mode=0o700, parents=True, exist_ok=True)


def serve(places: Places, limit: RateLimit | None = None) -> CentreServer:
    """The server, listening. Nothing is answered before ``serve_forever``."""
    config = Config.read(places.config)
    places.make_folders()
    context = server_context(str(places.keys / "server.pem"), str(places.keys / "server.key"))
    desk = Desk(places.enrolments(config), places.store)
    return CentreServer((config.address, config.port), context, desk, limit or RateLimit(BURST, PER_MINUTE))


def stages(places: Places, since: datetime | None) -> dict[str, Any]:
    """What the controller asks for. Reports are as they came in; ``now`` is the centre's clock."""
    config = Config.read(places.config)
    enrolments = places.enrolments(config)
    return {
        "now": datetime.now(UTC).isoformat(),
        "reports": places.store.read(since),
        "enrolled": enrolments.enrolled(),
        "spent": enrolments.spent_tokens(),
    }


def faults(places: Places) -> list[str]:
    """Why the service could not do its work, or not for another 30 days; empty when all is well."""
    found = []
    try:
        Config.read(places.config)
    except (OSError, ValueError, KeyError) as error:
        found.append(f"{places.config}: {type(error).__name__}: {error}")
    certificate, authority = str(places.keys / "server.pem"), str(places.keys / "authority.pem")
    for words, text in (
        (["openssl", "verify", "-CAfile", authority, certificate], "the certificate is not the authority's"),
        (["openssl", "x509", "-noout", "-checkend", str(RENEW_S), "-in", certificate], "the certificate ends soon"),
        (["ssh-keygen", "-y", "-P", "", "-f", str(places.keys / "host-ca")], "the host authority's key can't be used"),
    ):
        if subprocess.run(words, capture_output=True, check=False, timeout=20).returncode != 0:
            found.append(text)
    return found


def main(arguments: list[str]) -> int:
    """Entry point; the exit code."""
    asked = _parser().parse_args(arguments)
    places = Places.of_environment()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        return _VERBS[asked.verb](places, asked)
    except (OSError, ValueError, KeyError, TokenFileError) as error:
        print(f"hntt-centre: {type(error).__name__}: {error}", file=sys.stderr)
        return 3


def _run(places: Places, asked: argparse.Namespace) -> int:
    del asked
    server = serve(places)
    # From a thread: serve_forever can't be ended from inside itself.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    return 0


def _tokens(places: Places, asked: argparse.Namespace) -> int:
    del asked
    count = places.tokens.replace(sys.stdin.buffer.read())
    print(json.dumps({"tokens": count}))
    return 0


def _stages(places: Places, asked: argparse.Namespace) -> int:
    since = moment(asked.since) if asked.since else None
    if asked.since and since is None:
        raise ValueError(f"--since: no time with its zone: {asked.since}")
    print(json.dumps(stages(places, since), ensure_ascii=False))
    return 0


def _check(places: Places, asked: argparse.Namespace) -> int:
    del asked
    found = faults(places)
    for text in found:
        print(text)
    return 1 if found else 0


_VERBS = {"run": _run, "tokens": _tokens, "stages": _stages, "check": _check}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hntt-centre", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name in ("run", "tokens", "check"):
        verbs.add_parser(name)
    asking = verbs.add_parser("stages")
    asking.add_argument("--json", action="store_true", help="the only form there is")
    asking.add_argument("--since", default="", help="ISO 8601 with zone: only reports that came in later")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

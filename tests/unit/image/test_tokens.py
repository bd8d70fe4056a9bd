"""Tokens: one live one per PC, no secret at the controller, a ledger that is whole at any time."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hntt.image.errors import ImageError
from hntt.image.tokens import Ledger

NOW = datetime(2026, 11, 28, 8, 0, 0, tzinfo=UTC)
PC, OTHER = "pc.xa-mot.huyen", "pc.xa-hai.huyen"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "vault" / "tokens.json")


def test_the_ledger_is_private_and_holds_no_secret(ledger: Ledger) -> None:
    issued = ledger.issue([PC], 30, NOW)[PC]
    assert len(issued.secret) == 43
    assert issued.secret not in ledger.path.read_text()
    assert issued.secret not in repr(issued)
    assert ledger.path.stat().st_mode & 0o777 == 0o600


def test_the_centre_is_told_the_hash_the_host_and_the_end(ledger: Ledger) -> None:
    issued = ledger.issue([PC], 30, NOW)[PC]
    assert json.loads(ledger.export(NOW)) == {
        "format": 1,
        "tokens": [
            {
                "id": issued.token.id,
                "host": PC,
                "secret_sha256": hashlib.sha256(issued.secret.encode()).hexdigest(),
                "expires": "2026-12-28T08:00:00+00:00",
            }
        ],
    }


def test_a_new_token_takes_the_place_of_the_older(ledger: Ledger) -> None:
    first = ledger.issue([PC, OTHER], 30, NOW)
    second = ledger.issue([PC], 30, NOW + timedelta(hours=1))
    live = {row["id"] for row in json.loads(ledger.export(NOW))["tokens"]}
    assert live == {first[OTHER].token.id, second[PC].token.id}
    assert [token.state(NOW) for token in ledger.tokens()] == ["revoked", "live", "live"]


def test_a_spent_token_stays_spent(ledger: Ledger) -> None:
    issued = ledger.issue([PC], 30, NOW)[PC]
    ledger.mark_spent({issued.token.id}, NOW)
    assert ledger.revoke([PC], NOW) == []
    ledger.issue([PC], 30, NOW)
    assert [token.state(NOW) for token in ledger.tokens()] == ["spent", "live"]


def test_a_revoked_or_expired_token_is_not_exported(ledger: Ledger) -> None:
    ledger.issue([PC], 1, NOW)
    ledger.issue([OTHER], 30, NOW)
    assert [token.host for token in ledger.revoke([OTHER], NOW)] == [OTHER]
    assert json.loads(ledger.export(NOW + timedelta(days=1)))["tokens"] == []
    assert [token.state(NOW + timedelta(days=1)) for token in ledger.tokens()] == ["expired", "revoked"]


def test_many_at_once_lose_none(ledger: Ledger) -> None:
    hosts = [f"pc.xa-{number}.huyen" for number in range(12)]
    threads = [threading.Thread(target=ledger.issue, args=([host], 30, NOW)) for host in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(token.host for token in ledger.tokens()) == sorted(hosts)


@pytest.mark.parametrize("text", ["", "[]", '{"format":2,"tokens":[]}', '{"format":1,"tokens":[{"id":"x"}]}'])
def test_a_damaged_ledger_is_said_to_be_one_and_left_alone(text: str, ledger: Ledger) -> None:
    ledger.path.parent.mkdir()
    ledger.path.write_text(text)
    with pytest.raises(ImageError, match="damaged"):
        ledger.issue([PC], 30, NOW)
    assert ledger.path.read_text() == text

"""Passwords out of a master secret: the same on both sides, different for everybody, masked like any other."""

from __future__ import annotations

import pytest

from hntt.intent.secrets import SecretValues

MASTER = "a-master-secret-of-the-vault"


def test_an_endpoints_password_is_its_own_and_always_the_same() -> None:
    one, again = SecretValues({"sip": MASTER}), SecretValues({"sip": MASTER})
    mine = one.get("sip/vcs.le-thuy")
    assert mine == again.get("sip/vcs.le-thuy")
    assert mine != one.get("sip/pc.kien-giang.le-thuy")
    assert mine != SecretValues({"sip": MASTER + "x"}).get("sip/vcs.le-thuy")
    assert len(mine) == 24
    assert mine.isalnum()


def test_the_same_master_for_two_uses_gives_different_passwords() -> None:
    secrets = SecretValues({"sip": MASTER, "ami": MASTER})
    assert secrets.get("sip/mcu-1.tinh") != secrets.get("ami/mcu-1.tinh")


def test_a_password_of_its_own_goes_before_the_derived_one() -> None:
    assert SecretValues({"sip": MASTER, "sip/vcs.tinh": "own"}).get("sip/vcs.tinh") == "own"


def test_other_names_are_shared_by_all_hosts() -> None:
    assert SecretValues({"enable": "same"}).get("enable/rt.tinh") == "same"


def test_without_a_master_there_is_none() -> None:
    with pytest.raises(KeyError, match=r"sip/vcs\.tinh"):
        SecretValues({"sip/vcs.le-thuy": "own"}).get("sip/vcs.tinh")


def test_what_was_handed_out_is_masked_and_never_shown() -> None:
    secrets = SecretValues({"sip": MASTER})
    mine = secrets.get("sip/vcs.tinh")
    assert secrets.mask(f"password={mine}") == "password=<secret:sip/vcs.tinh>"
    assert mine not in repr(secrets)

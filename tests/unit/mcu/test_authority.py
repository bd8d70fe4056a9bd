"""The province's own authority: made, kept in the vault, and what it issues."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hntt.i18n import set_language
from hntt.intent import pki

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SUBJECT = pki.Subject(("mcu-3.tinh.hntt.quangbinh.example", "mcu-3.tinh"), "10.44.32.23")


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


@pytest.fixture(scope="module")
def authority() -> pki.Authority:
    return pki.new_authority("HNTT test", NOW)


def request(name: str = "server", key: ec.EllipticCurvePrivateKey | None = None) -> str:
    asked = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    )
    signed = asked.sign(key or ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def test_a_certificate_says_what_the_register_says_and_not_what_was_asked_for(authority: pki.Authority) -> None:
    certificate = x509.load_pem_x509_certificate(pki.issue(authority, request("mcu-1.tinh"), SUBJECT, NOW).encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == list(SUBJECT.names)
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == [SUBJECT.address]
    assert certificate.subject.rfc4514_string() == f"CN={SUBJECT.names[0]}"
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(usage) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}


@pytest.mark.parametrize(
    ("subject", "later", "fault"),
    [
        (SUBJECT, timedelta(days=0), None),
        (SUBJECT, timedelta(days=334), None),
        (SUBJECT, timedelta(days=336), "28 days are left"),
        (SUBJECT, timedelta(days=400), "0 days are left"),
        (pki.Subject(SUBJECT.names, "10.44.32.22"), timedelta(0), "its names or address are not the register's"),
        (pki.Subject(("mcu-3.tinh",), SUBJECT.address), timedelta(0), "its names or address are not the register's"),
    ],
    ids=["new", "31-days-left", "28-days-left", "over", "other-address", "other-names"],
)
def test_when_a_certificate_is_made_anew(
    authority: pki.Authority, subject: pki.Subject, later: timedelta, fault: str | None
) -> None:
    certificate = pki.issue(authority, request(), SUBJECT, NOW)
    found = pki.faults(certificate, authority.certificate, subject, NOW + later)
    assert found == ((fault,) if fault else ())


def test_another_authority_s_certificate_is_made_anew(authority: pki.Authority) -> None:
    other = pki.new_authority("HNTT test", NOW)
    certificate = pki.issue(other, request(), SUBJECT, NOW)
    assert pki.faults(certificate, authority.certificate, SUBJECT, NOW) == ("another authority has issued it",)


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_made_anew(authority: pki.Authority, text: str) -> None:
    assert pki.faults(text, authority.certificate, SUBJECT, NOW) == ("there is no certificate",)


def test_no_certificate_outlives_its_authority() -> None:
    authority = pki.new_authority("HNTT test", NOW - timedelta(days=365 * pki.AUTHORITY_YEARS - 100))
    certificate = x509.load_pem_x509_certificate(pki.issue(authority, request(), SUBJECT, NOW).encode())
    end = x509.load_pem_x509_certificate(authority.certificate.encode()).not_valid_after_utc
    assert certificate.not_valid_after_utc == end


def test_a_key_of_another_authority_issues_nothing(authority: pki.Authority) -> None:
    mixed = pki.Authority(pki.new_authority("other", NOW).key, authority.certificate)
    with pytest.raises(pki.PkiError, match="key and certificate differ"):
        pki.issue(mixed, request(), SUBJECT, NOW)


def test_a_request_that_its_key_did_not_sign_is_refused(authority: pki.Authority) -> None:
    first, second = request().splitlines(), request().splitlines()
    forged = "\n".join([*first[:-2], second[-2], first[-1]]) + "\n"
    with pytest.raises(pki.PkiError):
        pki.issue(authority, forged, SUBJECT, NOW)


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_command_prints_what_the_vault_wants_and_writes_nothing(lang: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from hntt.cli import main; main()", "register", "authority", "--lang", lang],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=60,
    )
    printed = yaml.safe_load(done.stdout)
    assert set(printed) == {pki.AUTHORITY_KEY, pki.AUTHORITY, pki.HOST_AUTHORITY_KEY, pki.HOST_AUTHORITY}
    made = pki.Authority(printed[pki.AUTHORITY_KEY], printed[pki.AUTHORITY])
    assert pki.faults(pki.issue(made, request(), SUBJECT), made.certificate, SUBJECT) == ()
    assert "ansible-vault edit" in done.stdout.splitlines()[1]
    assert "Quảng Bình" in x509.load_pem_x509_certificate(made.certificate.encode()).subject.rfc4514_string()


def test_the_host_authority_signs_with_the_key_that_ssh_knows_as_its_public_half(tmp_path: Path) -> None:
    made = pki.new_host_authority()
    key = tmp_path / "host-ca"
    key.write_text(made[pki.HOST_AUTHORITY_KEY])
    key.chmod(0o600)
    shown = subprocess.run(["ssh-keygen", "-y", "-f", key], capture_output=True, text=True, check=True).stdout
    assert shown.split()[:2] == made[pki.HOST_AUTHORITY].split()[:2]

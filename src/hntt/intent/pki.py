"""The province's private authority: one key in the vault, certificates of the MCU servers for a year.

A server makes its key itself and never gives it away; it asks with a signing request, and :func:`issue` answers. What
goes into the certificate is what the register says of the server, not what the request says.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hntt.i18n import tr

AUTHORITY_KEY = "authority_key"
"""Name of the secret: the authority's private key (PEM)."""
AUTHORITY = "authority"
"""Kept beside it: the authority's certificate (PEM), for everybody who trusts it."""
HOST_AUTHORITY_KEY = "host_authority_key"
"""Name of the secret: the private SSH key (OpenSSH PEM) that certifies the PCs' host keys."""
HOST_AUTHORITY = "host_authority"
"""Kept beside it: its public half, one line, for everybody who connects to a PC."""

AUTHORITY_YEARS = 15
SERVER_DAYS = 365
RENEW_DAYS = 30
"""A certificate with fewer days left is renewed."""
_SKEW = timedelta(hours=1)  # clocks of endpoints that have just been switched on


class PkiError(ValueError):
    """A key, a certificate or a request that can't be used; the text says which and why."""


@dataclass(frozen=True)
class Authority:
    """The authority's key and certificate, both PEM."""

    key: str
    certificate: str


@dataclass(frozen=True)
class Subject:
    """Whom a certificate is for: names (the first is the subject's common name) and an address."""

    names: tuple[str, ...]
    address: str


def new_authority(name: str, now: datetime | None = None) -> Authority:
    """A new authority; ``name`` is shown to people who look at a certificate."""
    begin = (now or datetime.now(UTC)) - _SKEW
    key = ec.generate_private_key(ec.SECP256R1())
    who = _name(name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=365 * AUTHORITY_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Authority(private.decode(), _pem(certificate))


def new_host_authority() -> dict[str, str]:
    """A new authority for SSH host keys: its secrets by name, the private key in OpenSSH's form."""
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return {HOST_AUTHORITY_KEY: private.decode(), HOST_AUTHORITY: f"{public.decode()} hntt-host-authority\n"}


def known_hosts_line(public: str, domain: str, names: Iterable[str]) -> str:
    """The line by which SSH trusts every host key that the authority has signed, for ``names`` and their addresses."""
    patterns = ",".join((*names, f"*.{domain}"))
    return f"@cert-authority {patterns} {' '.join(public.split()[:2])}\n"


def as_yaml(authority: Authority) -> str:
    """Both as they stand in the vault, with a word on what to do with them; a host authority comes along."""
    certificate = _certificate(authority.certificate)
    who, end = certificate.subject.rfc4514_string(), certificate.not_valid_after_utc
    about = tr(
        vi=f"CA “{who}”, hạn đến {end:%d/%m/%Y}.\n"
        "Thêm bốn mục này bằng: ansible-vault edit inventories/quang_binh/vault/secrets.yml\n"
        "host_authority ký khoá SSH của máy xã lúc ghi danh.\n"
        "Khi thay CA đang dùng: mọi máy chủ MCU nhận chứng thư mới, mọi thiết bị và máy xã phải nhận CA mới.",
        en=f"Authority '{who}', good until {end:%Y-%m-%d}.\n"
        "Add all four with: ansible-vault edit inventories/quang_binh/vault/secrets.yml\n"
        "host_authority signs the SSH host keys of PCs when they enrol.\n"
        "Where it replaces one in use, all MCU servers get new certificates, and units and PCs need the new authority.",
    )
    parts = {AUTHORITY_KEY: authority.key, AUTHORITY: authority.certificate, **new_host_authority()}
    blocks = (f"{name}: |\n{textwrap.indent(text, '  ')}" for name, text in parts.items())
    return textwrap.indent(f"{about}\n", "# ") + "".join(blocks)


def issue(authority: Authority, request: str, subject: Subject, now: datetime | None = None) -> str:
    """The certificate (PEM) for the key in a signing request (PEM). PkiError when either can't be used."""
    begin = (now or datetime.now(UTC)) - _SKEW
    asked = _request(request)
    issuer, key = _certificate(authority.certificate), _key(authority.key)
    if issuer.public_key() != key.public_key():
        raise PkiError(tr(vi="khoá và chứng thư của CA không khớp", en="the authority's key and certificate differ"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(subject.names[0]))
        .issuer_name(issuer.subject)
        .public_key(asked.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(min(begin + timedelta(days=SERVER_DAYS), issuer.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName(_alternatives(subject)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pem(certificate)


def faults(certificate: str, authority: str, subject: Subject, now: datetime | None = None) -> tuple[str, ...]:
    """Why a server's certificate must be made anew, in words; empty when it is good for another ``RENEW_DAYS``."""
    return tuple(_faults(certificate, authority, subject, now or datetime.now(UTC)))


def _faults(certificate: str, authority: str, subject: Subject, now: datetime) -> Iterator[str]:
    try:
        found = _certificate(certificate)
    except PkiError:
        yield tr(vi="chưa có chứng thư", en="there is no certificate")
        return
    try:
        found.verify_directly_issued_by(_certificate(authority))
    except (ValueError, TypeError, InvalidSignature):
        yield tr(vi="do CA khác cấp", en="another authority has issued it")
    left = found.not_valid_after_utc - now
    if left < timedelta(days=RENEW_DAYS):
        yield tr(vi=f"còn hạn {max(left.days, 0)} ngày", en=f"{max(left.days, 0)} days are left")
    if _alternatives_of(found) != set(_alternatives(subject)):
        yield tr(vi="tên hoặc địa chỉ khác sổ đăng ký", en="its names or address are not the register's")


def _alternatives(subject: Subject) -> list[x509.GeneralName]:
    return [*(x509.DNSName(name) for name in subject.names), x509.IPAddress(IPv4Address(subject.address))]


def _alternatives_of(certificate: x509.Certificate) -> set[x509.GeneralName]:
    try:
        return set(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return set()


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _certificate(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise PkiError(tr(vi=f"không phải chứng thư PEM: {error}", en=f"no PEM certificate: {error}")) from error


def _request(pem: str) -> x509.CertificateSigningRequest:
    try:
        request = x509.load_pem_x509_csr(pem.encode())
    except ValueError as error:
        raise PkiError(tr(vi=f"không phải yêu cầu ký: {error}", en=f"no signing request: {error}")) from error
    if not request.is_signature_valid:
        raise PkiError(tr(vi="yêu cầu ký sai chữ ký", en="the signing request's own signature is wrong"))
    return request


def _key(pem: str) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise PkiError(tr(vi="không đọc được khoá của CA", en="the authority's key can't be read")) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PkiError(tr(vi="khoá của CA phải là EC", en="the authority's key has to be an EC key"))
    return key

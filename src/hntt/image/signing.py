"""The keys that images, seeds and bundles are signed with, made once and kept at the controller.

Two pairs in one folder: an Ed25519 pair for manifests and seeds, and a certificate for code signing with its key for
RAUC's bundles. A PC trusts the public halves that its image brings, so a new pair means new sticks for every PC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hntt.i18n import tr
from hntt.image.errors import ImageError
from hntt.image.files import write_new

SIGNATURE_SIZE = 64
BUNDLE_YEARS = 15
_SKEW = timedelta(days=1)  # clocks of PCs that have just been switched on


@dataclass(frozen=True)
class KeyFolder:
    """Where the four files are. ``*_key`` are private, 0600; the public halves go into every image."""

    folder: Path

    @property
    def image_key(self) -> Path:
        """The private Ed25519 key (PEM) for manifests and seeds."""
        return self.folder / "image.key.pem"

    @property
    def image_public(self) -> Path:
        """Its public half (PEM)."""
        return self.folder / "image.pub.pem"

    @property
    def bundle_key(self) -> Path:
        """The private key (PEM) for RAUC's bundles."""
        return self.folder / "bundle.key.pem"

    @property
    def bundle_certificate(self) -> Path:
        """Its certificate (PEM), for code signing: the keyring of the PCs."""
        return self.folder / "bundle.crt.pem"

    @property
    def files(self) -> tuple[Path, ...]:
        """All four."""
        return (self.image_key, self.image_public, self.bundle_key, self.bundle_certificate)


def make_keys(folder: Path, name: str, now: datetime | None = None) -> KeyFolder:
    """Make both pairs in ``folder``; ``name`` is on the certificate. ImageError, and nothing done, when one is there.

    Whoever replaced a key would lock all PCs out of updates, so nothing here overwrites one.
    """
    keys = KeyFolder(folder)
    present = [path for path in keys.files if path.exists() or path.is_symlink()]
    if present:
        raise ImageError(
            tr(
                vi=f"{present[0]}: đã có khoá; không ghi đè, vì mọi máy đã cài chỉ tin khoá này. Nếu thật sự "
                "muốn thay, hãy tự chuyển các tệp khoá cũ đi nơi khác rồi cài lại mọi máy bằng USB.",
                en=f"{present[0]}: there is a key already; it is not overwritten, since all installed PCs trust only "
                "this one. To really replace it, move the old files away yourself and reimage every PC by stick.",
            )
        )
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    image = Ed25519PrivateKey.generate()
    bundle = ec.generate_private_key(ec.SECP256R1())
    write_new(keys.image_key, _private_pem(image), 0o600)
    write_new(keys.bundle_key, _private_pem(bundle), 0o600)
    write_new(keys.image_public, _public_pem(image.public_key()), 0o644)
    write_new(keys.bundle_certificate, _certificate(bundle, name, now or datetime.now(UTC)), 0o644)
    return keys


def sign(keys: KeyFolder, content: bytes) -> bytes:
    """The raw Ed25519 signature (64 bytes) over ``content``; ImageError without a usable key."""
    path = keys.image_key
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        raise ImageError(
            tr(
                vi=f"{path}: chưa có khoá ký; tạo một lần bằng: hntt image key",
                en=f"{path}: there is no signing key; make it once with: hntt image key",
            )
        ) from None
    except (ValueError, TypeError) as error:
        raise _unusable(path) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(path)
    return key.sign(content)


def public_key(path: Path) -> Ed25519PublicKey:
    """The public key in a PEM file; ImageError when there is none."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except FileNotFoundError:
        raise ImageError(
            tr(vi=f"{path}: không có tệp khoá công khai này", en=f"{path}: there is no such public key")
        ) from None
    except ValueError as error:
        raise _unusable(path) from error
    if not isinstance(key, Ed25519PublicKey):
        raise _unusable(path)
    return key


def is_signed(content: bytes, signature: bytes, public: Path) -> bool:
    """Whether ``signature`` over ``content`` was made with the private half of the key in ``public``."""
    key = public_key(public)
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _unusable(path: Path) -> ImageError:
    return ImageError(tr(vi=f"{path}: không phải khoá Ed25519 (PEM)", en=f"{path}: no Ed25519 key (PEM)"))


def _private_pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _certificate(key: ec.EllipticCurvePrivateKey, name: str, now: datetime) -> bytes:
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days=365 * BUNDLE_YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)

"""What belongs to an inventory and is not for everybody: its secrets, the signing keys, the ledger of tokens."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hntt.i18n import tr
from hntt.image.errors import ImageError
from hntt.image.signing import KeyFolder
from hntt.image.tokens import Ledger
from hntt.intent.secrets import SecretValues
from hntt.inventory.config import InventoryConfig

_VAULT_HEADER = b"$ANSIBLE_VAULT"


@dataclass(frozen=True)
class Vault:
    """The folder beside an inventory's secrets; git leaves its part ``image`` alone."""

    secrets_file: Path

    @classmethod
    def of(cls, config: InventoryConfig) -> Vault:
        """That of an inventory; ImageError when its ``hntt.yml`` names no secrets_file."""
        if config.secrets_file is None:
            raise ImageError(
                tr(vi=f"{config.file}: thiếu dòng secrets_file", en=f"{config.file}: a line secrets_file is wanted")
            )
        return cls(config.secrets_file)

    @property
    def keys(self) -> KeyFolder:
        """The signing keys."""
        return KeyFolder(self.secrets_file.parent / "image")

    @property
    def ledger(self) -> Ledger:
        """The ledger of tokens."""
        return Ledger(self.secrets_file.parent / "image" / "tokens.json")

    def secrets(self) -> SecretValues:
        """The secrets; ``ansible-vault`` opens a file that it has encrypted, and asks for the password."""
        try:
            content = self.secrets_file.read_bytes()
        except FileNotFoundError:
            raise ImageError(
                tr(
                    vi=f"{self.secrets_file}: chưa có tệp bí mật; cách tạo: xem secrets.example.yml bên cạnh",
                    en=f"{self.secrets_file}: there are no secrets yet; see secrets.example.yml beside it",
                )
            ) from None
        if content.startswith(_VAULT_HEADER):
            content = self._decrypted()
        try:
            document: Any = yaml.safe_load(content)
        except yaml.YAMLError:
            document = None
        if not isinstance(document, dict):
            raise ImageError(tr(vi=f"{self.secrets_file}: không phải YAML", en=f"{self.secrets_file}: not YAML"))
        return SecretValues({str(name): str(value) for name, value in document.items()})

    def _decrypted(self) -> bytes:
        program = Path(sys.executable).with_name("ansible-vault")
        done = subprocess.run([program, "view", str(self.secrets_file)], stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise ImageError(
                tr(
                    vi=f"{self.secrets_file}: không mở được bằng ansible-vault (sai mật khẩu?)",
                    en=f"{self.secrets_file}: ansible-vault could not open it (wrong password?)",
                )
            )
        return done.stdout

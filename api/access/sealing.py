"""Secrets that we must be able to read again, such as a mail server's password: sealed at rest."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_bytes
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.settings import Settings
from shared.master_key import derive_key, read_master_key

NONCE = 12


def in_row(field: str, row_id: UUID | str) -> str:
    """The name of a field in one row, where a table has many that are sealed."""
    return f"{field}/{row_id}"


class Unreadable(Exception):
    """No key of ours opens this; SECRETS_ENCRYPTION_KEYS_OLD may lack the one it was sealed with."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """AES-256-GCM under the newest key; reads what older keys sealed.

    `<key id>.<nonce and ciphertext>`. The tenant and the field's name (with the row's id where
    there are many: `in_row`) are authenticated too, so that a sealed value opens nowhere but where it
    was put.
    """

    newest: str
    keys: dict[str, bytes]

    @classmethod
    def of(cls, settings: Settings) -> "Sealer":
        """The keys of the environment, the newest first."""
        texts = [settings.secrets_encryption_key, *settings.secrets_encryption_keys_old]
        masters = [read_master_key(text.get_secret_value()) for text in texts]
        derived = [derive_key(master, "sealing") for master in masters]
        keys = {sha256(b"id" + key).hexdigest()[:8]: key for key in derived}
        return cls(next(iter(keys)), keys)

    def seal(self, plaintext: str, tenant_id: UUID, field: str) -> str:
        nonce = token_bytes(NONCE)
        cipher = AESGCM(self.keys[self.newest])
        sealed = nonce + cipher.encrypt(nonce, plaintext.encode(), _bound_to(tenant_id, field))
        return f"{self.newest}.{urlsafe_b64encode(sealed).decode()}"

    def unseal(self, sealed: str, tenant_id: UUID, field: str) -> str:
        """Raises Unreadable where the key is gone, or the value was changed or moved."""
        name, _, text = sealed.partition(".")
        if (key := self.keys.get(name)) is None:
            raise Unreadable
        try:
            raw = urlsafe_b64decode(text)
            cipher = AESGCM(key)
            opened = cipher.decrypt(raw[:NONCE], raw[NONCE:], _bound_to(tenant_id, field))
        except (ValueError, InvalidTag) as problem:
            raise Unreadable from problem
        return opened.decode()


def _bound_to(tenant_id: UUID, field: str) -> bytes:
    return tenant_id.bytes + field.encode()

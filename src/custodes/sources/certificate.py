"""Certificates that a recording proxy shows to its own browser: one key per run, one certificate per host, nothing that anything else trusts."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import ssl
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_FROM, _UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


class Certificates:
    """Makes server-side TLS settings for host names. The key never leaves this process but for a private folder that :meth:`close` removes."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._folder = tempfile.TemporaryDirectory(prefix="custodes-")
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    @property
    def key_hash(self) -> str:
        """Base64 of the SHA-256 of the public key (SubjectPublicKeyInfo), as Chromium's ``--ignore-certificate-errors-spki-list`` takes it."""
        info = self._key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(info).digest()).decode()

    def context(self, host: str) -> ssl.SSLContext:
        """The setting for one host, made once."""
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._made(host)
            return self._contexts[host]

    def close(self) -> None:
        """Forget the key."""
        self._folder.cleanup()

    def _made(self, host: str) -> ssl.SSLContext:
        path = Path(self._folder.name) / f"{len(self._contexts)}.pem"
        key = self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(key + self._certificate(host).public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        context.set_alpn_protocols(["http/1.1"])
        path.unlink()
        return context

    def _certificate(self, host: str) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "custodes recorder")])
        builder = x509.CertificateBuilder(name, name, self._key.public_key(), x509.random_serial_number(), _FROM, _UNTIL)
        return builder.add_extension(x509.SubjectAlternativeName([_general(host)]), critical=False).sign(self._key, hashes.SHA256())


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)

"""A certificate authority that lasts for one test run, and the broker's certificate of it."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = ipaddress.ip_address("127.0.0.1")


def write_authority(folder: Path) -> tuple[Path, Path]:
    """Write `ca.pem` and `broker.pem` (key, certificate for 127.0.0.1 and no other name) and return both."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _name("throw-away authority")
    root = _certificate(authority, authority, authority_key).add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    leaf = _certificate(_name("broker"), authority, key).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(HOST)]), critical=False
    )
    ca, broker = folder / "ca.pem", folder / "broker.pem"
    ca.write_bytes(_pem(root.sign(authority_key, hashes.SHA256())))
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    broker.write_bytes(private + _pem(leaf.sign(authority_key, hashes.SHA256())))
    return ca, broker


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)

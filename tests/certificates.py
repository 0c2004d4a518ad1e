"""A certificate for loopback, made for one test."""

import datetime
import ipaddress
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
_DAY = datetime.timedelta(days=1)


class Certificate(NamedTuple):
    """The two files that a server wants."""

    chain: Path
    key: Path


def self_signed(place: Path) -> Certificate:
    """Valid yesterday, today and tomorrow, for localhost and 127.0.0.1."""
    place.mkdir(parents=True)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))])
    builder = x509.CertificateBuilder(_NAME, _NAME, key.public_key(), x509.random_serial_number(), now - _DAY, now + _DAY)
    made = Certificate(place / "chain.pem", place / "key.pem")
    made.chain.write_bytes(builder.add_extension(names, False).sign(key, hashes.SHA256()).public_bytes(_PEM))
    made.key.write_bytes(key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return made


_PEM = serialization.Encoding.PEM

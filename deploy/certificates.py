"""A certificate authority of this machine alone, so that phones in its network get a secure origin.

A phone gives its microphone only to a page from a secure origin. The root is installed on the
phone by hand; it is limited to private addresses, so that whoever steals its key cannot pose as
a site on the internet.
"""

import datetime as dt
import ipaddress
import socket
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.children import StartFailed

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")
_DAY = dt.timedelta(days=1)
# Phones refuse a certificate that lives longer than 398 days, even from a root of their owner's.
_LEAF_DAYS, _ROOT_DAYS, _RENEW_DAYS = 365, 3650, 30


@dataclass(frozen=True, kw_only=True)
class TlsFiles:
    """Where the certificate, its key and the root to install are."""

    certificate: Path
    key: Path
    authority: Path


def network_addresses() -> list[str]:
    """Return this machine's IPv4 addresses in its networks, the one of the default route first.

    Raises StartFailed when it has none.
    """
    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: connecting a datagram socket only picks the route.
            probe.connect(("192.0.2.1", 9))
            found.append(probe.getsockname()[0])
        except OSError:
            pass
    try:
        _, _, others = socket.gethostbyname_ex(socket.gethostname())
    except OSError:
        others = []
    found += [address for address in others if address not in found]
    found = [address for address in found if not ipaddress.ip_address(address).is_loopback]
    if not found:
        raise StartFailed("PUBLIC=1 needs a network, and this machine has no address in one")
    return found


def ensure(directory: Path, addresses: list[str]) -> TlsFiles:
    """Return a certificate for `addresses`, made again when it is old or they changed."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = TlsFiles(
        certificate=directory / "web.crt", key=directory / "web.key", authority=directory / "ca.crt"
    )
    now = dt.datetime.now(dt.UTC)
    names = [ipaddress.ip_address(address) for address in ["127.0.0.1", *addresses]]
    root, root_key = _root(files.authority, directory / "ca.key", names, now)
    if not _still_good(files, root, names, now):
        _issue(files, root, root_key, names, now)
    return files


def _root(
    certificate: Path, key: Path, names: list[Address], now: dt.datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    if certificate.exists() and key.exists():
        root = x509.load_pem_x509_certificate(certificate.read_bytes())
        loaded = serialization.load_pem_private_key(key.read_bytes(), password=None)
        if isinstance(loaded, ec.EllipticCurvePrivateKey) and _covers(root, names):
            return root, loaded
    made = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Fieldvoice on this machine")])
    allowed = [ipaddress.ip_network(network) for network in _PRIVATE]
    # An address outside the private ranges is allowed by itself, not with its neighbours.
    allowed += [ipaddress.ip_network(f"{address}/32") for address in names]
    root = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(made.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _ROOT_DAYS * _DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.NameConstraints(
                permitted_subtrees=[
                    *(x509.IPAddress(network) for network in dict.fromkeys(allowed)),
                    x509.DNSName("localhost"),
                ],
                excluded_subtrees=None,
            ),
            critical=True,
        )
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(made.public_key()), critical=False)
        .sign(made, hashes.SHA256())
    )
    _write_key(key, made)
    certificate.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    return root, made


def _issue(
    files: TlsFiles,
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    names: list[Address],
    now: dt.datetime,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Fieldvoice")]))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _LEAF_DAYS * _DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [*(x509.IPAddress(name) for name in names), x509.DNSName("localhost")]
            ),
            critical=False,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    _write_key(files.key, key)
    files.certificate.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _covers(root: x509.Certificate, names: list[Address]) -> bool:
    """Whether the root may vouch for every address."""
    limits = root.extensions.get_extension_for_class(x509.NameConstraints).value
    networks = [
        limit.value
        for limit in limits.permitted_subtrees or []
        if isinstance(limit, x509.IPAddress)
        and isinstance(limit.value, ipaddress.IPv4Network | ipaddress.IPv6Network)
    ]
    return all(any(name in network for network in networks) for name in names)


def _still_good(
    files: TlsFiles, root: x509.Certificate, names: list[Address], now: dt.datetime
) -> bool:
    if not (files.certificate.exists() and files.key.exists()):
        return False
    leaf = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    held = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    try:
        leaf.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        return False
    fresh = leaf.not_valid_after_utc - now > _RENEW_DAYS * _DAY
    return fresh and set(names) <= set(held.get_values_for_type(x509.IPAddress))


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )

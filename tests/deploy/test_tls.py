"""PUBLIC=1: the machine's own authority, and the relay that puts TLS before the store."""

import datetime as dt
import ipaddress
import os
import ssl
import sys
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from deploy.certificates import TlsFiles, ensure
from deploy.children import Child
from deploy.ports import answers, free_ports
from tests.platforms import ROOT
from tests.services import Services


def _read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return ensure(tmp_path / "tls", ["192.168.7.20"])


def test_a_certificate_names_the_addresses_and_is_short_lived_enough_for_phones(
    files: TlsFiles,
) -> None:
    leaf = _read(files.certificate)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name) for name in names.get_values_for_type(x509.IPAddress)} == {
        "127.0.0.1",
        "192.168.7.20",
    }
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc < dt.timedelta(days=398)
    leaf.verify_directly_issued_by(_read(files.authority))
    assert files.key.stat().st_mode & 0o777 == 0o600


def test_the_authority_is_limited_to_private_addresses(files: TlsFiles) -> None:
    limits = _read(files.authority).extensions.get_extension_for_class(x509.NameConstraints)
    networks = [
        limit.value
        for limit in limits.value.permitted_subtrees or []
        if isinstance(limit, x509.IPAddress)
    ]
    assert limits.critical
    assert all(
        network.is_private
        for network in networks
        if isinstance(network, ipaddress.IPv4Network | ipaddress.IPv6Network)
    )


def test_another_network_needs_a_new_certificate_but_not_a_new_root(files: TlsFiles) -> None:
    root, leaf = files.authority.read_bytes(), files.certificate.read_bytes()
    ensure(files.authority.parent, ["192.168.7.20"])
    assert files.certificate.read_bytes() == leaf
    ensure(files.authority.parent, ["10.1.2.3"])
    assert files.certificate.read_bytes() != leaf
    assert files.authority.read_bytes() == root


def test_the_relay_carries_signed_requests_unchanged(
    files: TlsFiles, services: Services, tmp_path: Path
) -> None:
    port = free_ports(["relay"])["relay"]
    relay = Child(
        name="store-tls",
        command=[
            *(sys.executable, "-m", "deploy.tls_relay"),
            *("--listen", str(port), "--to", str(services.store.ports["s3"])),
            *("--certificate", files.certificate, "--key", files.key),
        ],
        log=tmp_path / "relay.log",
        directory=ROOT,
    )
    relay.start()
    try:
        relay.wait_until(lambda: answers(port), seconds=180)
        body = os.urandom(3_000_000)
        trusting = ssl.create_default_context(cafile=str(files.authority))
        client = services.store.app_client(f"https://127.0.0.1:{port}")
        place = {"Bucket": services.store.bucket, "Key": "clips/through-the-relay"}
        with httpx.Client(verify=trusting, timeout=120) as phone:
            assert phone.put(
                client.generate_presigned_url("put_object", Params=place), content=body
            ).is_success
            assert (
                phone.get(client.generate_presigned_url("get_object", Params=place)).content == body
            )
        with httpx.Client() as stranger, pytest.raises(httpx.ConnectError):
            stranger.get(f"https://127.0.0.1:{port}/")
    finally:
        relay.stop()

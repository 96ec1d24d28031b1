"""The real store refuses by itself: wrong bytes, second writes, strangers, other origins."""

import base64
import hashlib
import secrets
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.services import Services

BODY = b"the bytes that were announced"
SHA256 = base64.b64encode(hashlib.sha256(BODY).digest()).decode()


def _presigned_put(services: Services, key: str) -> tuple[str, dict[str, str]]:
    """Return an address that pins type, length, digest and create-only, and its headers."""
    pinned = {
        "ContentType": "audio/wav",
        "ContentLength": len(BODY),
        "ChecksumSHA256": SHA256,
        "IfNoneMatch": "*",
    }
    url = services.store.app_client().generate_presigned_url(
        "put_object", Params={"Bucket": services.store.bucket, "Key": key, **pinned}
    )
    headers = {
        "Content-Type": "audio/wav",
        "x-amz-checksum-sha256": SHA256,
        "If-None-Match": "*",
    }
    return url, headers


def _put(url: str, headers: dict[str, str], body: bytes = BODY) -> int:
    return httpx.put(url, headers=headers, content=body, timeout=120).status_code


@pytest.fixture
def key() -> str:
    return f"clips/{secrets.token_hex(8)}"


def test_the_announced_bytes_are_taken_once(services: Services, key: str) -> None:
    url, headers = _presigned_put(services, key)
    assert _put(url, headers) == 200
    assert _put(url, headers) == 412


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"body": BODY[:-1] + b"?"}, id="other bytes of the same length"),
        pytest.param({"body": BODY + b"."}, id="more bytes"),
        pytest.param({"body": b""}, id="no bytes"),
        pytest.param({"headers": {"Content-Type": "audio/mp4"}}, id="another type"),
        pytest.param({"headers": {"x-amz-checksum-sha256": "A" * 43 + "="}}, id="another digest"),
    ],
)
def test_anything_else_is_refused(services: Services, key: str, wrong: dict[str, Any]) -> None:
    url, headers = _presigned_put(services, key)
    status = _put(url, headers | wrong.get("headers", {}), wrong.get("body", BODY))
    assert status in {400, 403}
    with pytest.raises(ClientError, match="404"):
        services.store.app_client().head_object(Bucket=services.store.bucket, Key=key)


@pytest.mark.parametrize("missing", ["x-amz-checksum-sha256", "If-None-Match", "Content-Type"])
def test_a_pinned_header_cannot_be_left_out(services: Services, key: str, missing: str) -> None:
    url, headers = _presigned_put(services, key)
    del headers[missing]
    assert _put(url, headers) in {400, 403}


def test_a_tampered_address_is_refused(services: Services, key: str) -> None:
    url, headers = _presigned_put(services, key)
    assert _put(url.replace(key, key + "x"), headers) == 403


def test_nobody_gets_past_the_signatures(services: Services, key: str) -> None:
    store = services.store
    assert httpx.get(f"{store.url}/{store.bucket}/{key}", timeout=120).status_code == 403
    for part in ("filer", "master"):
        url = f"http://127.0.0.1:{store.ports[part]}/buckets/{store.bucket}/{key}"
        assert httpx.put(url, content=b"x", timeout=120).status_code >= 400, part
        assert httpx.get(url, timeout=120).status_code >= 400, part


def test_the_platform_has_rights_in_its_own_bucket_only(services: Services) -> None:
    client = services.store.app_client()
    with pytest.raises(ClientError, match="AccessDenied"):
        client.create_bucket(Bucket="another-bucket")
    with pytest.raises(ClientError):
        client.put_object(Bucket="another-bucket", Key="x", Body=b"x")


def _preflight(services: Services, origin: str, method: str) -> httpx.Headers:
    return httpx.options(
        f"{services.store.url}/{services.store.bucket}/clips/x",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type,if-none-match,x-amz-checksum-sha256",
        },
        timeout=120,
    ).headers


def test_a_browser_may_upload_from_the_app_and_read_from_anywhere(services: Services) -> None:
    allowed = "access-control-allow-methods"
    app = _preflight(services, "http://testserver", "PUT")
    assert "PUT" in app[allowed]
    assert "if-none-match" in app["access-control-allow-headers"]
    assert "PUT" not in _preflight(services, "https://elsewhere.example", "PUT").get(allowed, "")
    # Label Studio's player follows a redirect across origins and so arrives with `null`.
    assert "GET" in _preflight(services, "null", "GET")[allowed]


def test_fsync_is_turned_on_for_the_bucket(services: Services) -> None:
    services.store.turn_fsync_on()
    services.store.turn_fsync_on()

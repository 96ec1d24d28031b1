"""The object store, and the only door to boto3: presign, head, read, write, delete."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any

import boto3
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.client import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from backend.problems import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class ObjectMissing(Exception):
    """No object has this key."""


class ObjectTooLarge(Exception):
    """The object is larger than the bound the caller gave."""


class StorageAway(Unavailable):
    """The object store does not answer."""

    slug, title = "storage-away", "The object store does not answer; try again."


@dataclass(frozen=True)
class Stored:
    """What the store says of an object; `sha256` is hex, empty when it was stored without one."""

    key: str
    bytes: int
    sha256: str
    content_type: str
    stored_at: datetime


@dataclass(frozen=True)
class SignedPut:
    """A presigned PUT: the client must send these headers with exactly these values."""

    url: str
    headers: dict[str, str]


def clip_key(clip_id: object) -> str:
    """Return the key of a clip's original bytes."""
    return f"clips/{clip_id}"


def clip_parts(clip_id: object) -> str:
    """Return the folder of the parts of a clip that a bad link could not carry whole."""
    return f"parts/{clip_id}/"


def consent_parts(consent_id: object) -> str:
    """Return the folder of the parts of a consent's evidence, apart from those of any clip."""
    return f"parts/consents/{consent_id}/"


def part_key(folder: str, number: int) -> str:
    """Return the key of one part."""
    return f"{folder}{number:05d}"


def derived_key(clip_id: object) -> str:
    """Return the key of a clip's 16 kHz mono FLAC."""
    return f"derived/{clip_id}.flac"


def prompt_audio_key(prompt_id: object, sha256: str) -> str:
    """Return the key of a prompt's spoken form; other sound has another key, none is overwritten.

    Under `derived/`, whose other keys are clips' files, because it is no recording of a speaker.
    """
    return f"derived/prompts/{prompt_id}/{sha256[:32]}"


def consent_key(consent_id: object) -> str:
    """Return the key of a consent's recorded evidence."""
    return f"consents/{consent_id}"


def _client(endpoint: str) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=settings.S3_REGION,
        aws_access_key_id=settings.S3_ACCESS_KEY_ID,
        aws_secret_access_key=settings.S3_SECRET_ACCESS_KEY,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=3,
            read_timeout=20,
            max_pool_connections=32,
            retries={"max_attempts": 3, "mode": "standard"},
        ),
    )


@lru_cache(maxsize=1)
def _inside() -> "S3Client":
    """Return the client for our own calls (thread safe)."""
    return _client(settings.S3_ENDPOINT_URL)


@lru_cache(maxsize=1)
def _outside() -> "S3Client":
    """Return the client that signs for the address phones and browsers use; it never calls."""
    return _client(settings.S3_PUBLIC_URL)


def forget_clients() -> None:
    """Drop the cached clients (after a fork, or when a test moves the store)."""
    _inside.cache_clear()
    _outside.cache_clear()


def _checksum(sha256_hex: str) -> str:
    return base64.b64encode(binascii.unhexlify(sha256_hex)).decode()


def sign_put(
    *, key: str, bytes_: int, sha256: str, content_type: str, seconds: int | None = None
) -> SignedPut:
    """Sign a PUT that stores exactly these bytes, once.

    Length, type, SHA-256 and `If-None-Match: *` are all signed (AWS SigV4 query form), so the
    store itself refuses other bytes (400/403) and a second writer (412).
    """
    headers = {
        "Content-Type": content_type,
        "If-None-Match": "*",
        "x-amz-checksum-sha256": _checksum(sha256),
    }
    # The signer itself instead of generate_presigned_url, which gives the same URL and resolves
    # the endpoint anew each time: an announcement of 100 clips signs 100 times.
    request = AWSRequest(
        method="PUT",
        url=f"{settings.S3_PUBLIC_URL.rstrip('/')}/{settings.S3_BUCKET}/{key}",
        # Content-Length is signed as well; browsers set it themselves and forbid setting it.
        headers={**headers, "Content-Length": str(bytes_)},
    )
    signer = S3SigV4QueryAuth(
        Credentials(settings.S3_ACCESS_KEY_ID, settings.S3_SECRET_ACCESS_KEY),
        "s3",
        settings.S3_REGION,
        expires=seconds or settings.UPLOAD_URL_SECONDS,
    )
    signer.add_auth(request)
    return SignedPut(str(request.url), headers)


def sign_get(*, key: str, content_type: str | None = None, download_name: str = "") -> str:
    """Sign a GET that lives at most five minutes."""
    params: dict[str, Any] = {"Bucket": settings.S3_BUCKET, "Key": key}
    if content_type:
        params["ResponseContentType"] = content_type
    if download_name:
        params["ResponseContentDisposition"] = f'attachment; filename="{download_name}"'
    return _outside().generate_presigned_url(
        "get_object", Params=params, ExpiresIn=settings.HEAR_URL_SECONDS
    )


def _missing(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in {"404", "NoSuchKey", "NotFound"}


def head(key: str) -> Stored:
    """Return what is stored under a key, without reading it; raises ObjectMissing."""
    try:
        answer = _inside().head_object(Bucket=settings.S3_BUCKET, Key=key, ChecksumMode="ENABLED")
    except ClientError as error:
        if _missing(error):
            raise ObjectMissing(key) from error
        raise StorageAway() from error
    except BotoCoreError as error:
        raise StorageAway() from error
    checksum = answer.get("ChecksumSHA256", "")
    return Stored(
        key=key,
        bytes=answer["ContentLength"],
        sha256=base64.b64decode(checksum).hex() if checksum else "",
        content_type=answer.get("ContentType", ""),
        stored_at=answer["LastModified"],
    )


def read(key: str, *, max_bytes: int) -> bytes:
    """Return an object's bytes; raises ObjectMissing, or ObjectTooLarge before reading it."""
    try:
        answer = _inside().get_object(Bucket=settings.S3_BUCKET, Key=key)
        if answer["ContentLength"] > max_bytes:
            answer["Body"].close()
            raise ObjectTooLarge(key)
        return answer["Body"].read()
    except ClientError as error:
        if _missing(error):
            raise ObjectMissing(key) from error
        raise StorageAway() from error
    except BotoCoreError as error:
        raise StorageAway() from error


def read_range(key: str, *, start: int, length: int) -> bytes:
    """Return `length` bytes of an object from `start` on; raises ObjectMissing.

    At least one byte must be asked for, and at least one must be there.
    """
    try:
        answer = _inside().get_object(
            Bucket=settings.S3_BUCKET, Key=key, Range=f"bytes={start}-{start + length - 1}"
        )
        return answer["Body"].read()
    except ClientError as error:
        if _missing(error):
            raise ObjectMissing(key) from error
        raise StorageAway() from error
    except BotoCoreError as error:
        raise StorageAway() from error


def write(*, key: str, body: bytes | IO[bytes], content_type: str, once: bool = False) -> bool:
    """Store an object with its SHA-256; with `once`, False when the key is taken already."""
    params: dict[str, Any] = {"IfNoneMatch": "*"} if once else {}
    try:
        _inside().put_object(
            Bucket=settings.S3_BUCKET,
            Key=key,
            Body=body,
            ContentType=content_type,
            ChecksumAlgorithm="SHA256",
            **params,
        )
    except ClientError as error:
        if once and error.response.get("Error", {}).get("Code") == "PreconditionFailed":
            return False
        raise StorageAway() from error
    except BotoCoreError as error:
        raise StorageAway() from error
    return True


def delete(keys: list[str]) -> None:
    """Delete objects; a key that is not there is no error."""
    try:
        for start in range(0, len(keys), 1000):
            answer = _inside().delete_objects(
                Bucket=settings.S3_BUCKET,
                Delete={
                    "Objects": [{"Key": key} for key in keys[start : start + 1000]],
                    "Quiet": True,
                },
            )
            if answer.get("Errors"):
                raise StorageAway()
    except (ClientError, BotoCoreError) as error:
        raise StorageAway() from error


def list_keys(prefix: str) -> Iterator[str]:
    """Yield the keys under a prefix, in order."""
    try:
        pages = _inside().get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=settings.S3_BUCKET, Prefix=prefix):
            for entry in page.get("Contents", []):
                yield entry["Key"]
    except (ClientError, BotoCoreError) as error:
        raise StorageAway() from error


def ping() -> None:
    """Raise StorageAway unless the bucket answers."""
    try:
        _inside().head_bucket(Bucket=settings.S3_BUCKET)
    except (ClientError, BotoCoreError) as error:
        raise StorageAway() from error

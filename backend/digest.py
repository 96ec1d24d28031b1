"""Pure: one fingerprint for "the same request again", whatever order or spelling it came in."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical(value: Any) -> bytes:
    """Return the value as JSON with sorted names and no blanks, times in UTC."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    ).encode()


def request_digest(data: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a validated request's content."""
    return hashlib.sha256(canonical(dict(data))).hexdigest()

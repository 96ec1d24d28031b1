"""One authenticated request to a Label Studio instance, sent exactly once."""

import base64
import binascii
import json
import time
from collections.abc import Mapping
from typing import Any

import httpx

from annotation.label_studio.errors import Refused, Unauthorised, Unreachable, Unreached

# An access token lives five minutes; ask for the next one before the server's clock says so.
_ACCESS_SECONDS = 240.0
_MAX_REPLY_BYTES = 64 * 1024 * 1024

Json = Any


def is_personal_token(token: str) -> bool:
    """True for a personal access token (a JWT), False for a legacy token (40 hex digits)."""
    parts = token.split(".")
    if len(parts) != 3:
        return False
    try:
        head = json.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except (ValueError, binascii.Error):
        return False
    return isinstance(head, dict) and "alg" in head


class Transport:
    """Speaks to one instance with either kind of token.

    A personal token is never sent as a Bearer (the server answers 401): it is exchanged for an
    access token, which is kept for four minutes and renewed once on a 401. Nothing else is ever
    repeated here: after a lost reply only the caller can know whether repeating is harmless.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._token = token
        self._personal = is_personal_token(token)
        self._access = ""
        self._access_until = 0.0
        self._http = httpx.Client(
            base_url=base_url.rstrip("/"),
            timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
            transport=transport,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Json = None,
        params: Mapping[str, str | int] | None = None,
        timeout: float | None = None,
        anonymous: bool = False,
    ) -> Json:
        """Send one request and return the parsed JSON, or None where the answer has no body.

        Raises Unreachable, Unauthorised or Refused (see errors).
        """
        headers = {} if anonymous else self._authorization()
        reply = self._send(method, path, body, params, timeout, headers)
        if reply.status_code == 401 and self._personal and not anonymous:
            # A 401 did nothing, so this one repetition is safe for a POST too.
            self._access_until = 0.0
            reply = self._send(method, path, body, params, timeout, self._authorization())
        return _read(reply)

    def _authorization(self) -> dict[str, str]:
        if not self._personal:
            return {"Authorization": f"Token {self._token}"}
        if time.monotonic() >= self._access_until:
            path = "/api/token/refresh/"
            answer = _read(self._send("POST", path, {"refresh": self._token}, None, None, {}))
            if not isinstance(answer, dict) or not isinstance(answer.get("access"), str):
                raise Unreachable("the token refresh answered something else than a token")
            self._access = answer["access"]
            self._access_until = time.monotonic() + _ACCESS_SECONDS
        return {"Authorization": f"Bearer {self._access}"}

    def _send(
        self,
        method: str,
        path: str,
        body: Json,
        params: Mapping[str, str | int] | None,
        timeout: float | None,
        headers: dict[str, str],
    ) -> httpx.Response:
        limit: Any = (
            httpx.USE_CLIENT_DEFAULT if timeout is None else httpx.Timeout(timeout, connect=5)
        )
        try:
            with self._http.stream(
                method,
                path,
                json=body if body is not None else None,
                params=params,
                headers=headers,
                timeout=limit,
            ) as reply:
                content = bytearray()
                for chunk in reply.iter_bytes():
                    content += chunk
                    if len(content) > _MAX_REPLY_BYTES:
                        raise Unreachable("the answer is larger than any that Label Studio gives")
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unreached(f"no connection: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            # The error's own text can hold the URL; its class says enough.
            raise Unreachable(f"no answer: {type(error).__name__}") from error
        except httpx.InvalidURL as error:
            raise Unreachable("the instance's address is not a URL") from error
        # The headers still name the encoding that iter_bytes has already undone.
        kept = [(k, v) for k, v in reply.headers.items() if k.lower() == "content-type"]
        return httpx.Response(reply.status_code, headers=kept, content=bytes(content))


def _read(reply: httpx.Response) -> Json:
    """Turn a reply into JSON or one of the typed errors."""
    status = reply.status_code
    if status in (401, 403):
        raise Unauthorised(status)
    if status in (408, 425, 429) or status >= 500:
        raise Unreachable(f"answered {status}")
    if status >= 400:
        raise Refused(status, _fault(reply))
    if status >= 300:
        raise Unreachable(f"answered {status}: not Label Studio's API, or a proxy's sign-in page")
    if not reply.content:
        return None
    try:
        return reply.json()
    except (ValueError, RecursionError) as error:  # bad UTF-8 and bad JSON are both ValueErrors
        raise Unreachable("answered something that is not JSON") from error


def _fault(reply: httpx.Response) -> str:
    """Name what was refused by its field names; values are left out, for they can hold a text."""
    try:
        body = reply.json()
    except (ValueError, RecursionError):
        return ""
    if not isinstance(body, dict):
        return ""
    faults = body.get("validation_errors", body)
    return ", ".join(sorted(str(name) for name in faults))[:200] if isinstance(faults, dict) else ""

"""JSON log lines: one dotted event name, ids, never a name, a text, a token or a signed URL."""

import json
import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

request_id: ContextVar[str] = ContextVar("request_id", default="")

# Library exceptions quote whole URLs and headers; what signs or authorises is cut out of any line.
_SECRETS = re.compile(
    r"(?i)((?:X-Amz-[A-Za-z-]+|sig|signature|token|code|password)=)[^&\s\"']+|(Bearer\s+)\S+"
)
_PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redact(text: str) -> str:
    """Replace the values of signing and authorising parameters with an ellipsis."""
    return _SECRETS.sub(lambda match: f"{match.group(1) or match.group(2)}…", text)


class JsonFormatter(logging.Formatter):
    """One JSON object a line; `extra` fields stand beside the event."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one JSON line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": redact(record.getMessage()),
            "logger": record.name,
        }
        if request_id.get():
            line["request"] = request_id.get()
        for name, value in vars(record).items():
            # Django attaches the request and response objects themselves; only plain facts pass.
            if name not in _PLAIN and isinstance(value, str | int | float | bool | None):
                line[name] = redact(value) if isinstance(value, str) else value
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class RequestLogMiddleware:
    """Give each request an id, answer it in X-Request-Id, and log one line at its end."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.log = logging.getLogger("fieldvoice.web")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Log the route, not the path: a path may hold a signature or an enrolment code."""
        token = request_id.set(uuid.uuid4().hex[:12])
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
            self.log.info(
                "web.request",
                extra={
                    "method": request.method,
                    "route": request.resolver_match.route if request.resolver_match else "",
                    "status": response.status_code,
                    "ms": round((time.perf_counter() - started) * 1000, 1),
                },
            )
            return response
        finally:
            request_id.reset(token)

"""Serve the phone client: the files of mobile_client/ as they are, with type and ETag."""

import hashlib
import re
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import redirect
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from backend.problems import NotFound, problem_response

ROOT: Final = settings.BASE_DIR / "mobile_client"
# What belongs to the page; its tests and tools lie beside it. No dot, so no way out of the folder.
_SERVED: Final = re.compile(
    r"index\.html|style\.css|icon\.svg|manifest\.webmanifest"
    r"|src/(?:[a-z0-9_]+/)*[a-z0-9_]+\.js|i18n/[a-z]{2,3}\.json"
)
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@require_safe
def serve_file(request: HttpRequest, path: str = "index.html") -> HttpResponse:
    """Answer one file, or 304 when the phone has it: asked for at each start, sent once."""
    file = ROOT / path
    if not _SERVED.fullmatch(path) or not file.is_file():
        return problem_response(NotFound())
    body = file.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = HttpResponse(body, content_type=_TYPES[file.suffix])
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    answer = get_conditional_response(request, etag=etag, response=response)
    return answer if isinstance(answer, HttpResponse) else response


@require_safe
def to_phone_client(request: HttpRequest) -> HttpResponsePermanentRedirect | HttpResponse:
    """Send whoever opens the bare address to the record page."""
    return redirect("/app/")

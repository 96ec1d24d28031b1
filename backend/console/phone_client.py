"""Serve the phone client: compressed, for ever under a version's address, else with an ETag."""

import re
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import redirect
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from backend.console.phone_files import PhoneFile, read_file
from backend.console.phone_page import app_version, write_page, write_worker
from backend.problems import NotFound, problem_response

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_REFUSED: Final = re.compile(r"q\s*=\s*0(?:\.0*)?\s*$")


class _Answer(HttpResponse):
    """With the mark that Django's middleware for frames looks for."""

    xframe_options_exempt = False


@require_safe
def serve_file(request: HttpRequest, path: str) -> HttpResponse:
    """Answer one file under its plain address."""
    return _answer(request, read_file(path))


@require_safe
def serve_file_of_version(request: HttpRequest, version: str, path: str) -> HttpResponse:
    """Answer one file under a version's address, where no other version's ever stands.

    A page of another version (it was opened during an update) gets what there is, to keep for
    once only.
    """
    return _answer(request, read_file(path), for_ever=version == app_version())


@require_safe
def serve_page(request: HttpRequest) -> HttpResponse:
    """Answer the page itself."""
    return _answer(request, write_page(app_version()))


@require_safe
def serve_worker(request: HttpRequest) -> HttpResponse:
    """Answer the service worker, which may keep everything under /app/."""
    response = _answer(request, write_worker(app_version()))
    response["Service-Worker-Allowed"] = "/app/"
    return response


@require_safe
def to_phone_client(request: HttpRequest) -> HttpResponsePermanentRedirect | HttpResponse:
    """Send whoever opens the bare address to the record page."""
    return redirect("/app/")


def _answer(
    request: HttpRequest, file: PhoneFile | None, *, for_ever: bool = False
) -> HttpResponse:
    """Answer a file, or 304 when the phone has it."""
    if file is None:
        return problem_response(NotFound())
    packed = file.gzipped if _takes_gzip(request.headers.get("Accept-Encoding", "")) else None
    # Two encodings are two bodies: one name for both would let a cache mix them.
    etag = f'"{file.sha256[:16]}{"-gzip" if packed else ""}"'
    response = _Answer(packed or file.body, content_type=file.content_type)
    # Nobody frames a script; the words are a page's.
    response.xframe_options_exempt = not file.path.endswith(".html")
    if packed:
        response["Content-Encoding"] = "gzip"
    if file.gzipped:
        response["Vary"] = "Accept-Encoding"
    response["ETag"] = etag
    response["Cache-Control"] = _FOR_EVER if for_ever else "no-cache"
    answer = get_conditional_response(request, etag=etag, response=response)
    return answer if isinstance(answer, HttpResponse) else response


def _takes_gzip(accepted: str) -> bool:
    for choice in accepted.lower().split(","):
        name, _, quality = choice.partition(";")
        if name.strip() == "gzip":
            return not _REFUSED.search(quality)
    return False

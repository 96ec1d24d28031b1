"""Content-Security-Policy of the pages: what each of them needs, and nothing else."""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_NOTHING = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
# What a browser runs on its own; a module, a style or a picture obeys the page that asked for it,
# and the same words forty times would be a quarter of the phone's first load.
_WORKER: Final = re.compile(r"/(?:sw|app|(?:\w+_)?worker)\.js$")


def store_origin() -> str:
    """Return the origin under which browsers reach the object store."""
    parts = urlsplit(settings.S3_PUBLIC_URL)
    return f"{parts.scheme}://{parts.netloc}"


def phone_policy() -> str:
    """Return the record page's policy: own scripts, bytes to the store, takes played at once."""
    return (
        f"{_NOTHING}; script-src 'self'; style-src 'self'; img-src 'self'; worker-src 'self'; "
        f"manifest-src 'self'; connect-src 'self' {store_origin()}; "
        f"media-src 'self' blob: {store_origin()}; form-action 'none'"
    )


def console_policy(*, uploads: bool = False) -> str:
    """Return the console's policy: own scripts and styles, sound from the store, QR images.

    `uploads`: the page also brings files to the store.
    """
    store = f" {store_origin()}" if uploads else ""
    return (
        f"{_NOTHING}; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'{store}; media-src {store_origin()}; form-action 'self'"
    )


class PagePolicyMiddleware:
    """Puts the policy on every page and worker; answers of the API hold no page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith("/app/"):
            page = response.get("Content-Type", "").startswith("text/html")
            if page or _WORKER.search(request.path):
                response["Content-Security-Policy"] = phone_policy()
            if page:
                response["Permissions-Policy"] = "microphone=(self), camera=(), geolocation=()"
        elif request.path.startswith(("/console/", "/admin/")):
            uploads = request.path.endswith("/imports")
            response["Content-Security-Policy"] = console_policy(uploads=uploads)
            response["Permissions-Policy"] = "microphone=(), camera=(), geolocation=()"
        return response

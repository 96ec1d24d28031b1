"""Errors as RFC 9457 problem+json: the base class, the handler, and what belongs to no app."""

import logging
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"
_log = logging.getLogger("fieldvoice.problems")


class Problem(Exception):
    """Something a client can act on; `slug` is the stable part of its type.

    `detail` is one sentence for people; `errors` says which field is wrong and why:
    `[{"field": "clips.3.sha256", "message": "…"}]`; `extra` members are merged into the answer.
    """

    slug: ClassVar[str]
    status: ClassVar[int] = 400
    title: ClassVar[str]

    def __init__(
        self,
        detail: str = "",
        *,
        errors: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}
        self.extra = extra

    def as_dict(self) -> dict[str, Any]:
        """Return the members of the problem document."""
        body: dict[str, Any] = {
            "type": f"urn:fieldvoice:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
        }
        if self.detail:
            body["detail"] = self.detail
        if self.errors:
            body["errors"] = self.errors
        return body | self.extra


class Malformed(Problem):
    """The request's body or parameters are not what the call takes."""

    slug, status, title = "malformed", 400, "The request is not in the form this call takes."


class NotSignedIn(Problem):
    """No token, or one that is unknown, expired or revoked."""

    slug, status, title = "not-signed-in", 401, "A valid token or session is needed."


class NotAllowed(Problem):
    """Signed in, but the role does not hold the verb."""

    slug, status, title = "not-allowed", 403, "Your role does not allow this."


class NotFound(Problem):
    """Nothing there, or nothing that this caller may see."""

    slug, status, title = "not-found", 404, "There is nothing at this address."


class MethodNotAllowed(Problem):
    """The address exists, the method does not."""

    slug, status, title = "method-not-allowed", 405, "This address does not take this method."


class UnsupportedType(Problem):
    """The body is not JSON."""

    slug, status, title = "unsupported-type", 415, "The body must be application/json."


class NotAcceptable(Problem):
    """The client accepts no type that we write."""

    slug, status, title = "not-acceptable", 406, "This call answers application/json."


class TooLarge(Problem):
    """The body is over the server's bound."""

    slug, status, title = "too-large", 413, "The request is too large."


class Throttled(Problem):
    """Too many tries in a short time."""

    slug, status, title = "too-many-requests", 429, "Too many requests; try again later."


class Unexpected(Problem):
    """A fault of ours; the request id finds it in the log."""

    slug, status, title = "unexpected", 500, "Something failed on our side."


class Unavailable(Problem):
    """A service behind us does not answer; the request may be repeated."""

    slug, status, title = "unavailable", 503, "A service behind this one is away; try again."


def field_errors(detail: Any, path: str = "") -> list[dict[str, str]]:
    """Flatten Django REST framework's nested validation detail into dotted fields."""
    if isinstance(detail, dict):
        return [
            line
            for name, inner in detail.items()
            for line in field_errors(
                inner, path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
            )
        ]
    if isinstance(detail, list):
        lines: list[dict[str, str]] = []
        for index, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            lines += field_errors(inner, f"{path}.{index}".lstrip(".") if nested else path)
        return lines
    return [{"field": path, "message": str(detail)}]


_FRAMEWORK: list[tuple[type[Exception], type[Problem]]] = [
    (exceptions.NotAuthenticated, NotSignedIn),
    (exceptions.AuthenticationFailed, NotSignedIn),
    (exceptions.PermissionDenied, NotAllowed),
    (PermissionDenied, NotAllowed),
    (exceptions.NotFound, NotFound),
    (Http404, NotFound),
    (exceptions.MethodNotAllowed, MethodNotAllowed),
    (exceptions.UnsupportedMediaType, UnsupportedType),
    (exceptions.NotAcceptable, NotAcceptable),
    (exceptions.Throttled, Throttled),
]


def as_problem(error: Exception) -> Problem:
    """Return the problem that stands for any exception; an unforeseen one is logged and hidden."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.ValidationError):
        return Malformed(errors=field_errors(error.detail))
    if isinstance(error, exceptions.ParseError):
        return Malformed(str(error.detail))
    for kind, problem in _FRAMEWORK:
        if isinstance(error, kind):
            return problem()
    _log.error("web.unexpected", exc_info=error)
    return Unexpected()


def handle_exception(error: Exception, context: dict[str, Any]) -> Response:
    """Django REST framework's exception hook."""
    problem = as_problem(error)
    response = Response(
        problem.as_dict(), status=problem.status, content_type=CONTENT_TYPE, headers=problem.headers
    )
    if problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def problem_response(problem: Problem) -> JsonResponse:
    """Return a problem outside the REST framework (Django's own 404 and 500, plain views)."""
    return JsonResponse(
        problem.as_dict(), status=problem.status, content_type=CONTENT_TYPE, headers=problem.headers
    )


def not_found_view(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Django's handler404."""
    return problem_response(NotFound())


def bad_request_view(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Django's handler400: a body over the bound, a forged host."""
    return problem_response(Malformed())


def unexpected_view(request: HttpRequest) -> JsonResponse:
    """Django's handler500."""
    return problem_response(Unexpected())

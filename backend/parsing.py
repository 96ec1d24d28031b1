"""Read request bodies strictly: UTF-8, JSON as RFC 8259 has it, no NUL, bounded depth."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from rest_framework.parsers import BaseParser

from backend.problems import Malformed, TooLarge


def _refuse_constant(name: str) -> Any:
    raise Malformed(f"{name} is not a JSON number.")


def _has_bad_text(value: Any) -> bool:
    """Say whether a text holds NUL or half of a surrogate pair (databases refuse both)."""
    if isinstance(value, str):
        return "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, dict):
        return any(_has_bad_text(key) or _has_bad_text(inner) for key, inner in value.items())
    if isinstance(value, list):
        return any(_has_bad_text(inner) for inner in value)
    return False


def parse_text(body: bytes) -> str:
    """Return the text, or raise Malformed when it is not UTF-8 or holds NUL."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8 (byte {error.start}).") from error
    if "\x00" in text:
        raise Malformed("A text holds a NUL character or half a surrogate pair.")
    return text


def parse_json(body: bytes) -> Any:
    """Return the JSON value, or raise Malformed with what is wrong."""
    text = parse_text(body)
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise Malformed("The body is nested too deeply.") from error
    except ValueError as error:
        raise Malformed("The body is not JSON.") from error
    try:
        bad = _has_bad_text(value)
    except RecursionError as error:
        raise Malformed("The body is nested too deeply.") from error
    if bad:
        raise Malformed("A text holds a NUL character or half a surrogate pair.")
    return value


def _whole_body(stream: IO[Any]) -> bytes:
    """Read the body within DATA_UPLOAD_MAX_MEMORY_SIZE."""
    try:
        # The stream is Django's request: .body enforces the size bound that .read() does not.
        return bytes(stream.body if hasattr(stream, "body") else stream.read())
    except RequestDataTooBig as error:
        raise TooLarge() from error


class StrictJSONParser(BaseParser):
    """The API's usual parser."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Read and parse the whole body."""
        return parse_json(_whole_body(stream))


class CsvParser(BaseParser):
    """A file sent as it is; the view gets its text."""

    media_type = "text/csv"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Read the whole body as text."""
        return parse_text(_whole_body(stream))


class YamlParser(CsvParser):
    """The same, as YAML (RFC 9512)."""

    media_type = "application/yaml"


class JsonLinesParser(CsvParser):
    """The same, as JSON Lines."""

    media_type = "application/jsonl"


class NdJsonParser(CsvParser):
    """The same, under the type that other tools send."""

    media_type = "application/x-ndjson"

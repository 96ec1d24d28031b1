"""Read settings from the environment, and say at once which one is wrong."""

import os
from pathlib import Path


class MissingSetting(RuntimeError):
    """A setting that must be there is not, or cannot be read."""


def env_str(name: str, default: str | None = None) -> str:
    """Return a text setting; without a default it must be set."""
    value = os.environ.get(name)
    if value is None or value == "":
        if default is None:
            raise MissingSetting(f"{name} is not set")
        return default
    return value


def env_int(name: str, default: int) -> int:
    """Return a whole number."""
    value = env_str(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise MissingSetting(f"{name} must be a whole number, not {value!r}") from error


def env_bool(name: str, default: bool) -> bool:
    """Return a switch: 1/true/yes/on or 0/false/no/off."""
    value = env_str(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise MissingSetting(f"{name} must be 1 or 0, not {value!r}")


def env_list(name: str, default: str = "") -> list[str]:
    """Return the comma-separated parts of a setting, without blanks."""
    return [part.strip() for part in env_str(name, default).split(",") if part.strip()]


def env_secret(name: str, *, required: bool, default: str = "") -> str:
    """Return a secret from NAME or the file that NAME_FILE names.

    Raises MissingSetting when it is required and nowhere to be found: in production an unset
    secret refuses to start rather than falling back to a known value.
    """
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise MissingSetting(f"{name}_FILE cannot be read: {error.strerror}") from error
    value = os.environ.get(name, "")
    if value:
        return value
    if required:
        raise MissingSetting(f"{name} (or {name}_FILE) is not set")
    return default

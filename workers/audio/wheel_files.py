"""Find a model's file inside an installed wheel, whose code is never imported, and make sure that
it is the very file that was measured.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path


class ModelMissing(Exception):
    """A model cannot be used: its wheel is not installed, or its file is another one."""


def wheel_file(package: str, name: str, *, sha256: str) -> Path:
    """Return the path of the file `name` inside `package`.

    Raises ModelMissing where the package or the file is not there, or the file's SHA-256 (hex) is
    not the one given.
    """
    found = find_spec(package)
    folders = found.submodule_search_locations if found else None
    if not folders:
        raise ModelMissing(f"{package} is not installed")
    path = Path(folders[0]) / name
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelMissing(f"{package} holds no readable {name}") from error
    if digest != sha256:
        raise ModelMissing(f"{name} of {package} is not the file that was measured")
    return path

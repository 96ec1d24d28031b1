"""index.html and sw.js as phones get them: with the app's version and its list of files."""

import hashlib
import json
import re
from typing import Final

from backend.console.headers import phone_policy
from backend.console.phone_files import (
    PhoneFile,
    list_files,
    read_page,
    read_worker,
    release_number,
)
from backend.console.phone_program import PAGE, PROGRAM

# A change of any of these is a new version; icons are fetched by the system, not by the page.
_NOT_KEPT: Final = re.compile(r"icons/.*")
# Enough to tell a file from the one that another version has in its place.
_HASH_DIGITS: Final = 16
_ADDRESS: Final = re.compile(r'\b(src|href)="(app\.js|style\.css)"')
_PROGRAM_OF_WORKER: Final = f'"./{PROGRAM}"'


def app_version() -> str:
    """Return the release's number and a hash of all that a phone keeps, e.g. `0.1.0-3f2a90c41b7e`.

    The policy belongs to it: a phone keeps the page with its headers, and would go on forbidding
    itself a store that has moved.
    """
    parts = [f"{file.path} {file.sha256}" for file in list_files()]
    parts += [read_page().sha256, read_worker().sha256]
    whole = "\n".join([phone_policy(), *parts])
    return f"{release_number()}-{hashlib.sha256(whole.encode()).hexdigest()[:12]}"


def write_page(version: str) -> PhoneFile:
    """Return index.html; it asks for the program in place of the module that starts it."""
    text = read_page().body.decode().replace(f'src="{PAGE}"', f'src="{PROGRAM}"')
    return PhoneFile("index.html", _ADDRESS.sub(rf'\1="v/{version}/\2"', text).encode())


def write_worker(version: str) -> PhoneFile:
    """Return the service worker; it knows its version, its files and the hash of each."""
    kept = [file for file in list_files() if not _NOT_KEPT.match(file.path)]
    # The page is kept under the address that people open.
    files = {"": write_page(version), **{file.path: file for file in kept}}
    hashes = {path: file.sha256[:_HASH_DIGITS] for path, file in files.items()}
    listed = json.dumps(hashes, separators=(",", ":"))
    text = read_worker().body.decode()
    text = text.replace(_PROGRAM_OF_WORKER, f'"./v/{version}/{PROGRAM}"')
    text = text.replace('"__VERSION__"', json.dumps(version)).replace('"__FILES__"', listed)
    return PhoneFile("sw.js", text.encode())

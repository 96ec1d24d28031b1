"""The phone client's scripts as a phone gets them: linked into one file, with short names.

There is no build step: whoever changes a module reloads the page.
"""

from pathlib import Path
from typing import Final

from backend.console.phone_link import link_modules, shorten

PROGRAM: Final = "app.js"
SERVICE_WORKER: Final = "sw.js"
# What begins to run by itself, each in a place of its own; the page, the worker of the microphone.
ENTRIES: Final = ("src/main.js", "src/capture/worker.js")
# What the service worker is made of.
_ENTRY_OF_WORKER: Final = "src/offline.js"
# The audio thread's scripts can import nothing in older browsers.
ALONE: Final = ("src/capture/worklet.js",)


def write_scripts(root: Path) -> dict[str, str]:
    """Return every script of the folder `root` by the path under which phones ask for it.

    Raises LinkError for a module that cannot be linked.
    """
    entries = (*ENTRIES, _ENTRY_OF_WORKER)
    return {
        PROGRAM: link_modules(lambda path: (root / path).read_text(), entries),
        **{path: shorten((root / path).read_text()) for path in ALONE},
        **{path: _door(path) for path in ENTRIES},
        SERVICE_WORKER: _take_from_program((root / SERVICE_WORKER).read_text()),
    }


def _door(path: str) -> str:
    """Return the little that stands at an entry's own address."""
    up = "../" * path.count("/")
    return f'import{{load}}from"{up}{PROGRAM}";load("{path}")\n'


def _take_from_program(worker: str) -> str:
    """Return the service worker with its one import taken from the linked file."""
    name = "serveOffline"
    asked = f'import {{ {name} }} from "./{_ENTRY_OF_WORKER}";\n'
    if asked not in worker:
        raise ValueError(f"{SERVICE_WORKER} does not import {name} as expected")
    taken = f'import{{load}}from"./{PROGRAM}";let{{{name}}}=load("{_ENTRY_OF_WORKER}");'
    return taken + shorten(worker.replace(asked, ""))

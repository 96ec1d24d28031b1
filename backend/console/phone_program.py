"""The phone client's scripts as a phone gets them: linked into one file, with short names.

There is no build step: whoever changes a module reloads the page.
"""

from pathlib import Path
from typing import Final

from backend.console.phone_link import link_modules, shorten

PROGRAM: Final = "app.js"
SERVICE_WORKER: Final = "sw.js"
# What begins to run by itself, where the program finds itself in a page or in a worker.
PAGE: Final = "src/main.js"
_MICROPHONE: Final = "src/capture/worker.js"
_BEGIN: Final = f'self.document?load("{PAGE}"):self.registration||load("{_MICROPHONE}")'
# What the service worker is made of.
_ENTRY_OF_WORKER: Final = "src/offline.js"
# The audio thread's scripts can import nothing in older browsers.
ALONE: Final = ("src/capture/worklet.js",)


def write_scripts(root: Path) -> dict[str, str]:
    """Return every script of the folder `root` by the path under which phones ask for it.

    Raises LinkError for a module that cannot be linked.
    """
    entries = (PAGE, _MICROPHONE, _ENTRY_OF_WORKER)
    moved = {_MICROPHONE: PROGRAM}
    return {
        PROGRAM: link_modules(lambda path: (root / path).read_text(), entries, moved) + _BEGIN,
        **{path: shorten((root / path).read_text()) for path in ALONE},
        SERVICE_WORKER: _take_from_program((root / SERVICE_WORKER).read_text()),
    }


def _take_from_program(worker: str) -> str:
    """Return the service worker with its one import taken from the linked file."""
    name = "serveOffline"
    asked = f'import {{ {name} }} from "./{_ENTRY_OF_WORKER}";\n'
    if asked not in worker:
        raise ValueError(f"{SERVICE_WORKER} does not import {name} as expected")
    rest = shorten(worker.replace(asked, ""))
    taken = rest.replace(f"{name}(", f'load("{_ENTRY_OF_WORKER}").{name}(', 1)
    return f'import{{load}}from"./{PROGRAM}";{taken}'

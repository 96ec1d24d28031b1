"""One file per job kind; each registers its function in workers.registry."""

import importlib
import pkgutil


def load() -> None:
    """Import every file of this folder, so that all kinds are registered."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")

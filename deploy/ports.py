"""Find free ports, and keep those that were given out before."""

import secrets
import socket
from collections.abc import Iterable

# Below the range from which the kernel takes ports for outgoing connections, so that a port found
# free now is not taken by somebody's connection a moment later.
_LOWEST, _HIGHEST = 12000, 31999


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_ports(names: Iterable[str], *, wanted: dict[str, int] | None = None) -> dict[str, int]:
    """Return a free port for each name: the wanted one where it is free, else another."""
    taken: set[int] = set()
    found: dict[str, int] = {}
    for name in names:
        port = (wanted or {}).get(name, 0)
        while not port or port in taken or not is_free(port):
            port = _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST)
        taken.add(port)
        found[name] = port
    return found


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False

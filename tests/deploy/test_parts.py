"""The broker and the database keep what they answered for; a directory has one holder."""

import os
import socket
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from deploy.children import StartFailed
from deploy.place import Place
from deploy.ports import free_ports
from deploy.postgres import Postgres
from deploy.valkey import Valkey
from tests.services import Services


@pytest.fixture
def open_directory(tmp_path: Path, services: Services) -> Path:
    """A directory that PostgreSQL's unprivileged user can reach."""
    directory = services.directory / tmp_path.name
    directory.mkdir(mode=0o711)
    return directory


def test_the_broker_keeps_its_messages_when_it_is_killed(tmp_path: Path) -> None:
    port = free_ports(["valkey"])["valkey"]
    broker = Valkey(tmp_path / "broker", port=port, password="known", log=tmp_path / "log")
    broker.start()
    broker.wait(seconds=180)
    with redis.Redis.from_url(broker.url) as client:
        client.rpush("queue", "a", "b")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        # everysec would lose the last second of a power cut, not of a kill.
    broker.child.kill()

    broker.start()
    broker.wait(seconds=180)
    with redis.Redis.from_url(broker.url) as client:
        assert client.lrange("queue", 0, -1) == [b"a", b"b"]
    broker.stop()


def test_the_broker_answers_nobody_without_its_password(services: Services) -> None:
    with (
        redis.Redis(port=services.broker.port, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_the_database_keeps_its_rows_between_starts(open_directory: Path) -> None:
    port = free_ports(["postgres"])["postgres"]
    database = Postgres(
        open_directory / "postgres", port=port, password="known", log=open_directory / "log"
    )
    address = database.url.replace("postgres://", "postgresql://")
    database.start()
    database.wait(seconds=180)
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    database.child.kill()

    database.start()
    database.wait(seconds=180)
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(address.replace("known", "guessed"))
    database.stop()


def test_secrets_are_made_once_and_are_the_owners_alone(tmp_path: Path) -> None:
    made = Place(tmp_path).secrets()
    assert Place(tmp_path).secrets() == made
    assert len(set(made.values())) == len(made)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_port_is_kept_between_starts_and_left_when_it_is_taken(tmp_path: Path) -> None:
    place = Place(tmp_path)
    first = place.ports(["web", "s3"], wanted={})
    assert place.ports(["web", "s3"], wanted={"web": 8000}) == first
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", first["web"]))
        stranger.listen()
        second = place.ports(["web", "s3"], wanted={})
    assert second["web"] != first["web"]
    assert second["s3"] == first["s3"]
    # Phones know the old address: it comes back as soon as it can.
    assert place.ports(["web", "s3"], wanted={}) == first


def test_a_directory_has_one_holder(tmp_path: Path) -> None:
    first, second = Place(tmp_path), Place(tmp_path)
    first.take()
    with pytest.raises(StartFailed, match="already running"):
        second.take()
    first.release()
    second.take()
    second.release()


def test_what_is_told_once_is_remembered(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.remember("demo", {"password": "told once", "code": "A"})
    assert place.remember("demo", {"password": None, "code": "B"}) == {
        "password": "told once",
        "code": "B",
    }


def test_a_start_does_not_take_a_stranger_for_its_own_leftover(tmp_path: Path) -> None:
    place = Place(tmp_path)
    # The number of a process that lives, but that started at another time.
    (tmp_path / "pids.json").write_text(f'{{"seaweedfs": [{os.getpid()}, 1]}}')
    place.take()
    place.release()

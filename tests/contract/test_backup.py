"""A backup brings everything back: rows, bytes, types and digests; and forgets what was erased."""

import base64
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from deploy import bucket as buckets
from tests.platforms import ROOT
from tests.services import Services

BYTES = b"RIFF of somebody speaking"
DIGEST = base64.b64encode(hashlib.sha256(BYTES).digest()).decode()


@pytest.fixture
def environment(services: Services, tmp_path: Path) -> dict[str, str]:
    """The settings of a platform with a bucket and an SQLite database of its own."""
    return {
        **os.environ,
        **services.environment(),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'live.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "backend.settings",
        "PYTHON": sys.executable,
    }


def _run(script: str, directory: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [str(ROOT / "deploy" / script), str(directory)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _store(services: Services, key: str) -> None:
    services.store.app_client().put_object(
        Bucket=services.store.bucket,
        Key=key,
        Body=BYTES,
        ContentType="audio/wav",
        ChecksumSHA256=DIGEST,
    )


def test_bytes_come_back_with_their_type_and_digest(
    services: Services, environment: dict[str, str], tmp_path: Path
) -> None:
    s3, bucket = services.store.app_client(), services.store.bucket
    _store(services, "clips/kept")
    _store(services, "clips/erased-later")
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--noinput"],
        env=environment,
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    backup = tmp_path / "backup"
    _run("backup.sh", backup, environment)
    s3.delete_object(Bucket=bucket, Key="clips/erased-later")
    _run("backup.sh", backup, environment)
    assert not (backup / "objects" / "clips" / "erased-later").exists()

    for found in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=found["Key"])
    (tmp_path / "live.sqlite3").rename(tmp_path / "lost.sqlite3")
    assert "restored" in _run("restore.sh", backup, environment)

    head = s3.head_object(Bucket=bucket, Key="clips/kept", ChecksumMode="ENABLED")
    assert (head["ContentType"], head["ChecksumSHA256"]) == ("audio/wav", DIGEST)
    assert (
        "No planned"
        in subprocess.run(
            [sys.executable, "manage.py", "migrate", "--plan"],
            env=environment,
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    )


def test_a_postgresql_database_comes_back(
    services: Services, environment: dict[str, str], tmp_path: Path
) -> None:
    if services.postgres is None:
        pytest.skip("only on PostgreSQL")
    address = services.postgres.url.replace("postgres:", "postgresql:")
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS backed_up")
        admin.execute("CREATE DATABASE backed_up")
    url = address.rpartition("/")[0] + "/backed_up"
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (words text)")
        connection.execute("INSERT INTO kept VALUES ('as they were')")
    programs = f"{services.postgres.programs}{os.pathsep}{os.environ['PATH']}"
    environment |= {"DATABASE_URL": url, "PATH": programs}
    _run("backup.sh", tmp_path / "backup", environment)

    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute("DROP DATABASE backed_up")
        admin.execute("CREATE DATABASE backed_up")
    _run("restore.sh", tmp_path / "backup", environment)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT words FROM kept").fetchone() == ("as they were",)


def test_a_bucket_is_prepared_once_and_again(services: Services) -> None:
    store = services.store
    environment = {
        **os.environ,
        **services.environment(),
        "S3_ADMIN_ACCESS_KEY_ID": store.keys.admin_id,
        "S3_ADMIN_SECRET_ACCESS_KEY": store.keys.admin_secret,
        "SEAWEEDFS_MASTER": f"127.0.0.1:{store.ports['master']}.{store.ports['master_grpc']}",
        "SEAWEEDFS_FILER": f"127.0.0.1:{store.ports['filer']}.{store.ports['filer_grpc']}",
    }
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "deploy.prepare_store"],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    cors = buckets.client(store.url, store.keys.admin_id, store.keys.admin_secret)
    rules = cors.get_bucket_cors(Bucket=store.bucket)["CORSRules"]
    assert rules[0]["AllowedOrigins"] == ["http://testserver"]

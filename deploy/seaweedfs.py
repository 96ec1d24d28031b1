"""SeaweedFS on loopback: the object store of `make run` and of the tests.

Every flag stands here for a reason: by default it reports to a host outside, listens on all
addresses, lets anybody past S3's signatures through the filer's own HTTP port, and creates or
deletes buckets on request.
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from deploy import bucket as buckets
from deploy.children import Child, StartFailed, binary

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

PORTS = (
    "s3",
    "s3_grpc",
    "master",
    "master_grpc",
    "volume",
    "volume_grpc",
    "filer",
    "filer_grpc",
    "admin",
    "admin_grpc",
)


@dataclass(frozen=True, kw_only=True)
class StoreKeys:
    """The two identities of the store: one that sets it up, one that the platform uses."""

    admin_id: str
    admin_secret: str
    app_id: str
    app_secret: str


class SeaweedFS:
    """One store with one bucket, data under `directory`.

    `prepare` creates the bucket and its CORS rules; until it has returned the store may answer
    its health check and still refuse a write, so readiness is a real PUT.
    """

    def __init__(
        self, directory: Path, *, ports: dict[str, int], keys: StoreKeys, bucket: str, log: Path
    ) -> None:
        self.directory = directory
        self.ports = ports
        self.keys = keys
        self.bucket = bucket
        self.child = Child(
            name="seaweedfs",
            command=self._command(),
            log=log,
            environment={"GOMEMLIMIT": "256MiB"},
            # The sockets are named relative to it: an absolute path may be longer than the
            # 107 bytes that a socket's name may have.
            directory=directory,
        )

    @property
    def url(self) -> str:
        """Where S3 answers."""
        return f"http://127.0.0.1:{self.ports['s3']}"

    def _command(self) -> list[str | Path]:
        port = self.ports
        return [
            binary("weed", Path(sys.executable).parent),
            # Without it, logs go to files in the system's temporary directory.
            "-logtostderr=true",
            "mini",
            f"-dir={self.directory / 'data'}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-master.port={port['master']}",
            f"-master.port.grpc={port['master_grpc']}",
            f"-volume.port={port['volume']}",
            f"-volume.port.grpc={port['volume_grpc']}",
            f"-filer.port={port['filer']}",
            f"-filer.port.grpc={port['filer_grpc']}",
            f"-s3.port={port['s3']}",
            f"-s3.port.grpc={port['s3_grpc']}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-webdav=false",
            "-admin.ui=false",
            f"-admin.port={port['admin']}",
            f"-admin.port.grpc={port['admin_grpc']}",
            "-master.telemetry=false",
            "-disableHttp",
            f"-s3.config={self.directory / 's3.json'}",
            "-s3.iam=false",
            "-s3.autoCreateBucket=false",
            "-s3.allowDeleteBucketNotEmpty=false",
            "-filer.localSocket=filer.sock",
            "-s3.localSocket=s3.sock",
        ]

    def start(self) -> None:
        """Write the identities and spawn the server; `prepare` waits for it."""
        data = self.directory / "data"
        data.mkdir(parents=True, exist_ok=True)
        # It remembers the flags of its last start in this file, ports included.
        (data / "mini.options").unlink(missing_ok=True)
        identities = self.directory / "s3.json"
        identities.touch(mode=0o600)
        identities.write_text(json.dumps(self._identities()))
        self.child.start()

    def _identities(self) -> dict[str, object]:
        keys = self.keys
        scoped = [f"{verb}:{self.bucket}" for verb in ("Read", "Write", "List", "Tagging")]
        everything = ["Admin", "Read", "Write", "List", "Tagging"]
        return {
            "identities": [
                _identity("admin", keys.admin_id, keys.admin_secret, everything),
                _identity("app", keys.app_id, keys.app_secret, scoped),
            ]
        }

    def prepare(self, *, origins: Sequence[str], seconds: float = 30.0) -> None:
        """Wait for a bucket that takes a PUT, and let browsers of `origins` upload to it."""
        client = self.admin_client()
        until = time.monotonic() + seconds
        while True:
            try:
                buckets.ensure(client, self.bucket)
                client.put_object(Bucket=self.bucket, Key="ready", Body=b"ready")
                client.delete_object(Bucket=self.bucket, Key="ready")
                break
            except (BotoCoreError, ClientError) as error:
                if not self.child.running() or time.monotonic() > until:
                    self.child.wait_until(lambda: False, seconds=0)
                    raise StartFailed("seaweedfs takes no writes") from error
                time.sleep(0.1)
        self.allow_uploads_from(origins)

    def allow_uploads_from(self, origins: Sequence[str]) -> None:
        """Let browsers of these origins upload; anybody with a signed address may read."""
        buckets.allow_uploads_from(self.admin_client(), self.bucket, origins)

    def turn_fsync_on(self) -> None:
        """Make every PUT reach the disk before it is answered; kept by the store from then on."""
        port = self.ports
        buckets.turn_fsync_on(
            self.bucket,
            master=f"127.0.0.1:{port['master']}.{port['master_grpc']}",
            filer=f"127.0.0.1:{port['filer']}.{port['filer_grpc']}",
        )

    def admin_client(self) -> "S3Client":
        """A client that may do everything; for setting up, never for the platform."""
        return buckets.client(self.url, self.keys.admin_id, self.keys.admin_secret)

    def app_client(self, url: str = "") -> "S3Client":
        """A client with the platform's own rights: objects of the one bucket, at another `url`."""
        return buckets.client(url or self.url, self.keys.app_id, self.keys.app_secret)

    def environment(self) -> dict[str, str]:
        """The platform's settings for this store."""
        return {
            "S3_ENDPOINT_URL": self.url,
            "S3_REGION": buckets.REGION,
            "S3_BUCKET": self.bucket,
            "S3_ACCESS_KEY_ID": self.keys.app_id,
            "S3_SECRET_ACCESS_KEY": self.keys.app_secret,
        }

    def stop(self) -> None:
        """Stop it in good order."""
        self.child.stop()
        self._remove_sockets()

    def kill(self) -> None:
        """End it at once; what it answered for is on the disk."""
        self.child.kill()
        self._remove_sockets()

    def _remove_sockets(self) -> None:
        # Their place is compiled in, and nobody removes them after a kill.
        for port in self.ports.values():
            for socket in Path("/tmp").glob(f"seaweedfs-*-grpc-{port}.sock"):  # noqa: S108 - see above
                socket.unlink(missing_ok=True)


def _identity(name: str, key: str, secret: str, actions: list[str]) -> dict[str, object]:
    return {
        "name": name,
        "credentials": [{"accessKey": key, "secretKey": secret}],
        "actions": actions,
    }

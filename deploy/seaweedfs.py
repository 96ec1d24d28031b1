"""SeaweedFS on loopback: the object store of `make run` and of the tests.

Every flag stands here for a reason: by default it reports to a host outside, listens on all
addresses, lets anybody past S3's signatures through the filer's own HTTP port, and creates or
deletes buckets on request.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

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
REGION = "us-east-1"


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
                self._ensure_bucket(client)
                client.put_object(Bucket=self.bucket, Key="ready", Body=b"ready")
                client.delete_object(Bucket=self.bucket, Key="ready")
                break
            except (BotoCoreError, ClientError) as error:
                if not self.child.running() or time.monotonic() > until:
                    self.child.wait_until(lambda: False, seconds=0)
                    raise StartFailed("seaweedfs takes no writes") from error
                time.sleep(0.1)
        self.allow_uploads_from(origins)

    def _ensure_bucket(self, client: "S3Client") -> None:
        try:
            client.head_bucket(Bucket=self.bucket)
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
                raise
            client.create_bucket(Bucket=self.bucket)

    def allow_uploads_from(self, origins: Sequence[str]) -> None:
        """Set the bucket's CORS rules.

        Reading is open to any origin, because the signature is the secret and because Label
        Studio's player arrives with `Origin: null` after the platform's redirect. The first rule
        whose origin fits is the only one that counts, so the app's own must also allow reading.
        """
        reading = ["Content-Range", "Accept-Ranges", "Content-Length", "ETag"]
        self.admin_client().put_bucket_cors(
            Bucket=self.bucket,
            CORSConfiguration={
                "CORSRules": [
                    {
                        "AllowedOrigins": list(origins),
                        "AllowedMethods": ["PUT", "GET", "HEAD"],
                        "AllowedHeaders": ["*"],
                        "ExposeHeaders": [*reading, "x-amz-checksum-sha256"],
                        "MaxAgeSeconds": 3000,
                    },
                    {
                        "AllowedOrigins": ["*"],
                        "AllowedMethods": ["GET", "HEAD"],
                        "AllowedHeaders": ["*"],
                        "ExposeHeaders": reading,
                        "MaxAgeSeconds": 3000,
                    },
                ]
            },
        )

    def turn_fsync_on(self) -> None:
        """Make every PUT reach the disk before it is answered; kept by the store from then on."""
        port = self.ports
        done = subprocess.run(
            [
                str(binary("weed", Path(sys.executable).parent)),
                "-logtostderr=true",
                "shell",
                f"-master=127.0.0.1:{port['master']}.{port['master_grpc']}",
                f"-filer=127.0.0.1:{port['filer']}.{port['filer_grpc']}",
            ],
            input=f"fs.configure -locationPrefix=/buckets/{self.bucket}/ -fsync -apply\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if not re.search(r'"fsync":\s*true', done.stdout):
            raise StartFailed(f"seaweedfs did not turn fsync on: {done.stdout[-300:]}")

    def admin_client(self) -> "S3Client":
        """A client that may do everything; for setting up, never for the platform."""
        return self._client(self.keys.admin_id, self.keys.admin_secret)

    def app_client(self, url: str = "") -> "S3Client":
        """A client with the platform's own rights: objects of the one bucket, at another `url`."""
        return self._client(self.keys.app_id, self.keys.app_secret, url)

    def _client(self, key: str, secret: str, url: str = "") -> "S3Client":
        return boto3.client(
            "s3",
            endpoint_url=url or self.url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            region_name=REGION,
            config=Config(
                # Left to itself it presigns by the second version, which pins no headers.
                signature_version="s3v4",
                connect_timeout=2,
                read_timeout=10,
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
            ),
        )

    def environment(self) -> dict[str, str]:
        """The platform's settings for this store."""
        return {
            "S3_ENDPOINT_URL": self.url,
            "S3_REGION": REGION,
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

"""Set up a bucket: make it, say which browsers may use it, make its writes durable."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from deploy.children import StartFailed, binary

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

REGION = "us-east-1"


def client(url: str, key: str, secret: str) -> "S3Client":
    """Return an S3 client that fails soon instead of trying again by itself."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        region_name=REGION,
        config=Config(
            # Left to itself it presigns by the second version, which pins no headers.
            signature_version="s3v4",
            connect_timeout=2,
            read_timeout=30,
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
        ),
    )


def ensure(s3: "S3Client", bucket: str) -> None:
    """Make the bucket if it is not there."""
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
            raise
        s3.create_bucket(Bucket=bucket)


def allow_uploads_from(s3: "S3Client", bucket: str, origins: Sequence[str]) -> None:
    """Set the bucket's CORS rules.

    Reading is open to any origin, because the signature is the secret and because Label Studio's
    player arrives with `Origin: null` after the platform's redirect. SeaweedFS counts only the
    first rule whose origin fits, so the app's own must also allow reading.
    """
    reading = ["Content-Range", "Accept-Ranges", "Content-Length", "ETag"]
    s3.put_bucket_cors(
        Bucket=bucket,
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


def turn_fsync_on(bucket: str, *, master: str, filer: str) -> None:
    """Have SeaweedFS write through to the disk; `host:port.grpc-port` of master and filer."""
    done = subprocess.run(
        [
            str(binary("weed", Path(sys.executable).parent)),
            "-logtostderr=true",
            "shell",
            f"-master={master}",
            f"-filer={filer}",
        ],
        input=f"fs.configure -locationPrefix=/buckets/{bucket}/ -fsync -apply\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if not re.search(r'"fsync":\s*true', done.stdout):
        raise StartFailed(f"seaweedfs did not turn fsync on: {done.stdout[-300:]}")

"""Set up the bucket of a production store: `python -m deploy.prepare_store`, once, again at will.

Takes the store's administrator from S3_ADMIN_ACCESS_KEY_ID and S3_ADMIN_SECRET_ACCESS_KEY, the
rest from the platform's own settings. SEAWEEDFS_MASTER and SEAWEEDFS_FILER (host:port.grpc-port)
turn write-through on; leave them empty for another store.
"""

import sys
import time

from botocore.exceptions import BotoCoreError, ClientError

from backend.env import env_secret, env_str
from deploy import bucket as buckets
from deploy.children import StartFailed

_PATIENCE_SECONDS = 120


def main() -> int:
    """Run from the command line. Returns the exit code."""
    bucket = env_str("S3_BUCKET")
    client = buckets.client(
        env_str("S3_ENDPOINT_URL"),
        env_secret("S3_ADMIN_ACCESS_KEY_ID", required=True),
        env_secret("S3_ADMIN_SECRET_ACCESS_KEY", required=True),
    )
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            # A store answers its health check before it takes writes.
            buckets.ensure(client, bucket)
            client.put_object(Bucket=bucket, Key="ready", Body=b"ready")
            client.delete_object(Bucket=bucket, Key="ready")
            break
        except (BotoCoreError, ClientError) as error:
            if time.monotonic() > until:
                print(f"prepare_store: the store takes no writes: {error}", file=sys.stderr)
                return 1
            time.sleep(1)
    buckets.allow_uploads_from(client, bucket, [env_str("PUBLIC_URL")])
    master, filer = env_str("SEAWEEDFS_MASTER", ""), env_str("SEAWEEDFS_FILER", "")
    if master and filer:
        try:
            buckets.turn_fsync_on(bucket, master=master, filer=filer)
        except StartFailed as error:
            print(f"prepare_store: {error}", file=sys.stderr)
            return 1
    print(f"prepare_store: the bucket {bucket} is ready")
    return 0


if __name__ == "__main__":
    sys.exit(main())

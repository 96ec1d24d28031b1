"""Copy a bucket to a directory and back: `python -m deploy.copy_bucket out|in DIRECTORY`.

The bytes lie under `objects/` by their keys, their content types in `types.json`. Only what is
missing or differs in size is copied: objects are create-only in this platform, so the same key
and size are the same bytes. A copy is written under another name first: it is whole or absent.
"""

import argparse
import base64
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from backend.env import env_secret, env_str
from deploy import bucket as buckets

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def _sizes(s3: "S3Client", bucket: str) -> dict[str, int]:
    """Return the size in bytes of every object, by key."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {found["Key"]: found["Size"] for page in pages for found in page.get("Contents", [])}


def _files(directory: Path) -> dict[str, int]:
    """Return the size in bytes of every copied file, by key."""
    return {
        path.relative_to(directory).as_posix(): path.stat().st_size
        for path in directory.rglob("*")
        if path.is_file() and path.suffix != ".part"
    }


def copy_out(s3: "S3Client", bucket: str, directory: Path) -> int:
    """Copy what the directory lacks; remove what the bucket no longer has. Returns the copies.

    Removing matters: bytes erased at a speaker's wish must not live on in the next backup.
    """
    objects, types_file = directory / "objects", directory / "types.json"
    types: dict[str, str] = json.loads(types_file.read_text()) if types_file.exists() else {}
    there, here = _sizes(s3, bucket), _files(objects)
    for key in here.keys() - there.keys():
        (objects / key).unlink()
        types.pop(key, None)
    wanted = sorted(key for key, size in there.items() if here.get(key) != size)
    for key in tqdm(wanted, desc="bucket to disk", unit="object", disable=None):
        target = objects / key
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(target.name + ".part")
        answer = s3.get_object(Bucket=bucket, Key=key)
        with draft.open("wb") as file:
            shutil.copyfileobj(answer["Body"], file, 1024 * 1024)
        if draft.stat().st_size != there[key]:
            raise OSError(f"{key} came with {draft.stat().st_size} bytes, not {there[key]}")
        draft.replace(target)
        types[key] = answer["ContentType"]
    types_file.write_text(json.dumps(types, indent=0, sort_keys=True))
    return len(wanted)


def copy_in(s3: "S3Client", bucket: str, directory: Path) -> int:
    """Copy what the bucket lacks, with its SHA-256 for the store to check. Returns the copies."""
    objects = directory / "objects"
    types: dict[str, str] = json.loads((directory / "types.json").read_text())
    there, here = _sizes(s3, bucket), _files(objects)
    wanted = sorted(key for key, size in here.items() if there.get(key) != size)
    for key in tqdm(wanted, desc="disk to bucket", unit="object", disable=None):
        # In one part: a digest of parts is another digest than the one that was announced.
        with (objects / key).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
            file.seek(0)
            s3.put_object(
                Bucket=bucket,
                Key=key,
                Body=file,
                ContentType=types[key],
                ChecksumSHA256=base64.b64encode(digest).decode(),
            )
    return len(wanted)


def main() -> int:
    """Run from the command line. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("direction", choices=("out", "in"))
    parser.add_argument("directory", type=Path)
    options = parser.parse_args()
    s3 = buckets.client(
        env_str("S3_ENDPOINT_URL"),
        env_secret("S3_ACCESS_KEY_ID", required=True),
        env_secret("S3_SECRET_ACCESS_KEY", required=True),
    )
    act = copy_out if options.direction == "out" else copy_in
    options.directory.mkdir(parents=True, exist_ok=True)
    copied = act(s3, env_str("S3_BUCKET"), options.directory)
    print(f"{copied} objects copied", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

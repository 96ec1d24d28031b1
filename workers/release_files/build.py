"""One pass over a frozen selection: its data files, card, sums and, last of all, the manifest."""

import json
from collections.abc import Sequence
from typing import IO, Any

from backend import storage
from backend.releases import card, manifest
from backend.releases.keys import release_key, release_prefix
from backend.releases.manifest import FileFacts
from backend.releases.models import Release, ReleaseFile
from backend.releases.plan import plan_shards, shard_digest
from backend.releases.reading import type_of
from backend.releases.rows import Row, Shard
from backend.releases.services import begin_seal, record_file
from workers.registry import Canceled, GiveUp, JobRun
from workers.release_files import parquet, selection
from workers.release_files.audio import AudioReader
from workers.release_files.sink import HashingSink

_BIGGEST_MANIFEST = 2 * 1024**3


class Build:
    """The files of one release from one set of rows; a pass that is repeated writes what is
    missing.
    """

    def __init__(self, run: JobRun, release: Release, rows: Sequence[Row]) -> None:
        self.run = run
        self.release = release
        self.plan = plan_shards(rows, salt=release.salt)
        self.total = len(rows)
        self.done = 0
        self.files: list[FileFacts] = []

    @staticmethod
    def key_of(release: Release, path: str) -> str:
        """Return where a file of the release lies."""
        return release_key(release.campaign.slug, release.version, path)

    def write_files(self) -> None:
        """Write all but the manifest; raises AudioMissing, Canceled or StorageAway."""
        self.files = [self._selection(), *self._data_files()]
        text = card.build_card(
            name=self.release.campaign.name,
            campaign=self.release.campaign.slug,
            version=self.release.version,
            recipe=self.release.recipe,
            plan=self.plan,
        )
        self.files.append(self._small_file(card.PATH, text.encode()))
        self.files.append(self._small_file(manifest.SUMS_PATH, manifest.sums_bytes(self.files)))

    def _selection(self) -> FileFacts:
        stored = storage.head(self.key_of(self.release, selection.PATH))
        return self._recorded(
            FileFacts(selection.PATH, stored.bytes, self.release.selection_sha256, self.total)
        )

    def _data_files(self) -> list[FileFacts]:
        with AudioReader() as audio:
            return [self._data_file(shard, audio) for shard in self.plan]

    def _data_file(self, shard: Shard, audio: AudioReader) -> FileFacts:
        plan_sha256 = shard_digest(shard, parquet.WRITERS)
        known = self._written_before(shard, plan_sha256)
        if known is not None:
            self._advance(len(shard.rows), shard.path)
            return known

        def read(group: Sequence[Row]) -> list[bytes]:
            sounds = audio.read(group)
            self._advance(len(group), shard.path)
            return sounds

        with HashingSink() as sink:
            parquet.write_shard(sink, shard.rows, read)
            self._put(shard.path, sink.written())
        facts = FileFacts(shard.path, sink.bytes, sink.sha256, len(shard.rows))
        return self._recorded(facts, split=shard.split, shard=shard.index, plan_sha256=plan_sha256)

    def _written_before(self, shard: Shard, plan_sha256: str) -> FileFacts | None:
        """Return the file that an earlier attempt made from the very same rows, if there is one."""
        row = ReleaseFile.objects.filter(
            release=self.release, path=shard.path, plan_sha256=plan_sha256
        ).first()
        if row is None:
            return None
        try:
            stored = storage.head(row.key)
        except storage.ObjectMissing:
            return None
        if (stored.sha256, stored.bytes) != (row.sha256, row.bytes):
            return None
        return FileFacts(row.path, row.bytes, row.sha256, row.rows)

    def _small_file(self, path: str, content: bytes) -> FileFacts:
        self._put(path, content)
        return self._recorded(FileFacts(path, len(content), manifest.digest_of(content)))

    def _put(self, path: str, body: bytes | IO[bytes]) -> None:
        storage.write(key=self.key_of(self.release, path), body=body, content_type=type_of(path))

    def _recorded(self, facts: FileFacts, **place: Any) -> FileFacts:
        record_file(
            release=self.release,
            path=facts.path,
            key=self.key_of(self.release, facts.path),
            bytes=facts.bytes,
            sha256=facts.sha256,
            rows=facts.rows,
            **place,
        )
        return facts

    def _advance(self, clips: int, note: str) -> None:
        self.done += clips
        self.run.progress(self.done, self.total, note)

    def begin_seal(self) -> set[str]:
        """Return the clips that may no longer be published; none: the manifest may be written."""
        # The fence: an attempt whose lease ran out must not publish beside the one that took over.
        self.run.progress(self.total, self.total, "sealing")
        gone = begin_seal(release=self.release, paths=[file.path for file in self.files])
        if gone is None:
            raise Canceled()
        return gone

    def publish(self) -> str:
        """Remove what is no part of the plan, write the manifest once, return its digest.

        Raises GiveUp when another manifest lies there: a published version is never changed.
        """
        kept = {self.key_of(self.release, file.path) for file in self.files}
        prefix = release_prefix(self.release.campaign.slug, self.release.version)
        manifest_key = self.key_of(self.release, manifest.PATH)
        storage.delete(
            [key for key in storage.list_keys(prefix) if key not in kept | {manifest_key}]
        )
        content = manifest.manifest_bytes(
            manifest.build_manifest(
                campaign=self.release.campaign.slug,
                version=self.release.version,
                recipe=self.release.recipe,
                selection_sha256=self.release.selection_sha256,
                files=self.files,
                plan=self.plan,
                writers=parquet.WRITERS,
            )
        )
        digest = manifest.digest_of(content)
        self._recorded(FileFacts(manifest.PATH, len(content), digest))
        written = storage.write(
            key=manifest_key, body=content, content_type=type_of(manifest.PATH), once=True
        )
        if not written and storage.head(manifest_key).sha256 != digest:
            raise GiveUp("This version is published already with other content.")
        return digest


def published_digest(release: Release) -> str | None:
    """Return the digest of the release's own manifest if it lies in the store, else None.

    Raises GiveUp when the version was published from another selection: by another database, or
    before this one was restored.
    """
    key = Build.key_of(release, manifest.PATH)
    try:
        content = storage.read(key, max_bytes=_BIGGEST_MANIFEST)
    except storage.ObjectMissing:
        return None
    found = json.loads(content)
    if (
        not release.selection_sha256
        or found["created_from"]["selection_sha256"] != release.selection_sha256
    ):
        raise GiveUp("This version is published already with other content.")
    return manifest.digest_of(content)

"""Pure: one row of a frozen selection, the files rows stand in, and those files' columns."""

from dataclasses import asdict, dataclass
from typing import Any, Final

SAMPLE_RATE: Final = 16_000


@dataclass(frozen=True)
class Row:
    """A clip as it goes into a release: all that files, manifest and card are made from.

    `text` is None for a clip without a transcript, whose version is then 0. `duration` in seconds,
    `received_on` an ISO date (UTC) by the server's clock, since a phone's may be years off.
    `consent_scopes` are joined by commas. `level_dbov` and `active_ratio` are explained in
    backend.quality.measures.
    """

    clip_id: str
    speaker_id: str
    split: str
    text: str | None
    text_source: str
    transcript_version: int
    prompt_text: str
    prompt_kind: str
    language: str
    duration: float
    gender: str
    age_band: str
    accent: str
    environment: str
    consent_scopes: str
    received_on: str
    quality_profile: int
    level_dbov: float | None
    active_ratio: float | None
    audio_key: str
    audio_sha256: str
    audio_bytes: int
    audio_samples: int

    def as_dict(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Shard:
    """One data file: `index` of `count` in its split, with its rows in order."""

    split: str
    index: int
    count: int
    rows: tuple[Row, ...]

    @property
    def path(self) -> str:
        """Return the path inside the release, as Hugging Face names shards."""
        return f"data/{self.split}-{self.index:05d}-of-{self.count:05d}.parquet"


@dataclass(frozen=True)
class Column:
    """A column of the data files; `few`: so few different values that a dictionary pays."""

    name: str
    dtype: str
    meaning: str
    few: bool = False


# In the files' order, after `audio`. Every name is a field of Row.
COLUMNS: Final = (
    Column("clip_id", "string", "id of the recording, the same in every release"),
    Column("speaker_id", "string", "pseudonym of the speaker, the same in every release", few=True),
    Column("text", "string", "what was said, as settled by annotators; null where nobody wrote it"),
    Column("text_source", "string", "where `text` comes from; empty where there is none", few=True),
    Column("transcript_version", "int32", "which settlement `text` is; 0 where there is none"),
    Column("prompt_text", "string", "what the speaker was shown"),
    Column("prompt_kind", "string", "read, question, hotword or command", few=True),
    Column("language", "string", "BCP-47 tag of the prompt", few=True),
    Column("duration", "float64", "seconds"),
    Column("gender", "string", "as the speaker said; unknown: not asked; declined", few=True),
    Column("age_band", "string", "at the recording; unknown or declined as above", few=True),
    Column("accent", "string", "in the speaker's words; unknown or declined as above", few=True),
    Column("environment", "string", "where it was recorded, as the collector said", few=True),
    Column("consent_scopes", "string", "what the speaker allowed, joined by commas", few=True),
    Column("quality_profile", "int32", "version of the quality rules that let it pass"),
    Column("level_dbov", "float64", "level of the active frames, dBov"),
    Column("active_ratio", "float64", "share of the clip in which sound rises over background"),
    Column("audio_sha256", "string", "SHA-256 of audio.bytes"),
)

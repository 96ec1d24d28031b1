"""Pure: a release's README.md: front matter that Hugging Face loads by, and a data card."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from backend.digest import canonical
from backend.releases.rows import COLUMNS, SAMPLE_RATE, Row, Shard
from backend.releases.split import SPLITS

PATH: Final = "README.md"
# Below this many speakers a group is not described: its numbers would describe persons.
FEWEST_SPEAKERS: Final = 5
_SIZES: Final = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)


@dataclass(frozen=True)
class Group:
    """What a set of rows amounts to; `seconds` of sound."""

    speakers: int
    clips: int
    seconds: float


def group_of(rows: Iterable[Row]) -> Group:
    """Return the number of speakers and clips, and the seconds of sound."""
    members = list(rows)
    return Group(
        speakers=len({row.speaker_id for row in members}),
        clips=len(members),
        seconds=sum(row.audio_samples for row in members) / SAMPLE_RATE,
    )


def shown_groups(rows: Iterable[Row]) -> tuple[dict[tuple[str, str], Group], int]:
    """Return the (gender, age band) groups that may be shown, and how many may not.

    A group below FEWEST_SPEAKERS is held back; when it is the only one, the smallest of the others
    goes with it, or the first could be had by subtracting from the total.
    """
    members: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        members[row.gender, row.age_band].append(row)
    groups = {key: group_of(inside) for key, inside in sorted(members.items())}
    shown = {key: one for key, one in groups.items() if one.speakers >= FEWEST_SPEAKERS}
    if len(groups) - len(shown) == 1 and shown:
        del shown[min(shown, key=lambda key: (shown[key].speakers, key))]
    return shown, len(groups) - len(shown)


def front_matter(*, name: str, version: str, licence: str, plan: Sequence[Shard]) -> dict[str, Any]:
    """Return the YAML block as values; a split without a file has no entry."""
    rows = [row for shard in plan for row in shard.rows]
    splits = [split for split in SPLITS if any(shard.split == split for shard in plan)]
    features: list[dict[str, Any]] = [
        {"name": "audio", "dtype": {"audio": {"sampling_rate": SAMPLE_RATE}}}
    ]
    features += [{"name": column.name, "dtype": column.dtype} for column in COLUMNS]
    return {
        "license": licence,
        "language": sorted({row.language.split("-")[0].lower() for row in rows}),
        "pretty_name": f"{_one_line(name)} {version}",
        "task_categories": ["automatic-speech-recognition"],
        "size_categories": [next((label for most, label in _SIZES if len(rows) < most), "n>10M")],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": split, "path": f"data/{split}-*.parquet"} for split in splits
                ],
            }
        ],
        "dataset_info": {
            "features": features,
            "splits": [
                {
                    "name": split,
                    "num_bytes": sum(row.audio_bytes for row in _of(rows, split)),
                    "num_examples": len(_of(rows, split)),
                }
                for split in splits
            ],
        },
    }


def _of(rows: Iterable[Row], split: str) -> list[Row]:
    return [row for row in rows if row.split == split]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    # A speaker's own words in a Markdown table: nothing in them may end the cell or start HTML.
    return _one_line(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.2f}"


def _table(head: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    rows = [head, ["---"] * len(head), *([str(value) for value in line] for line in lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def build_card(
    *, name: str, campaign: str, version: str, recipe: Mapping[str, Any], plan: Sequence[Shard]
) -> str:
    """Return README.md for a planned release: a pure function of what is in it, without a date of
    its own.
    """
    rows = [row for shard in plan for row in shard.rows]
    licence = str(recipe["license"])
    matter = yaml.safe_dump(
        front_matter(name=name, version=version, licence=licence, plan=plan),
        sort_keys=False,
        allow_unicode=True,
        width=1000,
    )
    sections = [
        f"---\n{matter}---",
        f"# {_cell(name)} {version}",
        _overview(rows, campaign, version, licence),
        _splits(rows, recipe),
        _groups(rows),
        _collection(rows, recipe),
        _columns(),
        _LOADING,
        _INTEGRITY.format(campaign=campaign),
        _limits(rows),
    ]
    return "\n\n".join(sections) + "\n"


def _overview(rows: list[Row], campaign: str, version: str, licence: str) -> str:
    total = group_of(rows)
    terms = (
        "The licence is not one of the Hub's list: ask those who gave you this set."
        if licence == "other"
        else f"Licence: {licence}."
    )
    return (
        f"Speech collected in the field by the campaign `{campaign}`, version {version}: "
        f"{total.clips} clips of {total.speakers} speakers, {_hours(total.seconds)} hours. "
        "Each clip passed published quality rules and was accepted; each speaker agreed to its "
        f"publication. {terms}"
    )


def _splits(rows: list[Row], recipe: Mapping[str, Any]) -> str:
    lines = []
    for split in SPLITS:
        group = group_of(_of(rows, split))
        if group.clips:
            lines.append([split, group.speakers, group.clips, _hours(group.seconds)])
    wanted = ", ".join(f"{split} {share} %" for split, share in recipe["splits"].items())
    return "\n\n".join(
        [
            "## Splits",
            _table(["split", "speakers", "clips", "hours"], lines),
            "No speaker is in two splits, and none moves to another split in a later version: "
            f"each was placed once by a keyed hash (shares asked for: {wanted}). Where that would "
            "have left a split without a speaker, the new speaker nearest to it was placed there. "
            "A split without clips has no file.",
        ]
    )


def _groups(rows: list[Row]) -> str:
    shown, withheld = shown_groups(rows)
    lines = [
        [_cell(gender), _cell(band), group.speakers, group.clips, _hours(group.seconds)]
        for (gender, band), group in shown.items()
    ]
    parts = ["## Who speaks"]
    if lines:
        parts.append(_table(["gender", "age band", "speakers", "clips", "hours"], lines))
    if withheld:
        parts.append(
            f"{withheld} groups of gender and age band are not shown: groups of fewer than "
            f"{FEWEST_SPEAKERS} speakers, and any whose numbers would give those away."
        )
    parts.append("Gender, age and accent are what speakers said of themselves.")
    return "\n\n".join(parts)


def _collection(rows: list[Row], recipe: Mapping[str, Any]) -> str:
    days = sorted(row.received_on for row in rows)
    profiles = ", ".join(str(version) for version in sorted({row.quality_profile for row in rows}))
    scopes = sorted({row.consent_scopes for row in rows})
    kinds: dict[str, int] = defaultdict(int)
    for row in rows:
        kinds[row.prompt_kind] += 1
    asked = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    without = sum(row.text is None for row in rows)
    filters = canonical(recipe["filters"]).decode().replace("`", "'")
    lines = [
        f"- Received from {days[0]} to {days[-1]} (UTC, by the server's clock).",
        f"- Prompts by kind: {asked}.",
        f"- Versions of the quality rules the clips were judged by: {profiles}.",
        f"- Clips whose text nobody wrote down (`text` is null): {without}.",
        "- What speakers allowed, in this set: "
        + "; ".join(
            f"{scope} ({sum(row.consent_scopes == scope for row in rows)} clips)"
            for scope in scopes
        )
        + ". Without `embeddings` no voice print may be made of a clip.",
        f"- Filters of the recipe: `{_one_line(filters)}`.",
    ]
    return "## How it was collected\n\n" + "\n".join(lines)


def _columns() -> str:
    lines: list[Sequence[object]] = [
        ["`audio`", f"FLAC, 16 bit, mono, {SAMPLE_RATE} Hz, embedded; `path` is the clip's name"]
    ]
    lines += [[f"`{column.name}`", column.meaning] for column in COLUMNS]
    return "## Columns\n\n" + _table(["column", "meaning"], lines)


_LOADING: Final = """## Loading

```python
from datasets import load_dataset

data = load_dataset("path/to/this/folder")
```

Decoding by `datasets` needs torchcodec and FFmpeg's libraries. Without them:

```python
import io
import soundfile
from datasets import Audio, load_dataset

data = load_dataset("path/to/this/folder").cast_column("audio", Audio(decode=False))
samples, rate = soundfile.read(io.BytesIO(data["train"][0]["audio"]["bytes"]))
```"""

_INTEGRITY: Final = """## Integrity and withdrawal

`sha256sum -c SHA256SUMS` checks the files; `MANIFEST.json` names every file and every clip with the
SHA-256 of its sound. Speakers may withdraw at any time: the platform lists withdrawn clips at
`/v1/campaigns/{campaign}/withdrawals.jsonl`. Remove them from every copy; the next version is
without them."""


def _limits(rows: list[Row]) -> str:
    limits = [
        "- The same prompt may be read by speakers of different splits: splits are disjoint in "
        "speakers, not in texts.",
        "- A person who was registered twice counts as two speakers.",
        "- The set is not weighted: groups are as large as they were collected.",
        "- `gender`, `age_band` and `accent` stand in the rows as they were said, also for small "
        "groups that the tables above hold back.",
    ]
    if any(row.split == split for row in rows for split in ("validation", "test")):
        few = [
            split
            for split in ("validation", "test")
            if 0 < group_of(_of(rows, split)).speakers < FEWEST_SPEAKERS
        ]
        if few:
            limits.append(
                f"- Too few speakers to measure a model by (below {FEWEST_SPEAKERS}): "
                f"{', '.join(few)}."
            )
    return "## Known limits\n\n" + "\n".join(limits)

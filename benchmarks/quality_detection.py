"""What the default profile makes of real speech: damage caught and named, clean clips let in.

Material (benchmarks/ground/read_speech.py): LibriSpeech clips that lie beside the repository. The
thresholds were chosen on the clips of every second reader, these figures come from the others.
`caught`: the verdict is no pass and has a code that fits. Models hear the clean clips and those of
another text, where the signal's checks do not reject them. `--write-tables` puts the tables into
docs/quality.md.
"""

import argparse
import re
import sys
from collections.abc import Sequence

from benchmarks.ground.claims import claim_line
from benchmarks.ground.detection import CONDITIONS, Tally, heard, material, tallies
from tests.phone_meter import ROOT

# The numbers: recall by group of conditions.
RECALL = {
    "silence": 0.99,
    "noise_only": 0.99,
    "clipping_pcm": 0.99,
    "clipping_coded": 0.9,
    "start_cut": 0.99,
    "low_level": 0.99,
    "narrowband": 0.99,
    "duplicate_exact": 0.99,
    "duplicate_coded": 0.99,
    "wrong_prompt": 0.95,
    "hum": 0.95,
    "dropouts_pcm": 0.95,
    "white_noise": 0.95,
    "babble": 0.8,
    "reverberant": 0.8,
}
REJECTED, CLEAN_REJECTED, CLEAN_REVIEWED = 0.88, 0.01, 0.08
_BLOCK = re.compile(r"(<!-- detection: begin -->\n).*?(<!-- detection: end -->)", re.DOTALL)


def main() -> int:
    """Print the table and the claims. Returns 1 when a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=["tested", "chosen"], default="tested")
    parser.add_argument("--every", type=int, default=1, help="take every so many-th clip")
    parser.add_argument("--only", default="", help="conditions whose name has these words")
    parser.add_argument("--write-tables", action="store_true", help="into docs/quality.md")
    asked = parser.parse_args()
    if not material(asked.half):
        print("no speech recordings beside the repository: nothing measured", file=sys.stderr)
        return 0
    conditions = [one for one in CONDITIONS if asked.only in one.name]
    found = tallies(conditions, heard(conditions, asked.half, asked.every), asked.half)
    table = _table(found)
    print(table)
    if asked.write_tables:
        page = ROOT / "docs/quality.md"
        text = page.read_text("utf-8")
        page.write_text(_BLOCK.sub(lambda m: m[1] + table + m[2], text), encoding="utf-8")
    held = [_claim(*claim) for claim in _claims(found)]
    return int(not all(held))


def _table(found: Sequence[Tally]) -> str:
    lines = [
        "| condition | files | caught | rejected | review | codes |",
        "|---|---|---|---|---|---|",
    ]
    for tally in found:
        caught = f"{tally.caught / tally.files:.2f}" if tally.condition.codes else ""
        shares = " | ".join(f"{n / tally.files:.2f}" for n in (tally.rejected, tally.review))
        codes = " ".join(tally.codes)
        lines.append(f"| {tally.condition.name} | {tally.files} | {caught} | {shares} | {codes} |")
    return "\n".join(lines) + "\n"


def _claims(found: Sequence[Tally]) -> list[tuple[str, int, int, float, str]]:
    """Return name, files that do as they should, files, the least share, and words."""
    claims = []
    for name, aim in RECALL.items():
        group = [tally for tally in found if tally.condition.claim == name]
        caught = sum(tally.caught for tally in group)
        words = "not passed, with a code that fits"
        claims.append((f"recall_{name}", caught, _files(group), aim, words))
    bad = [tally for tally in found if tally.condition.claim in RECALL]
    rejected = sum(tally.rejected for tally in bad)
    words = "of what must not get in, rejected outright"
    claims.append(("bad_rejected", rejected, _files(bad), REJECTED, words))
    clean = [tally for tally in found if tally.condition.claim == "clean"]
    for name, most, count in (
        ("clean_not_rejected", CLEAN_REJECTED, sum(tally.rejected for tally in clean)),
        ("clean_not_reviewed", CLEAN_REVIEWED, sum(tally.review for tally in clean)),
    ):
        words = f"{count} of {_files(clean)} clean files are"
        claims.append((name, _files(clean) - count, _files(clean), 1 - most, words))
    return claims


def _files(group: Sequence[Tally]) -> int:
    return sum(tally.files for tally in group)


def _claim(name: str, good: int, files: int, aim: float, words: str) -> bool:
    """Print a claim and return whether it holds; what was not measured is said so."""
    if not files:
        print(f"{name}: not measured", file=sys.stderr)
        return True
    print(
        claim_line(
            name=name, value=good / files, unit="share", aim=aim, detail=f"{words}; {files} files"
        )
    )
    return good / files >= aim


if __name__ == "__main__":
    sys.exit(main())

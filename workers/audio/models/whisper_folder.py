"""Is this folder a Whisper model in CTranslate2's form? Told at start, without loading it.

An operator lays `prompt/<language>/` with `model.bin`, `config.json`, `tokenizer.json` and a
vocabulary, as `ct2-transformers-converter` writes them. Two further files may lie there:
`SHA256SUMS`, which is then checked, and `scorer.json`, `{"whisper_language": "sw"}`, for a
fine-tuned model of a language that Whisper has no sign for.
"""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from workers.audio.models.files import ModelInvalid, sha256_of

_NEEDED = ("config.json", "model.bin", "tokenizer.json")
_VOCABULARIES = ("vocabulary.txt", "vocabulary.json")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SHORT, _LONG, _BYTE = struct.Struct("<H"), struct.Struct("<I"), struct.Struct("<B")
_MOST_VARIABLES = 100_000
# The id of <|endoftext|> where no language has to be told.
_END_OF_ENGLISH_ALONE = 50_256
_SUM = re.compile(r"([0-9a-f]{64}) [ *](\S+)")


@dataclass(frozen=True)
class WhisperFolder:
    """A model's folder, the language whose texts it scores, and the one that Whisper is told."""

    path: Path
    language: str
    whisper_language: str


def check_whisper_folder(path: Path, *, language: str) -> WhisperFolder:
    """Return what lies in the folder; raises ModelInvalid with what is wrong with it."""
    if not _LANGUAGE.fullmatch(language):
        raise ModelInvalid(f"{path}: {language!r} is no language tag")
    missing = [name for name in _NEEDED if not (path / name).is_file()]
    if not any((path / name).is_file() for name in _VOCABULARIES):
        missing.append(_VOCABULARIES[0])
    if missing:
        raise ModelInvalid(f"{path} lacks {', '.join(missing)}")
    _check_sums(path)
    _check_model(path / "model.bin")
    _json(path / "config.json")
    added = _json(path / "tokenizer.json").get("added_tokens", [])
    signs = {str(token.get("content")): token.get("id") for token in added}
    said = language.partition("-")[0]
    if (path / "scorer.json").is_file():
        said = str(_json(path / "scorer.json").get("whisper_language", said))
    # Models of English alone have the signs too, one place further up, and are told no language.
    of_english_alone = signs.get("<|endoftext|>") == _END_OF_ENGLISH_ALONE
    if not of_english_alone and f"<|{said}|>" not in signs:
        raise ModelInvalid(
            f"{path}: Whisper has no sign for {said!r}; name a language that it has in scorer.json"
        )
    return WhisperFolder(path=path, language=language, whisper_language=said)


def _json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelInvalid(f"{path} is no JSON file") from error
    if not isinstance(read, dict):
        raise ModelInvalid(f"{path} holds no JSON object")
    return read


def _check_sums(folder: Path) -> None:
    sums = folder / "SHA256SUMS"
    if not sums.is_file():
        return
    for line in sums.read_text(encoding="utf-8", errors="replace").splitlines():
        found = _SUM.fullmatch(line.strip())
        # A name with a slash would be another folder's file.
        if found is None or "/" in found[2]:
            raise ModelInvalid(f"{sums} holds a line that is no SHA-256 and file name")
        if sha256_of(folder / found[2]) != found[1]:
            raise ModelInvalid(f"{folder / found[2]} differs from its sum in SHA256SUMS")


def _check_model(path: Path) -> None:
    """Walk over the file's table of variables: a copy that broke off is told without loading."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            _number(file, _LONG)
            name = _name(file)
            if name != "WhisperSpec":
                raise ModelInvalid(f"{path} holds a {name[:40]!r}, no Whisper model")
            _number(file, _LONG)
            for _ in range(min(_number(file, _LONG), _MOST_VARIABLES)):
                _name(file)
                for _ in range(_number(file, _BYTE)):
                    _number(file, _LONG)
                _number(file, _BYTE)
                file.seek(_number(file, _LONG), 1)
            if file.tell() > size:
                raise ModelInvalid(f"{path} is cut off")
    except (OSError, struct.error, UnicodeDecodeError) as error:
        raise ModelInvalid(f"{path} is no model of CTranslate2, or cut off") from error


def _number(file: BinaryIO, form: struct.Struct) -> int:
    return int(form.unpack(file.read(form.size))[0])


def _name(file: BinaryIO) -> str:
    return file.read(_number(file, _SHORT)).rstrip(b"\0").decode("utf-8")

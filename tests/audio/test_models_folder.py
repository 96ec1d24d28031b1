"""An operator adds a model by a folder; a faulty folder is told at start, with what is wrong."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.platforms import ROOT
from tests.read_aloud import read_aloud
from tests.services import Services
from workers.audio.models.files import GE2E, ModelInvalid, find_file, find_tiny_en
from workers.audio.models.registry import check_models, find_prompt_models
from workers.audio.models.scoring import Models, load_models

TEXT = "My sister bought six oranges and a bag of rice."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An operator's folder whose `xx` is Whisper tiny.en under another name."""
    source = find_tiny_en()
    assert source is not None
    target = tmp_path / "models" / "prompt" / "xx"
    target.mkdir(parents=True)
    for path in source.iterdir():
        # A link is as good as a copy, and 75 MB quicker.
        (target / path.name).symlink_to(path)
    return tmp_path / "models"


def put(path: Path, text: str | bytes) -> None:
    """Replace a file of the folder, never what a link points at."""
    path.unlink(missing_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def test_a_language_is_served_by_the_model_in_its_folder(folder: Path) -> None:
    models = Models(folder)
    assert models.languages == ("en", "xx")
    x = read_aloud(TEXT)
    ours = models.score(x, text=TEXT, language="xx-YY", kind="read")
    english = models.score(x, text=TEXT, language="en", kind="read")
    assert ours.measures["prompt_logprob"] == english.measures["prompt_logprob"]
    assert "missing_models" not in ours.facts


def test_without_a_folder_there_are_the_models_of_the_wheels() -> None:
    check_models(None)
    assert set(find_prompt_models(None)) == {"en"}


def test_models_are_loaded_once_in_a_process() -> None:
    assert load_models(None) is load_models(None)


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json", "config.json", "vocabulary.txt"])
def test_a_folder_that_lacks_a_file_names_it(folder: Path, name: str) -> None:
    (folder / "prompt" / "xx" / name).unlink()
    with pytest.raises(ModelInvalid, match=name.replace(".", r"\.")):
        check_models(folder)


def test_a_copy_that_broke_off_is_told_without_loading_it(folder: Path) -> None:
    path = folder / "prompt" / "xx" / "model.bin"
    put(path, path.read_bytes()[:-1000])
    with pytest.raises(ModelInvalid, match="cut off"):
        check_models(folder)


@pytest.mark.parametrize("data", [b"", b"\x06\x00\x00\x00\x04\x00Bert", b"PK\x03\x04" * 100])
def test_a_model_of_another_kind_is_told(folder: Path, data: bytes) -> None:
    put(folder / "prompt" / "xx" / "model.bin", data)
    with pytest.raises(ModelInvalid, match=r"model\.bin"):
        check_models(folder)


def test_a_folder_that_is_no_language_is_told(folder: Path) -> None:
    (folder / "prompt" / "xx").rename(folder / "prompt" / "my model")
    with pytest.raises(ModelInvalid, match="no language tag"):
        check_models(folder)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match="no folder"):
        check_models(tmp_path / "nowhere")


def test_a_broken_vocabulary_is_told(folder: Path) -> None:
    put(folder / "prompt" / "xx" / "tokenizer.json", "{")
    with pytest.raises(ModelInvalid, match=r"tokenizer\.json"):
        check_models(folder)


def test_a_multilingual_model_must_know_the_language_or_be_told_another(folder: Path) -> None:
    place = folder / "prompt" / "xx"
    tokenizer = json.loads((place / "tokenizer.json").read_text("utf-8"))
    for token in tokenizer["added_tokens"]:
        token["id"] += 1  # as multilingual models number them
    put(place / "tokenizer.json", json.dumps(tokenizer))
    with pytest.raises(ModelInvalid, match=r"scorer\.json"):
        check_models(folder)
    put(place / "scorer.json", '{"whisper_language": "sw"}')
    assert find_prompt_models(folder)["xx"].whisper_language == "sw"


def test_sums_beside_a_model_are_checked(folder: Path) -> None:
    put(folder / "prompt" / "xx" / "SHA256SUMS", f"{'0' * 64}  config.json\n")
    with pytest.raises(ModelInvalid, match="differs from its sum"):
        check_models(folder)


def test_other_bytes_under_a_published_name_are_told(tmp_path: Path) -> None:
    put_at = tmp_path / GE2E.place
    put_at.parent.mkdir()
    put_at.write_bytes(b"other")
    with pytest.raises(ModelInvalid, match="SHA-256"):
        check_models(tmp_path)


def test_a_published_file_in_the_folder_comes_before_the_wheels(tmp_path: Path) -> None:
    wheel = find_file(GE2E, None)
    assert wheel is not None
    own = tmp_path / GE2E.place
    own.parent.mkdir()
    shutil.copyfile(wheel, own)
    assert find_file(GE2E, tmp_path) == own


def test_a_worker_does_not_start_with_a_faulty_folder(services: Services, tmp_path: Path) -> None:
    (tmp_path / "prompt" / "sw").mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-c", "import workers.app"],
        cwd=ROOT,
        env={**os.environ, **services.environment(), "MODELS_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert "ModelInvalid" in done.stderr
    assert "lacks config.json, model.bin, tokenizer.json, vocabulary.txt" in done.stderr

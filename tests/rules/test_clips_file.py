"""The list of clips that `judge` and `calibrate` work through: what it takes, what it says."""

from pathlib import Path

import pytest

from workers.clips_file import ClipsFileFaulty, read_clips_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three files; what is in them does not matter here."""
    (tmp_path / "deep").mkdir()
    for name in ("a.wav", "deep/b.wav", "it's, called so.wav"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def faults(body: str | bytes, folder: Path, *, labelled: bool = False) -> list[tuple[int, str]]:
    """Return lines and words of what is wrong with a list."""
    data = body if isinstance(body, bytes) else body.encode()
    with pytest.raises(ClipsFileFaulty) as error:
        read_clips_file(data, folder=folder, labelled=labelled)
    return [(fault.line, fault.message) for fault in error.value.faults]


def test_rows_come_in_their_order_with_what_is_known(folder: Path) -> None:
    body = "file,prompt,speaker,language,kind\ndeep/b.wav,Hola,s1,es,hotword\n\na.wav,,,,\n"
    clips, unread = read_clips_file(body.encode(), folder=folder)
    assert [(c.file, c.prompt, c.speaker, c.language, c.kind) for c in clips] == [
        ("deep/b.wav", "Hola", "s1", "es", "hotword"),
        ("a.wav", "", "", "en", "read"),
    ]
    assert clips[0].path == folder / "deep/b.wav"
    assert unread == []


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_byte_order_mark_quotes_and_either_ending_are_read(folder: Path, ending: str) -> None:
    rows = ['"file","prompt"', '"it\'s, called so.wav","She said ""go""."']
    clips, _ = read_clips_file(ending.join(rows).encode("utf-8-sig"), folder=folder)
    assert (clips[0].file, clips[0].prompt) == ("it's, called so.wav", 'She said "go".')


def test_a_prompt_is_kept_as_nfc(folder: Path) -> None:
    clips, _ = read_clips_file("file,prompt\na.wav,cafe\u0301\n".encode(), folder=folder)
    assert clips[0].prompt == "caf\u00e9"


def test_columns_that_nobody_reads_are_named(folder: Path) -> None:
    _, unread = read_clips_file(b"file,promt,condition\na.wav,x,y\n", folder=folder)
    assert unread == ["promt", "condition"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("missing.wav", "No such file."),
        ("deep", "`file` is a folder."),
        ("../a.wav", "`file` must lie inside the folder, named relative to it."),
        ("deep/../../a.wav", "`file` must lie inside the folder, named relative to it."),
        ("/a.wav", "`file` must lie inside the folder, named relative to it."),
        ('""', "`file` is empty."),
        ("x" * 300, "No such file."),
        ("a.wav,extra", "2 fields, the first line names 1 columns."),
    ],
)
def test_a_faulty_row_is_named_by_its_line(folder: Path, row: str, words: str) -> None:
    assert faults(f"file\na.wav\n{row}\n", folder) == [(3, words)]


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        (b"", 1, "The first line must name the columns, `file` among them."),
        (b"prompt\nx\n", 1, "The first line must name the columns, `file` among them."),
        (
            b"file;prompt\na.wav;x\n",
            1,
            "The first line must name the columns, `file` among them, separated by commas.",
        ),
        (b"file,file\na.wav,a.wav\n", 1, "Column `file` stands twice."),
        (b"file\n", 1, "No file is listed."),
        (b"file\na.wav\n\xff.wav\n", 3, "Not UTF-8."),
        (b"file,kind\na.wav,song\n", 2, "`kind` must be one of read, question, hotword, command."),
    ],
)
def test_a_faulty_list_is_told_in_words(folder: Path, body: bytes, line: int, words: str) -> None:
    assert faults(body, folder) == [(line, words)]


@pytest.mark.parametrize("body", [b'file\n"a.wav\n', b"file\na\0.wav\n"])
def test_what_is_no_csv_is_refused(folder: Path, body: bytes) -> None:
    ((_, words),) = faults(body, folder)
    assert words in {"No such file."} or words.startswith("Not CSV:")


def test_all_faults_are_told_at_once(folder: Path) -> None:
    assert [line for line, _ in faults("file\nx.wav\na.wav\ny.wav\n", folder)] == [2, 4]


def test_a_labelled_list_needs_one_label_for_each_file(folder: Path) -> None:
    body = "file,label\na.wav,good\ndeep/b.wav,Very Bad\na.wav,noisy\n"
    assert faults(body, folder, labelled=True) == [
        (3, "`label` must be good, bad or a reason code."),
        (4, "The same file stands in line 2."),
    ]
    assert faults("file\na.wav\n", folder, labelled=True)[0][0] == 1

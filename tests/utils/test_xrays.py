"""The loader of chest X-rays, on small made files: good ones, damaged ones, and hostile ones."""

import io
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from utils import xrays
from utils.checking.suite import COURSE
from utils.datasets import DATA_FOLDER, DataError
from utils.xrays import ABOUT, FILE_NAME, load_chest_xrays

SIZES = {"train": 12, "val": 5, "test": 7}


def made(**changes: object) -> dict[str, np.ndarray]:
    """The arrays of a small file; some of them other than they should be."""
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {}
    for part, n in SIZES.items():
        arrays[f"{part}_images"] = rng.integers(0, 256, size=(n, 28, 28), dtype=np.uint8)
        arrays[f"{part}_labels"] = (np.arange(n) % 2).astype(np.uint8)[:, np.newaxis]
    return {name: array for name, array in (arrays | changes).items() if array is not None}


def written(folder: Path, **changes: object) -> Path:
    np.savez_compressed(folder / FILE_NAME, **made(**changes))
    return folder


def refusal(folder: Path) -> str:
    """Return what the loader says: one line."""
    with pytest.raises(DataError) as caught:
        load_chest_xrays(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 300
    return message


def test_a_good_file_gives_three_sets(tmp_path):
    loaded = load_chest_xrays(written(tmp_path))
    arrays = made()
    for name, part in (("train", "train"), ("validation", "val"), ("test", "test")):
        data = getattr(loaded, name)
        assert data.X.shape == (SIZES[part], 784)
        assert data.X.dtype == float
        np.testing.assert_array_equal(data.images, arrays[f"{part}_images"])
        np.testing.assert_array_equal(data.y, arrays[f"{part}_labels"][:, 0])
        assert data.y.dtype == np.int64
        assert data.target_names == ("normal", "pneumonia")
        assert len(data.feature_names) == 784
        assert data.licence == "CC BY 4.0"
        assert "zenodo.org" in data.source


def test_the_source_is_quoted(tmp_path):
    about = load_chest_xrays(written(tmp_path)).train.description
    assert about == ABOUT
    for words in ("one to five years", "Guangzhou Women and Children's Medical Center"):
        assert words in about
    assert "not intended for clinical use" in about


def test_a_missing_file_is_told_in_one_sentence_with_where_to_get_it(tmp_path):
    message = refusal(tmp_path)
    assert "download pneumoniamnist.npz" in message
    assert "https://zenodo.org/records/10519652" in message
    assert str(tmp_path) in message
    assert message.count(". ") == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train_images": None}, "holds no train_images"),
        ({"test_labels": None}, "holds no test_labels"),
        ({"val_images": np.zeros((5, 64, 64), np.uint8)}, "val_images of shape (5, 64, 64), not"),
        ({"val_images": np.zeros((5, 28, 28, 3), np.uint8)}, "(5, 28, 28, 3), not (n, 28, 28)"),
        ({"val_images": np.zeros((0, 28, 28), np.uint8)}, "shape (0, 28, 28)"),
        ({"val_images": np.uint8(3)}, "shape ()"),
        ({"val_labels": np.zeros(5, np.uint8)}, "val_labels of shape (5,), not (n, 1)"),
        ({"train_images": np.zeros((12, 28, 28))}, "train_images of another type than uint8"),
        ({"train_labels": np.zeros((12, 1), np.int64)}, "another type than uint8"),
        ({"train_images": np.zeros((11, 28, 28), np.uint8)}, "11 train_images but 12 train_labels"),
        ({"test_labels": np.full((7, 1), 2, np.uint8)}, "other labels than 0 and 1"),
        ({"test_labels": np.zeros((7, 1), np.uint8)}, "other labels than 0 and 1, or one only"),
    ],
)
def test_what_is_not_as_it_should_be_is_named(tmp_path, changes, words):
    message = refusal(written(tmp_path, **changes))
    assert words in message
    assert FILE_NAME in message
    assert "download it anew" in message


def test_files_that_are_no_archive_are_refused(tmp_path):
    for content in (b"", b"not a zip", b"PK\x03\x04 and no more"):
        (tmp_path / FILE_NAME).write_bytes(content)
        assert "no whole .npz archive" in refusal(tmp_path)


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.99])
def test_a_download_that_broke_off_is_refused(tmp_path, kept):
    path = written(tmp_path) / FILE_NAME
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert "no whole .npz archive" in refusal(tmp_path)


def test_a_flipped_byte_is_noticed(tmp_path):
    path = written(tmp_path) / FILE_NAME
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(bytes(content))
    assert "download it anew" in refusal(tmp_path)


def test_nothing_in_the_file_is_ever_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.write_text, (tmp_path / "sprung", "ouch"))

    arrays = made()
    arrays["train_images"] = np.array([Trap()], dtype=object)
    np.savez(tmp_path / FILE_NAME, **arrays)
    assert "another type than uint8" in refusal(tmp_path)
    assert not (tmp_path / "sprung").exists()


def test_a_pickle_in_the_place_of_an_array_is_not_read(tmp_path):
    with zipfile.ZipFile(written(tmp_path) / FILE_NAME) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["val_labels.npy"] = b"\x80\x04K\x01."
    with zipfile.ZipFile(tmp_path / FILE_NAME, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert "something else than an array as val_labels" in refusal(tmp_path)


def _array_that_claims(shape: tuple[int, ...], content: bytes) -> bytes:
    stream = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue() + content


@pytest.mark.parametrize(
    ("shape", "words"),
    [((10**12, 28, 28), "more than 20000"), ((100, 28, 28), "cut off within train_images")],
)
def test_what_claims_more_than_it_holds_gets_no_memory(tmp_path, shape, words):
    with zipfile.ZipFile(written(tmp_path) / FILE_NAME) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["train_images.npy"] = _array_that_claims(shape, b"\x00" * 784)
    with zipfile.ZipFile(tmp_path / FILE_NAME, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert words in refusal(tmp_path)


def test_a_small_file_that_unfolds_to_gigabytes_is_not_unfolded(tmp_path, monkeypatch):
    monkeypatch.setattr(xrays, "MAX_IMAGES", 20)
    bomb = np.zeros((5_000, 28, 28), np.uint8)  # packs to a few kB
    assert "holds more than 20 train_images" in refusal(written(tmp_path, train_images=bomb))


def test_a_file_that_is_far_too_large_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(xrays, "MAX_FILE_BYTES", 1000)
    assert "far larger" in refusal(written(tmp_path))


def test_the_file_stays_out_of_git_and_out_of_the_courses_checks():
    answer = subprocess.run(
        ["git", "check-ignore", "--quiet", f"data/{FILE_NAME}"], cwd=COURSE, check=False
    )
    assert answer.returncode in (0, 128)  # 128: this course was downloaded, it is no repository
    assert "data/*.npz" in (COURSE / ".gitignore").read_text()
    assert xrays.DATA_FOLDER == DATA_FOLDER

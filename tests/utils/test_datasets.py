"""The data sets: what they hold, and what is said of a damaged file."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from utils import datasets
from utils.datasets import DATA_FOLDER, DataError, load_breast_cancer, load_diabetes, load_digits

LOADERS = {
    "digits": load_digits,
    "breast_cancer": load_breast_cancer,
    "diabetes": load_diabetes,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the data, to damage."""
    for path in DATA_FOLDER.iterdir():
        if path.suffix in {".csv", ".json"}:
            shutil.copy(path, tmp_path / path.name)
    return tmp_path


def sign(folder: Path, name: str) -> None:
    """Enter a changed file's size and checksum into SOURCES.json."""
    sources = json.loads((folder / "SOURCES.json").read_text())
    content = (folder / f"{name}.csv").read_bytes()
    sources[name] |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "SOURCES.json").write_text(json.dumps(sources))


def refusal(load: Callable[..., Any], folder: Path) -> str:
    """Return what the loader says of a damaged folder: one line."""
    with pytest.raises(DataError) as caught:
        load(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


# ------------------------------------------------------------------------ good files


def test_digits_are_what_scikit_learn_has():
    original = pytest.importorskip("sklearn.datasets").load_digits()
    digits = load_digits()
    np.testing.assert_array_equal(digits.X, original.data)
    np.testing.assert_array_equal(digits.images, original.images)
    np.testing.assert_array_equal(digits.y, original.target)


def test_digits_have_the_shapes_and_values_that_lessons_rely_on():
    digits = load_digits()
    assert digits.X.shape == (1797, 64)
    assert digits.images.shape == (1797, 8, 8)
    assert digits.X.dtype == np.float64
    assert digits.y.dtype == np.int64
    assert digits.X.min() == 0
    assert digits.X.max() == 16
    # the counts that UCI's page gives for the test part
    assert np.bincount(digits.y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert len(digits.feature_names) == 64
    assert digits.target_names == tuple("0123456789")


def test_one_is_malignant_and_zero_is_benign():
    cancer = load_breast_cancer()
    # UCI: 357 benign, 212 malignant
    assert np.bincount(cancer.y).tolist() == [357, 212]
    assert cancer.target_names == ("benign", "malignant")
    # malignant nuclei are larger; scikit-learn's labels would say the opposite
    radius = cancer.X[:, cancer.feature_names.index("mean radius")]
    assert radius[cancer.y == 1].mean() > radius[cancer.y == 0].mean()


def test_breast_cancer_is_what_scikit_learn_has_with_labels_turned():
    original = pytest.importorskip("sklearn.datasets").load_breast_cancer()
    cancer = load_breast_cancer()
    np.testing.assert_array_equal(cancer.X, original.data)
    np.testing.assert_array_equal(cancer.y, 1 - original.target)
    assert list(cancer.feature_names) == list(original.feature_names)


def test_breast_cancer_has_the_ranges_that_its_description_gives():
    cancer = load_breast_cancer()
    assert cancer.X.shape == (569, 30)
    columns = dict(zip(cancer.feature_names, cancer.X.T, strict=True))
    assert (columns["mean radius"].min(), columns["mean radius"].max()) == (6.981, 28.11)
    assert (columns["worst area"].min(), columns["worst area"].max()) == (185.2, 4254.0)


def test_diabetes_columns_are_standardised_and_kept_raw():
    diabetes = load_diabetes()
    assert diabetes.X.shape == diabetes.raw.shape == (442, 10)
    np.testing.assert_allclose(diabetes.X.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(diabetes.X.std(axis=0), 1, rtol=1e-12)
    # the first patient, as in the table that came with Efron et al.
    assert diabetes.raw[0].tolist() == [59, 2, 32.1, 101, 157, 93.2, 38, 4, 4.8598, 87]
    assert diabetes.y[0] == 151
    assert diabetes.y.dtype == np.float64
    assert (diabetes.y.min(), diabetes.y.max()) == (25, 346)


def test_diabetes_is_what_scikit_learn_has():
    original = pytest.importorskip("sklearn.datasets")
    diabetes = load_diabetes()
    np.testing.assert_array_equal(diabetes.raw, original.load_diabetes(scaled=False).data)
    # scikit-learn's scaling makes each column's sum of squares 1
    scaled = original.load_diabetes().data
    np.testing.assert_allclose(diabetes.X, scaled * np.sqrt(len(scaled)), atol=1e-9)
    assert list(diabetes.feature_names) == original.load_diabetes().feature_names


@pytest.mark.parametrize("name", LOADERS)
def test_each_set_names_its_source_and_licence(name):
    data = LOADERS[name]()
    assert data.source.startswith("https://")
    assert data.licence in {"CC BY 4.0", "unknown"}
    assert len(data.description) > 50
    assert len(data.feature_names) == data.X.shape[1]
    assert data.raw.shape == data.X.shape
    assert len(data.y) == len(data.X)


@pytest.mark.parametrize("name", LOADERS)
def test_what_a_lesson_does_to_its_arrays_stays_with_it(name):
    first = LOADERS[name]()
    for array in (first.X, first.y, first.raw):
        array[:] = 7
    second = LOADERS[name]()
    assert not np.all(second.X == 7)
    assert not np.all(second.y == 7)
    assert not np.shares_memory(second.X, second.raw)


def test_a_data_set_cannot_be_rearranged():
    with pytest.raises(AttributeError):
        load_digits().X = None


def test_a_data_set_prints_as_one_line():
    assert repr(load_breast_cancer()) == "Dataset(569 examples, 30 features, y: benign, malignant)"


def test_rows_that_are_no_images_say_so():
    with pytest.raises(AttributeError, match="no images"):
        _ = load_breast_cancer().images


def test_the_script_writes_the_same_bytes_again(tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    import runpy

    script = shutil.copy(DATA_FOLDER / "make_data.py", tmp_path)
    runpy.run_path(str(script), run_name="__main__")
    for name in ("digits.csv", "breast_cancer.csv", "diabetes.csv", "SOURCES.json"):
        assert (tmp_path / name).read_bytes() == (DATA_FOLDER / name).read_bytes(), name
    assert not list(tmp_path.glob("*.tmp"))


def test_data_readme_agrees_with_the_sources():
    readme = (DATA_FOLDER / "README.md").read_text()
    for source in json.loads((DATA_FOLDER / "SOURCES.json").read_text()).values():
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{source['file']}"))
        assert f"| {source['rows']} |" in row
        assert row.endswith(f"| {source['licence']} |")
        assert source["doi"] in readme


# --------------------------------------------------------------------- damaged files


@pytest.mark.parametrize("name", LOADERS)
def test_a_missing_file_is_named_with_its_remedy(name, folder):
    (folder / f"{name}.csv").unlink()
    message = refusal(LOADERS[name], folder)
    assert f"{name}.csv is missing" in message
    assert f"git checkout data/{name}.csv" in message


@pytest.mark.parametrize("name", LOADERS)
def test_an_empty_file_is_called_empty(name, folder):
    (folder / f"{name}.csv").write_bytes(b"")
    assert f"{name}.csv is empty" in refusal(LOADERS[name], folder)


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_truncated_file_is_called_cut_off(name, share, folder):
    path = folder / f"{name}.csv"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    message = refusal(LOADERS[name], folder)
    assert "is cut off" in message
    assert f"where {len(content)} are due" in message


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_one_changed_byte_is_noticed(name, share, folder):
    path = folder / f"{name}.csv"
    content = bytearray(path.read_bytes())
    content[int(share * len(content))] ^= 1
    path.write_bytes(content)
    message = refusal(LOADERS[name], folder)
    assert "was changed" in message
    assert f"git checkout data/{name}.csv" in message


@pytest.mark.parametrize("name", LOADERS)
def test_windows_line_ends_are_noticed(name, folder):
    path = folder / f"{name}.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert "was changed" in refusal(LOADERS[name], folder)


def change_lines(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        lines = path.read_text().splitlines()
        path.write_text("\n".join(change(lines)) + "\n")

    return damage


def without_last_column(lines: list[str]) -> list[str]:
    return [line.rpartition(",")[0] for line in lines]


def with_cell(text: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [lines[0], text + "," + lines[1].partition(",")[2], *lines[2:]]


def with_label(text: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [lines[0], lines[1].rpartition(",")[0] + "," + text, *lines[2:]]


SIGNED_DAMAGE = [
    ("digits", lambda lines: lines[:-1], "1796 rows"),
    ("digits", without_last_column, "64 columns"),
    ("digits", lambda lines: lines[:1], "0 rows"),
    ("digits", lambda lines: ["a,b", *lines[1:]], "under 2 names"),
    ("digits", with_cell("17"), "no whole number from 0 to 16"),
    ("digits", with_cell("0.5"), "no whole number from 0 to 16"),
    ("digits", with_cell("nan"), "not finite"),
    ("digits", with_label("10"), "no digit from 0 to 9"),
    ("breast_cancer", lambda lines: lines + lines[-1:], "570 rows"),
    ("breast_cancer", with_cell("-1"), "a measurement below 0"),
    ("breast_cancer", with_cell("inf"), "not finite"),
    ("breast_cancer", with_cell("hello"), "no table of numbers"),
    ("breast_cancer", with_cell("é"), "no table of numbers"),
    ("breast_cancer", with_label("2"), "neither 0 nor 1"),
    ("breast_cancer", lambda lines: [*lines[:-1], "1,2"], "no table of numbers"),
    ("diabetes", lambda lines: lines[:100], "99 rows"),
    ("diabetes", with_cell("0"), "not above 0"),
]


@pytest.mark.filterwarnings("error")  # NumPy would warn of an empty table; a learner sees one line
@pytest.mark.parametrize(("name", "change", "fault"), SIGNED_DAMAGE)
def test_wrong_contents_under_a_matching_checksum_are_noticed(name, change, fault, folder):
    change_lines(change)(folder / f"{name}.csv")
    sign(folder, name)
    message = refusal(LOADERS[name], folder)
    assert fault in message
    assert f"git checkout data/{name}.csv" in message


def test_a_folder_in_the_place_of_a_file_is_reported(folder):
    (folder / "digits.csv").unlink()
    (folder / "digits.csv").mkdir()
    assert "cannot be read" in refusal(load_digits, folder)


def test_a_file_that_may_not_be_read_is_reported(folder, monkeypatch):
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "cannot be read (Permission denied)" in refusal(load_digits, folder)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "is missing"),
        ("", "is empty"),
        ("{", "does not describe 'digits'"),
        ("[]", "does not describe 'digits'"),
        ("{}", "does not describe 'digits'"),
        ('{"digits": {"file": "digits.csv"}}', "does not describe 'digits'"),
        ('{"digits": 3}', "does not describe 'digits'"),
    ],
)
def test_a_damaged_list_of_sources_is_reported(content, fault, folder):
    path = folder / "SOURCES.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    message = refusal(load_digits, folder)
    assert f"SOURCES.json {fault}" in message
    assert "git checkout data/SOURCES.json" in message


def test_a_reader_is_shown_the_place_inside_the_course(monkeypatch, folder):
    monkeypatch.setattr(datasets, "DATA_FOLDER", folder)
    (folder / "digits.csv").unlink()
    with pytest.raises(DataError, match=r"^data/digits\.csv is missing: get it back with"):
        load_digits()

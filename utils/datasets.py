"""The course's real data: handwritten digits, breast masses, and diabetes.

    cancer = load_breast_cancer()
    cancer.X.shape, cancer.y.shape, cancer.target_names

The files lie in `data/` beside this package; where each comes from, and under which licence, is in
`data/SOURCES.json`. A loader compares a file with its checksum there, then its shape and values
with what the course expects: a lesson never computes with damaged data.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["DataError", "Dataset", "load_breast_cancer", "load_diabetes", "load_digits"]

DATA_FOLDER = Path(__file__).resolve().parent.parent / "data"


class DataError(RuntimeError):
    """A data file is missing or damaged; the message says which, and how to get it back."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples with their labels, and where they come from.

    Attributes
    ----------
    X : (n, m) float64, an example a row, a feature a column
    y : (n,) the labels: int64 classes, or float64 targets of a regression
    feature_names : m names, one a column of X
    target_names : what the classes 0, 1, … are called; for a regression the name of y
    source : address of the page that publishes the data
    licence : as the source states it, "unknown" where it does not
    description : a few sentences: who was measured, what the columns are
    raw : (n, m) float64, the columns as measured; equal to X unless X is standardised
    image_shape : (height, width) of an example that is an image, None otherwise

    The arrays belong to the caller: each call of a loader makes new ones.
    """

    X: np.ndarray
    y: np.ndarray
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]
    source: str
    licence: str
    description: str
    raw: np.ndarray = field(repr=False)
    image_shape: tuple[int, int] | None = None

    @property
    def images(self) -> np.ndarray:
        """The examples as images, (n, height, width); a view of X.

        Raises
        ------
        AttributeError, if the examples are no images
        """
        if self.image_shape is None:
            raise AttributeError("these examples are no images: use .X, a row an example.")
        return self.X.reshape(-1, *self.image_shape)

    def __repr__(self) -> str:
        examples, features = self.X.shape
        return (
            f"Dataset({examples} examples, {features} features, y: {', '.join(self.target_names)})"
        )


def load_digits(folder: Path | None = None) -> Dataset:
    """Load 1797 handwritten digits of 8 x 8 pixels.

    Parameters
    ----------
    folder : where the data files are; the course's own `data/` if not given

    Returns
    -------
    Dataset with X (1797, 64), ink from 0 to 16; y (1797,), the digit; images (1797, 8, 8)

    Raises
    ------
    DataError, if the file is missing or damaged

    Examples
    --------
    >>> digits = load_digits()
    >>> digits.X.shape, digits.images.shape, digits.y[:3]
    ((1797, 64), (1797, 8, 8), array([0, 1, 2]))
    """
    table = _load_table("digits", rows=1797, columns=65, folder=folder)
    pixels, labels = table.values[:, :-1], table.values[:, -1]
    table.require(
        np.all((pixels >= 0) & (pixels <= 16) & (pixels == np.round(pixels))),
        "a pixel that is no whole number from 0 to 16",
    )
    table.require(np.isin(labels, range(10)).all(), "a label that is no digit from 0 to 9")
    return table.dataset(
        labels.astype(np.int64),
        target_names=tuple(str(digit) for digit in range(10)),
        image_shape=(8, 8),
    )


def load_breast_cancer(folder: Path | None = None) -> Dataset:
    """Load 569 breast masses: 30 measurements of cell nuclei, malignant (1) or benign (0).

    scikit-learn numbers the classes the other way round.

    Parameters
    ----------
    folder : where the data files are; the course's own `data/` if not given

    Returns
    -------
    Dataset with X (569, 30), as measured, and y (569,), 1 for malignant

    Raises
    ------
    DataError, if the file is missing or damaged

    Examples
    --------
    >>> cancer = load_breast_cancer()
    >>> cancer.X.shape, int(cancer.y.sum()), cancer.target_names
    ((569, 30), 212, ('benign', 'malignant'))
    """
    table = _load_table("breast_cancer", rows=569, columns=31, folder=folder)
    labels = table.values[:, -1]
    table.require(np.all(table.values[:, :-1] >= 0), "a measurement below 0")
    table.require(np.isin(labels, (0, 1)).all(), "a label that is neither 0 nor 1")
    return table.dataset(labels.astype(np.int64), target_names=("benign", "malignant"))


def load_diabetes(folder: Path | None = None) -> Dataset:
    """Load 442 people with diabetes: ten measurements, and how far the disease went in a year.

    Each column of X is standardised on loading: mean 0, population standard deviation 1. The
    columns as measured are in `raw`.

    Parameters
    ----------
    folder : where the data files are; the course's own `data/` if not given

    Returns
    -------
    Dataset with X (442, 10), standardised; y (442,) floats from 25 to 346; raw (442, 10)

    Raises
    ------
    DataError, if the file is missing or damaged

    Examples
    --------
    >>> diabetes = load_diabetes()
    >>> diabetes.X.shape, diabetes.feature_names[:4]
    ((442, 10), ('age', 'sex', 'bmi', 'bp'))
    >>> diabetes.raw[0, :4]  # 59 years, sex coded 2, body mass index 32.1, blood pressure 101
    array([ 59. ,   2. ,  32.1, 101. ])
    """
    table = _load_table("diabetes", rows=442, columns=11, folder=folder)
    table.require(np.all(table.values > 0), "a measurement that is not above 0")
    return table.dataset(
        table.values[:, -1].copy(),
        target_names=("progression after one year",),
        standardised=True,
    )


# ------------------------------------------------------------------ reading and verifying


@dataclass(frozen=True, eq=False)
class _Table:
    """A verified file: its numbers, its column names, and what `SOURCES.json` says of it."""

    path: Path
    values: np.ndarray
    columns: tuple[str, ...]
    source: dict[str, Any]

    def require(self, condition: bool | np.bool_, fault: str) -> None:
        """Raise DataError when the values hold the fault named."""
        if not condition:
            raise DataError(f"{_shown(self.path)} holds {fault}: {_how_to_restore(self.path)}")

    def dataset(
        self,
        y: np.ndarray,
        target_names: tuple[str, ...],
        standardised: bool = False,
        image_shape: tuple[int, int] | None = None,
    ) -> Dataset:
        """Make the data set; the last column of the table is the label."""
        raw = self.values[:, :-1].copy()
        X = (raw - raw.mean(axis=0)) / raw.std(axis=0) if standardised else raw.copy()
        return Dataset(
            X=X,
            y=y,
            feature_names=self.columns[:-1],
            target_names=target_names,
            source=self.source["source"],
            licence=self.source["licence"],
            description=self.source["description"],
            raw=raw,
            image_shape=image_shape,
        )


def _load_table(name: str, rows: int, columns: int, folder: Path | None) -> _Table:
    """Read one file of `data/` and hold it against its checksum and its shape."""
    folder = DATA_FOLDER if folder is None else Path(folder)
    source = _read_source(folder, name)
    path = folder / source["file"]
    content = _read(path)
    if len(content) < source["bytes"]:
        raise DataError(
            f"{_shown(path)} is cut off, {len(content)} bytes where {source['bytes']} are due: "
            f"{_how_to_restore(path)}"
        )
    if hashlib.sha256(content).hexdigest() != source["sha256"]:
        raise DataError(
            f"{_shown(path)} was changed, its checksum is not the one in SOURCES.json: "
            f"{_how_to_restore(path)}"
        )
    try:
        header, *lines = content.decode("ascii").splitlines()
        # loadtxt warns when there is nothing to read
        values = np.loadtxt(lines, delimiter=",", ndmin=2) if lines else np.empty((0, 0))
    except ValueError as error:  # a decoding error is a ValueError too
        raise DataError(
            f"{_shown(path)} is no table of numbers ({error}): {_how_to_restore(path)}"
        ) from None
    names = tuple(header.split(","))
    table = _Table(path, values, names, source)
    shape = f"{values.shape[0]} rows of {values.shape[1]} columns under {len(names)} names"
    table.require(
        values.shape == (rows, columns) and len(names) == columns,
        f"{shape}, not {rows} rows of {columns} columns",
    )
    table.require(np.isfinite(values).all(), "a number that is not finite")
    return table


def _read_source(folder: Path, name: str) -> dict[str, Any]:
    """Read what `SOURCES.json` says of one data set."""
    path = folder / "SOURCES.json"
    due = {"file": str, "bytes": int, "sha256": str, "source": str, "licence": str}
    try:
        source = json.loads(_read(path))[name]
        complete = all(
            isinstance(source[key], kind) for key, kind in {**due, "description": str}.items()
        )
    except (ValueError, KeyError, TypeError):
        complete = False
    if not complete:
        raise DataError(
            f"{_shown(path)} does not describe {name!r} as it should: {_how_to_restore(path)}"
        )
    return dict(source)


def _read(path: Path) -> bytes:
    """Read a file whole, or say why that cannot be."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{_shown(path)} is missing: {_how_to_restore(path)}") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(
            f"{_shown(path)} cannot be read ({reason}): {_how_to_restore(path)}"
        ) from None
    if not content:
        raise DataError(f"{_shown(path)} is empty: {_how_to_restore(path)}")
    return content


def _shown(path: Path) -> str:
    """Name a file as a reader finds it: from the course's folder on, or in full elsewhere."""
    return f"data/{path.name}" if path.parent == DATA_FOLDER else str(path)


def _how_to_restore(path: Path) -> str:
    return f"get it back with `git checkout data/{path.name}`, or download the course again."

"""Chest X-rays of children, where the reader has put the file into `data/`.

    xrays = load_chest_xrays()
    xrays.train.images.shape, xrays.train.y.shape

The file is PneumoniaMNIST, a part of MedMNIST v2 (Yang and others, 2023): X-rays scaled down to
28 x 28 pixels, with the label pneumonia (1) or normal (0). The course does not bring it along.
Since it comes from elsewhere, it is read with care: nothing in it is ever run (`allow_pickle` is
off), no more is read than is due, and shapes, types and labels are checked.
"""

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils.datasets import DATA_FOLDER, DataError, Dataset

__all__ = ["ABOUT", "FILE_NAME", "ChestXrays", "load_chest_xrays"]

FILE_NAME = "pneumoniamnist.npz"
SOURCE = "https://zenodo.org/records/10519652"
LICENCE = "CC BY 4.0"
SIDE = 28  # pixels
MAX_FILE_BYTES = 64 * 2**20  # the published file has about 4 MB
MAX_IMAGES = 20_000  # of one part; the published ones have 4708, 524 and 624

ABOUT = (
    "Chest X-rays of paediatric patients of one to five years, from one hospital, Guangzhou Women "
    "and Children's Medical Center, taken in routine care (Kermany and others, 2018). Scaled down "
    "to 28 x 28 pixels as PneumoniaMNIST, a part of MedMNIST v2. Its makers say: not intended for "
    "clinical use."
)


@dataclass(frozen=True, eq=False)
class ChestXrays:
    """The three parts of the set, as its makers have split it.

    Attributes
    ----------
    train, validation, test : each a `Dataset` with X (n, 784), brightness from 0 to 255; y (n,),
        1 for pneumonia and 0 for normal; and images (n, 28, 28)
    """

    train: Dataset
    validation: Dataset
    test: Dataset


def load_chest_xrays(folder: Path | None = None) -> ChestXrays:
    """Load the X-rays from `data/pneumoniamnist.npz`, if the file is there.

    Parameters
    ----------
    folder : where the file is; the course's own `data/` if not given

    Returns
    -------
    ChestXrays: a training, a validation and a test set

    Raises
    ------
    DataError, with one sentence: where to get the file if it is not there, or what is wrong with it
    """
    folder = DATA_FOLDER if folder is None else Path(folder)
    path = folder / FILE_NAME
    if not path.is_file():
        raise DataError(
            f"There are no X-rays yet: download {FILE_NAME} (4 MB) from {SOURCE} and put it into "
            f"the folder {_folder_name(folder)}."
        )
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _damaged(path, "is far larger than the 4 MB of the published file")
        with zipfile.ZipFile(path) as archive:
            parts = [_read_part(archive, path, part) for part in ("train", "val", "test")]
    except zipfile.BadZipFile:
        raise _damaged(path, "is no whole .npz archive") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _damaged(path, f"cannot be read ({reason})") from None
    return ChestXrays(*parts)


def _read_part(archive: zipfile.ZipFile, path: Path, part: str) -> Dataset:
    """Read and check the images and labels of one part."""
    images = _read_array(archive, path, f"{part}_images", (SIDE, SIDE))
    labels = _read_array(archive, path, f"{part}_labels", (1,))
    if len(images) != len(labels):
        raise _damaged(path, f"has {len(images)} {part}_images but {len(labels)} {part}_labels")
    found = np.unique(labels)
    if not np.array_equal(found, [0, 1]):
        raise _damaged(path, f"holds other labels than 0 and 1, or one only, in {part}_labels")
    X = images.reshape(len(images), SIDE * SIDE).astype(float)
    places = [f"pixel_{row}_{column}" for row in range(SIDE) for column in range(SIDE)]
    return Dataset(
        X=X,
        y=labels[:, 0].astype(np.int64),
        feature_names=tuple(places),
        target_names=("normal", "pneumonia"),
        source=SOURCE,
        licence=LICENCE,
        description=ABOUT,
        raw=X,
        image_shape=(SIDE, SIDE),
    )


def _read_array(
    archive: zipfile.ZipFile, path: Path, name: str, shape: tuple[int, ...]
) -> np.ndarray:
    """Read one array of shape (n, *shape) and whole numbers from 0 to 255."""
    limit = MAX_IMAGES * int(np.prod(shape)) + 1_000  # and its header
    try:
        with archive.open(f"{name}.npy") as member:
            content = member.read(limit + 1)  # what unfolds to more is not unfolded
    except KeyError:
        raise _damaged(path, f"holds no {name}") from None
    except (zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise _damaged(path, f"can't be unpacked at {name}") from None
    if len(content) > limit:
        raise _damaged(path, f"holds more than {MAX_IMAGES} {name}")
    try:
        found, dtype = _header(content)
    except ValueError:
        raise _damaged(path, f"holds something else than an array as {name}") from None
    if dtype != np.uint8:
        raise _damaged(path, f"holds {name} of another type than uint8")
    if len(found) == 0 or found[1:] != shape or found[0] < 1:
        due = f"(n, {', '.join(map(str, shape))})"
        raise _damaged(path, f"holds {name} of shape {found}, not {due}")
    if found[0] > MAX_IMAGES:  # before memory is asked for
        raise _damaged(path, f"holds more than {MAX_IMAGES} {name}")
    try:
        return np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError):
        raise _damaged(path, f"is cut off within {name}") from None


def _header(content: bytes) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type that an array claims to have.

    Raises
    ------
    ValueError, if it is no array
    """
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read = np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    return shape, dtype


def _damaged(path: Path, fault: str) -> DataError:
    name = f"data/{path.name}" if path.parent == DATA_FOLDER else str(path)
    return DataError(f"{name} {fault}: download it anew from {SOURCE}.")


def _folder_name(folder: Path) -> str:
    return "data/ of the course" if folder == DATA_FOLDER else str(folder)

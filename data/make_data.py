"""Write the course's data sets out of scikit-learn, with their sources and checksums.

    pip install "scikit-learn>=1.5,<2"
    python data/make_data.py

writes `digits.csv`, `breast_cancer.csv`, `diabetes.csv` and `SOURCES.json` beside this script.
Nothing is fetched: the data come with scikit-learn. Run again, it writes the same bytes. Learners
need neither this script nor scikit-learn.
"""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
from sklearn import datasets

HERE = Path(__file__).resolve().parent

CC_BY = "CC BY 4.0"
UCI_SAYS = "the data set's page at the UCI Machine Learning Repository"

SETS = {
    "digits": {
        "title": "Optical Recognition of Handwritten Digits, its test part",
        "description": (
            "1797 handwritten digits by 13 people, scaled down to 8 x 8 pixels. A pixel counts "
            "the inked points in a block of 4 x 4, so it is a whole number from 0 (paper) to "
            "16 (ink). The label is the digit."
        ),
        "creators": "E. Alpaydin, C. Kaynak (1998)",
        "source": "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
        "doi": "10.24432/C50P49",
        "licence": CC_BY,
        "licence_stated_by": UCI_SAYS,
    },
    "breast_cancer": {
        "title": "Breast Cancer Wisconsin (Diagnostic)",
        "description": (
            "569 breast masses: ten measurements of the cell nuclei in an image of a fine needle "
            "aspirate, each as mean, standard error and worst (the mean of the three largest). "
            "The label is 1 for malignant (212) and 0 for benign (357); UCI writes M and B, "
            "scikit-learn has the numbers the other way round. Units are not given."
        ),
        "creators": "W. Wolberg, O. Mangasarian, N. Street, W. Street (1993)",
        "source": "https://archive.ics.uci.edu/dataset/17/breast+cancer+wisconsin+diagnostic",
        "doi": "10.24432/C5DW2B",
        "licence": CC_BY,
        "licence_stated_by": UCI_SAYS,
    },
    "diabetes": {
        "title": "Diabetes, from Least Angle Regression",
        "description": (
            "442 people with diabetes: age in years, sex (coded 1 and 2; the source does not say "
            "which is which), body mass index (bmi), average blood pressure (bp) and six blood "
            "measurements: s1 total cholesterol, s2 low-density and s3 high-density lipoproteins, "
            "s4 total cholesterol divided by s3, s5 possibly the logarithm of the triglycerides, "
            "s6 blood sugar. The target is a measure of how far the disease went in one year."
        ),
        "creators": "B. Efron, T. Hastie, I. Johnstone, R. Tibshirani (2004)",
        "source": "https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html",
        "doi": "10.1214/009053604000000067",
        "licence": "unknown",
        "licence_stated_by": "nobody: scikit-learn, where this copy is from, names none",
    },
}


def tables() -> dict[str, tuple[list[str], np.ndarray]]:
    """Return the column names and the values of each set; the label is the last column."""
    digits = datasets.load_digits()
    cancer = datasets.load_breast_cancer()
    diabetes = datasets.load_diabetes(scaled=False)
    malignant = (cancer.target == list(cancer.target_names).index("malignant")).astype(int)
    pixels = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
    return {
        "digits": ([*pixels, "digit"], np.column_stack([digits.data, digits.target])),
        "breast_cancer": (
            [*cancer.feature_names, "malignant"],
            np.column_stack([cancer.data, malignant]),
        ),
        "diabetes": (
            [*diabetes.feature_names, "progression"],
            np.column_stack([diabetes.data, diabetes.target]),
        ),
    }


def as_csv(columns: list[str], table: np.ndarray) -> bytes:
    """Write a header, then a line an example; numbers in the fewest digits that give them back."""
    lines = [",".join(columns)]
    lines += [",".join(_number(value) for value in row) for row in table.tolist()]
    return ("\n".join(lines) + "\n").encode("ascii")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def write(path: Path, content: bytes) -> None:
    """Write to a temporary file, then rename: no half-written file is ever left."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)  # noqa: PTH105  (replaces on Windows too)


def main() -> None:
    """Write the data files, then the list of sources."""
    sources = {}
    for name, (columns, table) in tables().items():
        content = as_csv(columns, table)
        write(HERE / f"{name}.csv", content)
        sources[name] = {
            "file": f"{name}.csv",
            **SETS[name],
            "taken_from": "scikit-learn",
            "rows": len(table),
            "columns": len(columns),
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        print(f"{name}.csv: {len(table)} examples, {len(content)} bytes")
    text = json.dumps(sources, indent=2, ensure_ascii=False) + "\n"
    write(HERE / "SOURCES.json", text.encode())


if __name__ == "__main__":
    main()

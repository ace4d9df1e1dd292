"""Copy the table of the starter *Cell cases* from scikit-learn.

``pip download --no-deps scikit-learn`` and unzip the wheel, then ``python packaging/build_cases.py
--table FOLDER/sklearn/datasets/data/breast_cancer.csv``. Writes ``cases.csv`` with the ten means
and the diagnosis, and ``LICENSE.txt``, in ``resources/starters/cell-cases``. What ships was made
from scikit-learn 1.9.1.
"""

import argparse
import csv
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.data.starters import NOT_FOR_DIAGNOSIS  # noqa: E402 (the path comes first)
from engine.starters.cell_cases import CASES_FILE, DIAGNOSIS, MEASUREMENTS  # noqa: E402

TARGET = ROOT / "resources" / "starters" / "cell-cases"
DIAGNOSES = {"0": "malignant", "1": "benign"}
"""By the target of scikit-learn, whose order is in the first line of its table."""

LICENCE = f"""\
Measurements and diagnoses: Breast Cancer Wisconsin (Diagnostic), William Wolberg, Olvi Mangasarian,
Nick Street and W. Street, 1995, UCI Machine Learning Repository, https://doi.org/10.24432/C5DW2B,
Creative Commons Attribution 4.0 International, https://creativecommons.org/licenses/by/4.0/
Obtained from scikit-learn 1.9.1 (sklearn/datasets/data/breast_cancer.csv).
Changes: the ten means of thirty measurements are kept, the diagnosis is written as a word.

Reports and drawings: computed by Diptych from these measurements and dedicated to the public
domain, CC0 1.0, https://creativecommons.org/publicdomain/zero/1.0/
They are {NOT_FOR_DIAGNOSIS}: no drawing shows a cell of a patient.
"""


def main() -> None:
    """Copy the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True)
    with parser.parse_args().table.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    if header[2:] != [DIAGNOSES["0"], DIAGNOSES["1"]]:
        raise SystemExit(f"unexpected first line: {header}")
    TARGET.mkdir(parents=True, exist_ok=True)
    with (TARGET / CASES_FILE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*MEASUREMENTS, DIAGNOSIS])
        for row in rows:
            writer.writerow([*row[: len(MEASUREMENTS)], DIAGNOSES[row[-1]]])
    (TARGET / "LICENSE.txt").write_text(LICENCE, encoding="utf-8")
    print(f"{len(rows)} cases")


if __name__ == "__main__":
    main()

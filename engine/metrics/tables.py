"""Metrics of generated tables: distributions, dependences, usefulness and copies of records.

Tables are given as cells by field. Missing cells are a value of a categorical field; of a numeric
one they are left out.

Shapes: N cells or rows, F fields, D numbers of an encoded row, K classes.
"""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from engine.data.table_cells import Column, Numbers, read_numbers, read_texts
from engine.data.table_codec import TableLayout, encode
from engine.data.table_fields import CategoricalField, Field, NumericField
from engine.errors import CellsInvalidError
from engine.metrics.distances import MemorisationMetrics, nearest_items

Table = Mapping[str, Column]
"""Cells by field."""
LBFGS_STEPS = 200
MIN_VARIANCE = 1e-12
"""Of a field relative to its mean square; below it, the field is constant up to rounding."""


def field_distances(fields: Sequence[Field], real: Table, made: Table) -> dict[str, float]:
    """Return the distance of each field's distributions, 0 equal to 1 disjoint.

    The Kolmogorov-Smirnov distance of numbers, the total variation distance of categories.
    """
    return {
        field.name: ks_distance(read_numbers(real[field.name]), read_numbers(made[field.name]))
        if isinstance(field, NumericField)
        else total_variation(real[field.name], made[field.name])
        for field in fields
    }


def ks_distance(one: Numbers, other: Numbers) -> float:
    """Return the largest difference of the empirical distribution functions, ``sup |F - G|``.

    Source: Smirnov 1948, doi:10.1214/aoms/1177730256; ``KSComplement`` of SDMetrics is 1 minus it.

    Args:
        one: [N], NaN where missing.
        other: [M], NaN where missing.

    Returns:
        0 to 1; 1 if either has no numbers, and 0 if both have none.
    """
    one, other = np.sort(one[~np.isnan(one)]), np.sort(other[~np.isnan(other)])
    if not len(one) or not len(other):
        return float(len(one) != len(other))
    values = np.concatenate([one, other])
    one_shares = np.searchsorted(one, values, side="right") / len(one)
    other_shares = np.searchsorted(other, values, side="right") / len(other)
    return float(np.abs(one_shares - other_shares).max())


def total_variation(one: Column, other: Column) -> float:
    """Return half the sum of the differences of the values' shares; a missing cell is a value.

    ``TVComplement`` of SDMetrics is 1 minus it.
    """
    counts, others = Counter(read_texts(one)), Counter(read_texts(other))
    n, m = max(1, counts.total()), max(1, others.total())
    return 0.5 * sum(abs(counts[v] / n - others[v] / m) for v in counts.keys() | others.keys())


def missing_difference(fields: Sequence[Field], real: Table, made: Table) -> float:
    """Return the mean absolute difference of the fields' shares of missing cells."""
    differences = [
        abs(_missing_share(real[field.name]) - _missing_share(made[field.name])) for field in fields
    ]
    return sum(differences) / len(differences)


def _missing_share(cells: Column) -> float:
    texts = read_texts(cells)
    return texts.count(None) / max(1, len(texts))


# --------------------------------------------------------------------------
# Dependences between fields.


def correlation_difference(fields: Sequence[Field], real: Table, made: Table) -> float:
    """Return the mean absolute difference of the associations of all pairs of fields.

    0 for a table with a single field. Zhao et al. 2021, arXiv:2102.08369, compare tables by
    such matrices.
    """
    if len(fields) < 2:
        return 0.0
    pairs = np.triu_indices(len(fields), k=1)
    difference = association_matrix(fields, real)[pairs] - association_matrix(fields, made)[pairs]
    return float(np.abs(difference).mean())


def association_matrix(fields: Sequence[Field], table: Table) -> Numbers:
    """Return how much each pair of fields depends on each other: [F, F], 1 on the diagonal.

    Pearson's correlation of two numeric fields (-1 to 1), the correlation ratio of a numeric and a
    categorical one (Fisher 1925) and Cramer's V of two categorical ones (Cramer 1946), both 0 to 1.
    Each pair is measured on the rows in which both cells are present; a field that is constant
    there depends on nothing.
    """
    columns = [
        read_numbers(table[field.name])
        if isinstance(field, NumericField)
        else _category_codes(table[field.name])
        for field in fields
    ]
    matrix = np.eye(len(fields))
    for i, j in itertools.combinations(range(len(fields)), 2):
        both = ~np.isnan(columns[i]) & ~np.isnan(columns[j])
        one, other = columns[i][both], columns[j][both]
        is_numeric = [isinstance(fields[k], NumericField) for k in (i, j)]
        if all(is_numeric):
            value = _pearson(one, other)
        elif any(is_numeric):
            value = _correlation_ratio(*((one, other) if is_numeric[0] else (other, one)))
        else:
            value = _cramers_v(one, other)
        matrix[i, j] = matrix[j, i] = value
    return matrix


def _category_codes(cells: Column) -> Numbers:
    numbers: dict[str, int] = {}
    codes = [
        np.nan if text is None else numbers.setdefault(text, len(numbers))
        for text in read_texts(cells)
    ]
    return np.array(codes, dtype=np.float64)


def _pearson(one: Numbers, other: Numbers) -> float:
    if _is_constant(one) or _is_constant(other):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _correlation_ratio(numbers: Numbers, codes: Numbers) -> float:
    """Return the root of the variance between the categories over all variance."""
    if _is_constant(numbers):
        return 0.0
    _values, groups, counts = np.unique(codes, return_inverse=True, return_counts=True)
    means = np.bincount(groups, weights=numbers) / counts
    between = (counts * (means - numbers.mean()) ** 2).sum()
    return float(np.sqrt(between / ((numbers - numbers.mean()) ** 2).sum()))


def _cramers_v(one: Numbers, other: Numbers) -> float:
    table = np.zeros((len(np.unique(one)), len(np.unique(other))))
    if min(table.shape) < 2:
        return 0.0
    places = [np.unique(codes, return_inverse=True)[1] for codes in (one, other)]
    np.add.at(table, tuple(places), 1)
    expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
    chi_square = ((table - expected) ** 2 / expected).sum()
    return float(np.sqrt(chi_square / (table.sum() * (min(table.shape) - 1))))


def _is_constant(numbers: Numbers) -> bool:
    if len(numbers) < 2:
        return True
    return bool(numbers.var() <= MIN_VARIANCE * (numbers**2).mean())


# --------------------------------------------------------------------------
# Usefulness: train on synthetic, test on real.


def train_on_synthetic(
    fields: Sequence[Field], target: str, *, training: Table, made: Table, validation: Table
) -> dict[str, float]:
    """Compare a classifier that is trained on generated rows with one trained on real rows.

    Source: Esteban et al. 2017, arXiv:1706.02633, section 4.2 (TSTR).

    Args:
        fields: of the tables, fitted to the training rows; at least one beside the target.
        target: name of the categorical field to predict.
        training: real rows.
        made: generated rows.
        validation: real rows that neither classifier is trained on.

    Returns:
        Accuracies on the validation rows: ``train_on_synthetic``, ``train_on_real``, and
        ``majority`` of always guessing the most frequent value of the training rows.

    Raises:
        CellsInvalidError: the target is not a categorical field, or there is no other.
    """
    predicted = next((field for field in fields if field.name == target), None)
    if not isinstance(predicted, CategoricalField):
        raise CellsInvalidError(target, "is not a categorical field of the table")
    others = [field for field in fields if field.name != target]
    if not others:
        raise CellsInvalidError(target, "is the only field of the table")
    inputs, labels = _classifier_data(others, predicted, validation)
    accuracies: dict[str, float] = {}
    for name, rows in (("train_on_synthetic", made), ("train_on_real", training)):
        weights = _fit_classifier(*_classifier_data(others, predicted, rows), predicted)
        accuracies[name] = _accuracy((inputs @ weights).argmax(1), labels)
    _inputs, known = _classifier_data(others, predicted, training)
    guess = known.bincount(minlength=1).argmax()
    return {**accuracies, "majority": _accuracy(guess, labels)}


def _classifier_data(
    others: Sequence[Field], target: CategoricalField, table: Table
) -> tuple[Tensor, Tensor]:
    """Return encoded rows with a column of ones, [N, D + 1], and labels [N], where these exist."""
    numbers = {value: place for place, value in enumerate(target.values)}
    labels = np.array([numbers.get(text or "", -1) for text in read_texts(table[target.name])])
    rows = encode(others, table)[labels >= 0].astype(np.float64)
    inputs = np.concatenate([rows, np.ones((len(rows), 1))], 1)
    return torch.from_numpy(inputs), torch.from_numpy(labels[labels >= 0])


def _fit_classifier(inputs: Tensor, labels: Tensor, target: CategoricalField) -> Tensor:
    """Fit a logistic regression: [D + 1, K].

    The penalty, half the squared weights, is scikit-learn's default. The problem is convex, so the
    result does not depend on a seed.
    """
    weights = torch.zeros(inputs.shape[1], len(target.values), dtype=inputs.dtype)
    weights.requires_grad_()
    optimizer = torch.optim.LBFGS([weights], max_iter=LBFGS_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        penalty = 0.5 * weights[:-1].square().sum()
        error = functional.cross_entropy(inputs @ weights, labels, reduction="sum")
        total = (error + penalty) / max(1, len(labels))
        total.backward()
        return total

    if len(labels):
        optimizer.step(loss)
    return weights.detach()


def _accuracy(predicted: Tensor, labels: Tensor) -> float:
    return float((predicted == labels).cpu().double().mean()) if len(labels) else 0.0


# --------------------------------------------------------------------------
# Copies of records.


def nearest_record_metrics(
    fields: Sequence[Field], *, training: Table, made: Table, validation: Table | None
) -> dict[str, float]:
    """Measure whether generated rows are closer to training rows than other real rows are.

    The distance is Euclidean on encoded rows, with 1 for two different categories.

    Args:
        fields: of the tables, fitted to the training rows.
        training: real rows.
        made: generated rows.
        validation: real rows that are not trained on; without any, each training row is compared
            with the others.

    Returns:
        ``memorisation``, ``memorisation_baseline`` and ``novelty`` as ``MemorisationMetrics``
        defines them, and the median distances to the nearest training row: ``nearest_record`` of
        generated rows and ``nearest_record_baseline`` of real ones.
    """
    known = _record_features(fields, training)
    others = None if validation is None else _record_features(fields, validation)
    generated = _record_features(fields, made)
    _places, usual = nearest_items(
        known if others is None else others, known, skips_itself=others is None
    )
    _places, distances = nearest_items(generated, known)
    return {
        **MemorisationMetrics(known, others).metrics(generated),
        "nearest_record": float(np.median(distances)),
        "nearest_record_baseline": float(np.median(usual)),
    }


def _record_features(fields: Sequence[Field], table: Table) -> npt.NDArray[np.float64]:
    rows = encode(fields, table).astype(np.float64)
    # Two one-hot blocks differ in two places.
    rows[:, len(TableLayout(tuple(fields)).numeric) :] *= np.sqrt(0.5)
    return rows

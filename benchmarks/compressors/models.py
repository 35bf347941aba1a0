"""Small models that say how much each passage of a case is needed; trained in seconds, on one core.
What each kind needs is imported where it is trained, since it takes a second.

Every case counts the same in training, however long it is, and so do its needed passages and its others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.compressors.features import Features
from benchmarks.compressors.passages import Passages

Matrix = NDArray[np.float64]
# The higher, the more is needed; one number for each row.
Worth = Callable[[Matrix], Matrix]

_PAIRS_OF_CASE = 300
_STRENGTH = 0.1
_HIDDEN, _EPOCHS, _RATE, _DECAY = 16, 150, 0.01, 0.01


@dataclass(frozen=True, slots=True)
class Example:
    """A case with its features."""

    passages: Passages
    features: Features


@dataclass(frozen=True, slots=True)
class Scale:
    """Brings each column to mean 0 and spread 1, by the rows that it was taken from."""

    mean: Matrix
    spread: Matrix

    @classmethod
    def of(cls, rows: Matrix) -> Scale:
        return cls(rows.mean(axis=0), rows.std(axis=0) + 1e-6)

    def __call__(self, rows: Matrix) -> Matrix:
        return (rows - self.mean) / self.spread


def logistic(inputs: Sequence[Matrix], needed: Sequence[Sequence[float]]) -> Worth:
    """Logistic regression."""
    from sklearn.linear_model import LogisticRegression

    rows, wanted, weights = _weighed(inputs, needed)
    scale = Scale.of(rows)
    model = LogisticRegression(C=_STRENGTH, max_iter=500).fit(scale(rows), wanted, weights)
    return lambda matrix: _chances(model, scale(matrix))


def trees(inputs: Sequence[Matrix], needed: Sequence[Sequence[float]]) -> Worth:
    """Gradient-boosted trees, few and shallow."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    rows, wanted, weights = _weighed(inputs, needed)
    model = HistGradientBoostingClassifier(
        max_iter=100,
        learning_rate=0.06,
        max_leaf_nodes=8,
        min_samples_leaf=60,
        l2_regularization=5.0,
        random_state=0,
    ).fit(rows, wanted, weights / weights.mean())
    return lambda matrix: _chances(model, matrix)


def pairwise(inputs: Sequence[Matrix], needed: Sequence[Sequence[float]]) -> Worth:
    """A linear ranking: a needed passage of a case goes before another of the same case."""
    from sklearn.linear_model import LogisticRegression

    scale = Scale.of(np.vstack(inputs))
    first, second = _pairs([scale(rows) for rows in inputs], needed)
    signs = np.where(np.arange(len(first)) % 2, 1.0, -1.0)
    weights = np.full(len(first), 1 / _PAIRS_OF_CASE)
    model = LogisticRegression(C=_STRENGTH, fit_intercept=False, max_iter=500)
    model.fit((first - second) * signs[:, None], signs > 0, weights)
    return lambda matrix: _chances(model, scale(matrix))


def network(inputs: Sequence[Matrix], needed: Sequence[Sequence[float]]) -> Worth:
    """A network of one small hidden layer, trained on the same pairs."""
    import torch

    torch.manual_seed(0)
    scale = Scale.of(np.vstack(inputs))
    pairs = _pairs([scale(rows) for rows in inputs], needed)
    first, second = (torch.tensor(rows, dtype=torch.float32) for rows in pairs)
    model = torch.nn.Sequential(
        torch.nn.Linear(first.shape[1], _HIDDEN), torch.nn.Tanh(), torch.nn.Linear(_HIDDEN, 1)
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=_DECAY)
    for _ in range(_EPOCHS):
        optimizer.zero_grad()
        loss = torch.nn.functional.softplus(model(second) - model(first)).mean()
        loss.backward()
        optimizer.step()

    def worth(matrix: Matrix) -> Matrix:
        with torch.no_grad():
            found = model(torch.tensor(scale(matrix), dtype=torch.float32))
        return torch.sigmoid(found).numpy().astype(float).ravel()

    return worth


def _chances(model: Any, rows: Matrix) -> Matrix:
    chances: Matrix = model.predict_proba(rows)[:, 1]
    return chances


def _weighed(
    inputs: Sequence[Matrix], needed: Sequence[Sequence[float]]
) -> tuple[Matrix, NDArray[np.bool_], Matrix]:
    """Rows, whether each is needed, and its weight; a passage that may be needed stands there as both."""
    rows, wanted, weights = [], [], []
    for matrix, chances in zip(inputs, needed, strict=True):
        share = np.asarray(chances)
        for sign, mass in ((True, share), (False, 1 - share)):
            some = mass > 0
            rows.append(matrix[some])
            wanted.append(np.full(some.sum(), sign))
            weights.append(mass[some] / (mass.sum() or 1.0))
    return np.vstack(rows), np.concatenate(wanted), np.concatenate(weights)


def _pairs(inputs: Sequence[Matrix], needed: Sequence[Sequence[float]]) -> tuple[Matrix, Matrix]:
    """Rows that are needed, and beside each one of the same case that is not; as many for each case."""
    chance = np.random.default_rng(0)
    first, second = [], []
    for matrix, chances in zip(inputs, needed, strict=True):
        share = np.asarray(chances)
        wanted, others = share.nonzero()[0], (share == 0).nonzero()[0]
        if len(wanted) and len(others):
            mass = share[wanted] / share.sum()
            first.append(matrix[chance.choice(wanted, _PAIRS_OF_CASE, p=mass)])
            second.append(matrix[chance.choice(others, _PAIRS_OF_CASE)])
    return np.vstack(first), np.vstack(second)

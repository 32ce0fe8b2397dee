"""Suggestions of a known name for a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, candidates: Iterable[str]) -> str:
    """Return the candidate nearest to ``name`` by edit distance, ignoring case and underscores.

    Returns:
        The candidate, or an empty string where none is nearer than half of the name's length.
    """
    folded = _fold(name)
    best, limit = "", (len(folded) + 1) // 2
    for candidate in candidates:
        distance = _distance(folded, _fold(candidate), limit)
        if distance < limit:
            best, limit = candidate, distance
    return best


def _fold(name: str) -> str:
    return name.replace("_", "").lower()


def _distance(left: str, right: str, limit: int) -> int:
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    row = list(range(len(right) + 1))
    for number, one in enumerate(left, 1):
        previous, row[0] = row[0], number
        for column, other in enumerate(right, 1):
            cost = previous + (one != other)
            previous = row[column]
            row[column] = min(cost, previous + 1, row[column - 1] + 1)
    return row[-1]

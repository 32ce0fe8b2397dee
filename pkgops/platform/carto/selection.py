"""Match owners with the selectors of blueprints and of template options. Pure.

Source: Cartographer's selector matching: a Kubernetes label selector, requirements on fields, and
a score (the number of terms of a selector) that decides between candidates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.carto.jsonpath import JsonPathError, NothingFound, evaluate


class SelectorError(ValueError):
    """A selector cannot be evaluated."""


@dataclass(frozen=True, slots=True)
class Selector:
    """The selector of a blueprint or an option: labels, expressions on labels, requirements on fields."""

    labels: Mapping[str, str]
    expressions: Sequence[Obj]
    fields: Sequence[Obj]

    @classmethod
    def of_blueprint(cls, spec: Obj) -> Selector:
        """Return ``selector``, ``selectorMatchExpressions`` and ``selectorMatchFields`` of a blueprint."""
        return cls(
            spec.get("selector") or {},
            spec.get("selectorMatchExpressions") or [],
            spec.get("selectorMatchFields") or [],
        )

    @classmethod
    def of_option(cls, selector: Obj) -> Selector:
        """Return the ``selector`` of an option."""
        return cls(
            selector.get("matchLabels") or {},
            selector.get("matchExpressions") or [],
            selector.get("matchFields") or [],
        )

    def score(self, labels: Mapping[str, str], view: Any) -> int:
        """Return the number of terms if all match, else 0.

        Args:
            labels: the owner's labels.
            view: the owner as templates read it (:func:`typed.owner_view`).

        Raises:
            SelectorError: an operator or a path is not valid.
        """
        is_match = (
            all(labels.get(key) == value for key, value in self.labels.items())
            and all(label_matches(term, labels) for term in self.expressions)
            and all(field_matches(term, view) for term in self.fields)
        )
        return len(self.labels) + len(self.expressions) + len(self.fields) if is_match else 0


def highest_scored(
    candidates: Sequence[tuple[str, Selector]], labels: Mapping[str, str], view: Any
) -> list[str]:
    """Return the names with the highest score above 0, in the order given.

    Raises:
        SelectorError: a candidate's selector is not valid.
    """
    scores = [(name, selector.score(labels, view)) for name, selector in candidates]
    highest = max((score for _, score in scores), default=0)
    return [name for name, score in scores if score == highest and highest > 0]


def label_matches(term: Obj, labels: Mapping[str, str]) -> bool:
    """Return whether labels match one ``matchExpressions`` term, by the rules of Kubernetes label selectors.

    Raises:
        SelectorError: the operator is not one of label selectors.
    """
    key, operator, values = term["key"], term.get("operator"), term.get("values") or []
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    raise SelectorError(f'"{operator}" is not a valid label selector operator')


def field_matches(term: Obj, data: Any) -> bool:
    """Return whether an object matches one ``matchFields`` term: a missing path matches only DoesNotExist.

    Raises:
        SelectorError: the operator is not valid, or the key is not a path.
    """
    operator, values = term.get("operator"), term.get("values") or []
    try:
        value = evaluate(str(term["key"]), data)
    except NothingFound:
        return operator == "DoesNotExist"
    except JsonPathError as error:
        raise SelectorError(f"unable to match field requirement with key [{term['key']}]: {error}") from None
    if operator == "In":
        return isinstance(value, str) and value in values
    if operator == "NotIn":
        return not (isinstance(value, str) and value in values)
    if operator in ("Exists", "DoesNotExist"):
        return bool((value is None) == (operator == "DoesNotExist"))
    raise SelectorError(f"invalid operator [{operator}] for field selector")

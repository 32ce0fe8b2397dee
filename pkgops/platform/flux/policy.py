"""Select the latest of several tags by an ImagePolicy. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pkgops.formats.gonumbers import parse_float
from pkgops.formats.goregexp import compiled, expand
from pkgops.kube import Obj
from pkgops.platform.flux import semver


class InvalidPolicy(Exception):
    """The policy is not valid; the reconciliation is not retried until the spec changes."""


class NoChoice(Exception):
    """The policy selects none of the tags."""


_NONE = "unable to determine latest version from provided list"


def choose(tags: Sequence[str], policy: Obj, filter_tags: Obj | None = None) -> str:
    """Return the tag that a policy selects; of several policies the first in the order below is used.

    Args:
        tags: all tags of the last scan.
        policy: ``spec.policy``: one of ``semver``, ``alphabetical``, ``numerical``.
        filter_tags: ``spec.filterTags``: ``pattern``, ``extract``.

    Raises:
        InvalidPolicy: with the message of the Stalled condition.
        NoChoice: with the message of the Ready condition.
    """
    chooser = _chooser(policy)
    candidates = _filter(tags, filter_tags or {})
    if not candidates:
        raise NoChoice("version list argument cannot be empty")
    return candidates[chooser(list(candidates))]


def _filter(tags: Sequence[str], filter_tags: Obj) -> dict[str, str]:
    """Return the texts to compare, each with its tag."""
    if not filter_tags.get("pattern"):
        return {tag: tag for tag in tags}
    given, extract = filter_tags["pattern"], filter_tags.get("extract")
    try:
        pattern = compiled(given)
    except ValueError as error:
        message = f"failed to filter tags: invalid regular expression pattern '{given}': {error}"
        raise InvalidPolicy(message) from error
    matches = ((tag, pattern.search(tag)) for tag in tags)
    return {expand(extract, match) if extract else tag: tag for tag, match in matches if match}


class _Semver:
    def __init__(self, spec: Obj) -> None:
        self._range = spec.get("range", "")
        try:
            semver.parse_range(self._range)
        except ValueError as error:
            raise InvalidPolicy(f"invalid policy: {error}") from error

    def __call__(self, candidates: list[str]) -> str:
        latest = semver.latest(candidates, self._range)
        if latest is None:
            raise NoChoice(_NONE)
        return latest


class _Alphabetical:
    def __init__(self, spec: Obj) -> None:
        self._choose = min if _order(spec) == "DESC" else max

    def __call__(self, candidates: list[str]) -> str:
        return self._choose(candidates)


class _Numerical:
    def __init__(self, spec: Obj) -> None:
        self._descending = _order(spec) == "DESC"

    def __call__(self, candidates: list[str]) -> str:
        latest, best = candidates[0], _number(candidates[0])
        for candidate in candidates[1:]:
            number = _number(candidate)
            # Of equal numbers the later one is selected; NaN compares as equal.
            if not (number > best if self._descending else number < best):
                latest, best = candidate, number
        return latest


def _number(text: str) -> float:
    try:
        return parse_float(text)
    except ValueError:
        raise NoChoice(f"failed to parse invalid numeric value '{text}'") from None


def _order(spec: Obj) -> str:
    order = str(spec.get("order") or "ASC").upper()
    if order not in ("ASC", "DESC"):
        raise InvalidPolicy(
            f"invalid policy: invalid order argument provided: '{order}', must be one of: ASC, DESC"
        )
    return order


Chooser = Callable[[list[str]], str]
_CHOOSERS: dict[str, Callable[[Obj], Chooser]] = {
    "semver": _Semver,
    "alphabetical": _Alphabetical,
    "numerical": _Numerical,
}


def _chooser(policy: Obj) -> Chooser:
    for name, chooser in _CHOOSERS.items():
        if policy.get(name) is not None:
            return chooser(policy[name])
    raise InvalidPolicy("invalid policy: given ImagePolicyChoice object is invalid")

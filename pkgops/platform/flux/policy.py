"""Choosing one of many tags. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pkgops.kube import Obj
from pkgops.platform.flux import semver


class InvalidPolicy(Exception):
    """The policy itself is wrong: only a change of the spec can help."""


class NoChoice(Exception):
    """None of the tags will do."""


_NONE = "unable to determine latest version from provided list"
_GO_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+)|(\$))")


def choose(tags: Sequence[str], policy: Obj, filter_tags: Obj | None = None) -> str:
    """Return the tag that a policy chooses.

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
    """Return what is compared, with the tag it came from."""
    if not filter_tags.get("pattern"):
        return {tag: tag for tag in tags}
    try:
        pattern = re.compile(_python_names(filter_tags["pattern"]))
    except re.error as error:
        raise InvalidPolicy(f"failed to filter tags: invalid regular expression pattern: {error}") from error
    extract = filter_tags.get("extract")
    found = ((tag, pattern.search(tag)) for tag in tags)
    return {_expand(extract, match) if extract else tag: tag for tag, match in found if match}


def _python_names(pattern: str) -> str:
    """Return a Go pattern with its named groups as Python writes them."""
    return re.sub(r"\(\?<([A-Za-z_]\w*)>", r"(?P<\1>", pattern)


def _expand(template: str, match: re.Match[str]) -> str:
    def value(reference: re.Match[str]) -> str:
        if reference[3]:
            return "$"
        name = reference[1] or reference[2]
        try:
            return match[int(name) if name.isdigit() else name] or ""
        except IndexError:
            return ""

    return _GO_REFERENCE.sub(value, template)


class _Semver:
    def __init__(self, spec: Obj) -> None:
        self._range = spec.get("range", "")
        try:
            semver.parse_range(self._range)
        except ValueError as error:
            raise InvalidPolicy(f"invalid policy: {error}") from error

    def __call__(self, candidates: list[str]) -> str:
        found = semver.latest(candidates, self._range)
        if found is None:
            raise NoChoice(_NONE)
        return found


class _Alphabetical:
    def __init__(self, spec: Obj) -> None:
        self._choose = min if _order(spec) == "desc" else max

    def __call__(self, candidates: list[str]) -> str:
        return self._choose(candidates)


class _Numerical:
    def __init__(self, spec: Obj) -> None:
        self._choose = min if _order(spec) == "desc" else max

    def __call__(self, candidates: list[str]) -> str:
        return self._choose(candidates, key=_number)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise NoChoice(f"failed to parse invalid numeric value '{text}'") from None


def _order(spec: Obj) -> str:
    order = str(spec.get("order") or "asc").lower()
    if order not in ("asc", "desc"):
        raise InvalidPolicy(
            f"invalid policy: invalid order argument provided: '{order}', must be one of: asc, desc"
        )
    return order


Chooser = Callable[[list[str]], str]
_CHOOSERS: dict[str, Callable[[Obj], Chooser]] = {
    "semver": _Semver,
    "alphabetical": _Alphabetical,
    "numerical": _Numerical,
}


def _chooser(policy: Obj) -> Chooser:
    given = [name for name in _CHOOSERS if policy.get(name) is not None]
    if len(given) != 1:
        raise InvalidPolicy("invalid policy: given ImagePolicyChoice object is invalid")
    return _CHOOSERS[given[0]](policy[given[0]])

"""What is wrong with a field, in the words and order of Knative's ``apis.FieldError``; kpack has them too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?"
"""A DNS-1035 label."""

MAX_LABEL = 63
SUBDOMAIN = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
"""A DNS-1123 subdomain."""

MAX_SUBDOMAIN = 253
SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    f"'{SUBDOMAIN}')"
)
QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
"""The last part of a qualified name."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One rule that is broken.

    Attributes:
        message: what is wrong.
        paths: the fields it is wrong with; a path may start with an index as ``[0].name``.
        details: what else there is to say, on a line of its own.
    """

    message: str
    paths: tuple[str, ...] = ()
    details: str = ""

    def below(self, place: str) -> FieldError:
        """Return the error with paths that start at ``place``."""
        return replace(self, paths=tuple(_joined(place, path) for path in self.paths))


def below(place: str, errors: Iterable[FieldError]) -> list[FieldError]:
    """Return errors of a field's value with paths that start at that field."""
    return [error.below(place) for error in errors]


def missing(*paths: str) -> FieldError:
    """Return the error for fields that have to be set."""
    return FieldError("missing field(s)", paths)


def disallowed(*paths: str) -> FieldError:
    """Return the error for fields that may not be set."""
    return FieldError("must not set the field(s)", paths)


def invalid(value: object, path: str, details: str = "") -> FieldError:
    """Return the error for a value that the field cannot have."""
    return FieldError(f"invalid value: {value}", (path,), details)


def missing_one_of(*paths: str) -> FieldError:
    """Return the error for a choice that was not made."""
    return FieldError("expected exactly one, got neither", paths)


def several_of(*paths: str) -> FieldError:
    """Return the error for a choice that was made more than once."""
    return FieldError("expected exactly one, got both", paths)


def invalid_key(key: str, path: str, details: str = "") -> FieldError:
    """Return the error for a key that a map cannot have."""
    return FieldError(f'invalid key name "{key}"', (path,), details)


def out_of_bounds(value: object, lower: object, upper: object, path: str) -> FieldError:
    """Return the error for a number that is too small or too large."""
    return FieldError(f"expected {lower} <= {value} <= {upper}", (path,))


def label_faults(text: str) -> list[str]:
    """Return why a text is no DNS-1035 label, as Kubernetes words it; empty if it is one."""
    faults = []
    if len(text) > MAX_LABEL:
        faults.append(f"must be no more than {MAX_LABEL} characters")
    if not re.fullmatch(LABEL, text):
        faults.append(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
            "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
            f"regex used for validation is '{LABEL}')"
        )
    return faults


def subdomain_faults(text: str) -> list[str]:
    """Return why a text is no DNS-1123 subdomain, as Kubernetes words it; empty if it is one."""
    faults = [f"must be no more than {MAX_SUBDOMAIN} characters"] if len(text) > MAX_SUBDOMAIN else []
    return faults if re.fullmatch(SUBDOMAIN, text) else [*faults, SUBDOMAIN_RULE]


def qualified_faults(part: str, unit: str = "characters") -> list[str]:
    """Return why a text is no name part of a qualified name, as Kubernetes words it; newer ones in bytes."""
    faults = [f"name part must be no more than 63 {unit}"] if len(part) > MAX_LABEL else []
    if not re.fullmatch(QUALIFIED, part):
        faults.append(
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
            "an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
            f"validation is '{QUALIFIED}')"
        )
    return faults


def told(errors: Iterable[FieldError]) -> list[str]:
    """Return the text of each error, sorted; errors that differ by their paths alone are one."""
    paths: dict[tuple[str, str], set[str]] = {}
    for error in errors:
        # A key with a dot in it is no index there, and stands behind a dot.
        places = (re.sub(r"(?<=[^.])\[([^][]*\.[^][]*)\]", r".[\1]", path) for path in error.paths)
        paths.setdefault((error.message, error.details), set()).update(places)
    return [
        f"{message}: {', '.join(sorted(places))}" + (f"\n{details}" if details else "")
        for (message, details), places in sorted(paths.items())
    ]


def _joined(place: str, path: str) -> str:
    if not path:
        return place
    return f"{place}{path}" if path.startswith("[") else f"{place}.{path}"

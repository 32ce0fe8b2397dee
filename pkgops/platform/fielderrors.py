"""Validation errors with the messages and order of Knative's ``apis.FieldError``, which kpack uses too."""

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
    """One validation error.

    Attributes:
        message: the message.
        paths: the paths of the fields; a path may start with an index as ``[0].name``.
        details: the details, which are printed on a line of their own.
    """

    message: str
    paths: tuple[str, ...] = ()
    details: str = ""

    def below(self, place: str) -> FieldError:
        """Return the error with paths below a field (``FieldError.ViaField``)."""
        return replace(self, paths=tuple(_joined(place, path) for path in self.paths))


def below(place: str, errors: Iterable[FieldError]) -> list[FieldError]:
    """Return the errors of a field's value with paths below that field."""
    return [error.below(place) for error in errors]


def missing(*paths: str) -> FieldError:
    """Return the error of required fields that are not set."""
    return FieldError("missing field(s)", paths)


def disallowed(*paths: str) -> FieldError:
    """Return the error of fields that must not be set."""
    return FieldError("must not set the field(s)", paths)


def invalid(value: object, path: str, details: str = "") -> FieldError:
    """Return the error of a value that is not valid."""
    return FieldError(f"invalid value: {value}", (path,), details)


def missing_one_of(*paths: str) -> FieldError:
    """Return the error where none of several exclusive fields is set."""
    return FieldError("expected exactly one, got neither", paths)


def several_of(*paths: str) -> FieldError:
    """Return the error where more than one of several exclusive fields is set."""
    return FieldError("expected exactly one, got both", paths)


def invalid_key(key: str, path: str, details: str = "") -> FieldError:
    """Return the error of a map's key that is not valid."""
    return FieldError(f'invalid key name "{key}"', (path,), details)


def out_of_bounds(value: object, lower: object, upper: object, path: str) -> FieldError:
    """Return the error of a number that is too small or too large."""
    return FieldError(f"expected {lower} <= {value} <= {upper}", (path,))


def label_faults(text: str) -> list[str]:
    """Return Kubernetes' messages why a text is not a DNS-1035 label; empty if it is one."""
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
    """Return Kubernetes' messages why a text is not a DNS-1123 subdomain; empty if it is one."""
    faults = [f"must be no more than {MAX_SUBDOMAIN} characters"] if len(text) > MAX_SUBDOMAIN else []
    return faults if re.fullmatch(SUBDOMAIN, text) else [*faults, SUBDOMAIN_RULE]


def qualified_faults(part: str, unit: str = "characters") -> list[str]:
    """Return Kubernetes' messages why a text is not the name part of a qualified name; empty if it is one.

    Newer versions of Kubernetes have the unit ``bytes``.
    """
    faults = [f"name part must be no more than 63 {unit}"] if len(part) > MAX_LABEL else []
    if not re.fullmatch(QUALIFIED, part):
        faults.append(
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
            "an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
            f"validation is '{QUALIFIED}')"
        )
    return faults


def messages(errors: Iterable[FieldError]) -> list[str]:
    """Return the messages of errors, sorted; errors that differ by their paths alone are merged into one."""
    paths: dict[tuple[str, str], set[str]] = {}
    for error in errors:
        # A key with a dot in it is not printed as an index, but after a dot.
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

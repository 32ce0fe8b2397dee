"""Errors of registries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pkgops.errors import PkgopsError, PreflightError, StepFailed, UsageError


class BadReference(UsageError):
    """An image reference that does not parse. Exit 2."""

    slug = "image-reference"


class RegistryError(StepFailed):
    """A registry answered with an error.

    Attributes:
        status: the HTTP status; 0 when there was no response.
        codes: the error codes of the distribution API, for example ``("MANIFEST_UNKNOWN",)``.
        detail: the failure in one line, in the form of go-containerregistry.
    """

    slug = "registry"

    def __init__(self, detail: str, *, status: int = 0, codes: tuple[str, ...] = (), next: str = "") -> None:
        PkgopsError.__init__(self, detail, next=next)
        self.detail = detail
        self.status = status
        self.codes = codes


class NotFound(RegistryError):
    """The repository, tag, manifest or blob is not in the registry."""

    slug = "image-not-found"


class RegistryUnauthorized(RegistryError, PreflightError):
    """The registry refuses the credentials, or requires some (HTTP 401). Exit 3."""

    slug = "registry-unauthorized"
    exit_code = PreflightError.exit_code


class RegistryDenied(RegistryError, PreflightError):
    """The credentials are valid, but access is not granted (HTTP 403). Exit 3."""

    slug = "registry-denied"
    exit_code = PreflightError.exit_code


class RegistryUnreachable(RegistryError, PreflightError):
    """No response: a DNS, network or TLS error, or a timeout. Exit 3."""

    slug = "registry-unreachable"
    exit_code = PreflightError.exit_code


class BadContent(RegistryError):
    """The response does not have the requested digest, or does not parse."""

    slug = "registry-content"


_BY_STATUS: dict[int, tuple[type[RegistryError], str]] = {
    401: (RegistryUnauthorized, "check the user name and password for this registry"),
    403: (RegistryDenied, "request access to this repository, or use other credentials"),
    404: (NotFound, "check the name and the tag"),
}


def answer_error(method: str, url: str, status: int, body: bytes) -> RegistryError:
    """Return the error of an error response; its text is go-containerregistry's."""
    errors = _errors_of(body)
    codes = tuple(str(error.get("code", "")) for error in errors)
    text = "; ".join(_describe(error) for error in errors) or f"unexpected status code {status}"
    kind, next_step = _BY_STATUS.get(status, (RegistryError, ""))
    return kind(f"{method} {url}: {text}", status=status, codes=codes, next=next_step)


def _errors_of(body: bytes) -> list[Mapping[str, Any]]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return []
    errors = parsed.get("errors") if isinstance(parsed, dict) else None
    return [error for error in errors or [] if isinstance(error, dict)]


def _describe(error: Mapping[str, Any]) -> str:
    text = f"{error.get('code', 'UNKNOWN')}: {error.get('message', '')}"
    detail = error.get("detail")
    return f"{text}; {go_format(detail)}" if detail else text


def go_format(value: Any) -> str:
    """Return a JSON value the way Go's ``%v`` prints it (``map[name:demo/app]``)."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{go_format(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(go_format(item) for item in value) + "]"
    return str(value)

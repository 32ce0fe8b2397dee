"""The machine's settings for Go, in Go's own file: module proxies, and private modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pkgops.oci.layers import Member, regular

PLACE = "usr/local/go/go.env"
KEYS = ("GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB", "GOINSECURE", "GOVCS")


def settings(environ: Mapping[str, str], home: Path, goroot: Path) -> Iterator[Member]:
    """Yield the toolchain's settings: its own, overridden by the user's."""
    own = goroot / "go.env"
    base = own.read_text() if own.is_file() else ""
    yield regular(PLACE, go_env(base, persons(environ, home)).encode())


def persons(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Return the user's module settings, of ``go env -w`` or of the environment, which takes precedence.

    A proxy in a folder is left out: it is not in a pod.
    """
    folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    file = Path(environ.get("GOENV") or folder / "go/env")
    variables = _parsed(file.read_text().splitlines()) if file.is_file() else {}
    variables |= {key: environ[key] for key in KEYS if environ.get(key)}
    return {key: value for key, value in variables.items() if key in KEYS and "file:" not in value}


def go_env(base: str, over: Mapping[str, str]) -> str:
    """Return the text of a ``go.env`` with its values overridden. Pure."""
    values = _parsed(base.splitlines()) | dict(over)
    return "".join(f"{key}={value}\n" for key, value in values.items())


def _parsed(lines: Iterable[str]) -> dict[str, str]:
    pairs = (line.strip().partition("=")[::2] for line in lines if not line.lstrip().startswith("#"))
    return {key: value for key, value in pairs if key}

"""What all phases share: exit codes, flags in Go's form, one error boundary, credentials."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from pkgops.errors import PkgopsError

if TYPE_CHECKING:
    from pkgops.oci.client import RegistryClient

TERMINATION_LOG = Path("/dev/termination-log")


class Code(IntEnum):
    """Exit codes of the platform specification, as buildpacks/lifecycle uses them."""

    FAILED = 1
    BUILDPACK_API = 12
    NO_GROUP = 20
    NO_GROUP_WITH_ERRORS = 21
    DETECT = 22
    ANALYZE = 32
    RESTORE = 42
    BUILDPACK = 51
    BUILD = 52
    EXPORT = 62
    REBASE = 72


class PhaseError(PkgopsError):
    """An error that ends a phase, with its exit code."""

    slug = "build-phase"

    def __init__(self, what: str, code: int, *, verb: str = "") -> None:
        super().__init__(what)
        self.code, self.verb = code, verb


def run(verb: str, code: int, body: Callable[[], None]) -> int:
    """Run a phase; a failure is printed as lifecycle does, and its exit code returned.

    Args:
        verb: for ``ERROR: failed to <verb>: ...``.
        code: for failures without an exit code of their own.
        body: the phase.
    """
    try:
        body()
    except PhaseError as error:
        return _failed(error.verb or verb, str(error), error.code)
    except PkgopsError as error:
        return _failed(verb, f"{error.what}{': ' if error.why else ''}{error.why}", code)
    except OSError as error:
        return _failed(verb, str(error), code)
    return 0


def _failed(verb: str, text: str, code: int) -> int:
    sys.stdout.flush()
    line = f"ERROR: failed to {verb}{': ' if text else ''}{text}"
    print(line, file=sys.stderr)
    if TERMINATION_LOG.exists():
        # The controller puts this and the last line of the log into the Build's message.
        with contextlib.suppress(OSError):
            TERMINATION_LOG.write_text(f"exit code {code}:")
    return int(code)


def parse(argv: Sequence[str] | None, *names: str, many: str = "") -> argparse.Namespace:
    """Read flags written ``-name=value``; unknown ones are ignored, as other versions may pass them.

    Args:
        argv: the arguments; None for the program's own.
        names: the supported flags; absent ones are empty.
        many: the name of the positional arguments.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in names:
        parser.add_argument(f"-{name}", default="", dest=name.replace("-", "_"))
    if many:
        parser.add_argument(many, nargs="*")
    return parser.parse_known_args(argv)[0]


def registry_client() -> RegistryClient:
    """Return a client with the credentials that ``prepare`` wrote into the home folder."""
    # Imported late: only some phases access a registry, and each is a process of its own.
    from pkgops.oci.auth import DockerConfig
    from pkgops.oci.client import RegistryClient

    return RegistryClient(DockerConfig.load())


def read_text(path: Path, otherwise: str = "") -> str:
    """Return a file's text, or ``otherwise`` where there is no file."""
    return path.read_text() if path.is_file() else otherwise

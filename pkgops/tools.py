"""The one module that runs outside programs: argv, environment, deadline, the end of stderr.

It runs what it is told and never decides what to run next. The library behind it is imported on
first use, because importing it takes longer than many of the programs.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol

from pkgops.errors import DeadlineError, PkgopsError, PreflightError

STDERR_LINES = 15
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class HasFileno(Protocol):
    """An open file or socket."""

    def fileno(self) -> int:
        """Return its number."""


class ToolFailed(PkgopsError):
    """An outside program ended with a status that the caller did not expect.

    Attributes:
        status: the exit status; negative for a signal.
        stderr: what it wrote to stderr (or stdout, where stderr was empty), whole.
    """

    slug = "tool-failed"

    def __init__(self, argv: Sequence[str], status: int, stderr: str) -> None:
        self.status = status
        self.stderr = stderr
        super().__init__(f"{Path(argv[0]).name} ended with status {status}", why=tail(stderr))


class ToolMissing(PreflightError):
    """A program that is needed is not on this machine."""

    slug = "tool-missing"


@dataclass(frozen=True)
class Result:
    """What a program wrote."""

    stdout: str
    stderr: str
    status: int = 0


def tail(text: str, count: int = STDERR_LINES) -> str:
    """Return the last lines of a text that are not blank."""
    return "\n".join([line for line in text.splitlines() if line.strip()][-count:])


def find(name: str) -> Path | None:
    """Return the program's path, looking also where root's programs are kept, or None."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")
    return Path(path) if path else None


def require(name: str) -> Path:
    """Return the program's path.

    Raises:
        ToolMissing: it is not on this machine.
    """
    path = find(name)
    if path is None:
        raise ToolMissing(f"{name} is not installed", next=f"install {name} and run the command again")
    return path


def run(
    *argv: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
    deadline: float = 60.0,
    ok: Iterable[int] = (0,),
    shown: bool = False,
) -> Result:
    """Run a program to its end.

    Args:
        argv: the program (a name or a path) and its arguments; never a secret.
        env: the whole environment; None inherits this process's.
        cwd: where to run it.
        stdin: text, or an open file; None means an empty one.
        stdout: an open file to write to instead of returning what was written.
        deadline: seconds until it is killed.
        ok: exit statuses that are answers, not failures.
        shown: let the person see what it writes to stderr, instead of keeping it.

    Raises:
        ToolMissing: there is no such program.
        ToolFailed: it ended with another status.
        DeadlineError: it did not end in time.
    """
    import sh

    options: dict[str, Any] = {"_ok_code": list(ok), "_in": b"" if stdin is None else stdin}
    if stdout is not None:
        options["_out"] = stdout
    if shown:
        options["_err"] = sys.stderr
    try:
        done = _finish(argv, _command(argv, env, cwd, **options), deadline)
    except sh.ErrorReturnCode as error:
        raise ToolFailed(argv, error.exit_code, _text(error.stderr) or _text(error.stdout)) from None
    out = "" if stdout is not None else _text(done.stdout)
    return Result(out, _text(done.stderr), done.exit_code)


def follow(
    *argv: str,
    on_line: Callable[[str], None],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    deadline: float = 3600.0,
) -> None:
    """Run a program to its end and hand over each line of its output (stderr among it) at once.

    Raises:
        ToolMissing: there is no such program.
        ToolFailed: it ended with a status other than 0; carries its last lines.
        DeadlineError: it did not end in time.
    """
    import sh

    lines: list[str] = []

    def take(line: str) -> None:
        lines.append(line.rstrip("\n"))
        del lines[:-200]
        on_line(lines[-1])

    try:
        started = _command(argv, env, cwd, _out=take, _err_to_out=True, _in=b"")
        _finish(argv, started, deadline)
    except sh.ErrorReturnCode as error:
        raise ToolFailed(argv, error.exit_code, "\n".join(lines)) from None


def spawn(
    argv: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    keep: Iterable[HasFileno] = (),
) -> int:
    """Start a program that outlives this process, in a session of its own, and return its id.

    Args:
        argv: the program and its arguments.
        log: the file that its output is appended to.
        env: the whole environment; None inherits this process's.
        cwd: where to run it.
        keep: open files or sockets that the program inherits under the same numbers.

    Raises:
        ToolMissing: there is no such program.
    """
    passed = {item.fileno() for item in keep}
    for number in passed:
        os.set_inheritable(number, True)
    options: dict[str, Any] = {"_pass_fds": passed} if passed else {}
    with log.open("ab") as sink:
        started = _command(
            argv, env, cwd or Path("/"), _bg=True, _bg_exc=False, _new_session=True,
            _in=b"", _out=sink, _err=sink, **options,
        )  # fmt: skip
    return int(started.pid)


def become(*argv: str) -> NoReturn:
    """Let a program take this process's place: its terminal, its signals, its exit status.

    Raises:
        ToolMissing: there is no such program.
    """
    program = require(argv[0])
    sys.stdout.flush()
    os.execv(program, [program.name, *argv[1:]])  # noqa: S606 no shell is wanted


def _command(argv: Sequence[str], env: Mapping[str, str] | None, cwd: Path | None, **options: Any) -> Any:
    import sh

    if cwd is not None:
        options["_cwd"] = str(cwd)
    program = sh.Command(str(require(argv[0])))
    return program(
        *argv[1:],
        _env=dict(env) if env is not None else None,
        _tty_out=False,
        _return_cmd=True,
        _bg=options.pop("_bg", True),
        _bg_exc=options.pop("_bg_exc", False),
        **options,
    )


def _finish(argv: Sequence[str], started: Any, deadline: float) -> Any:
    """Wait for the end. The library's own time limit would look at the clock every tenth of a second."""
    import sh

    late = threading.Event()

    def kill() -> None:
        late.set()
        started.process.kill()

    timer = threading.Timer(deadline, kill)
    timer.daemon = True
    timer.start()
    try:
        started.wait()
    except sh.ErrorReturnCode:
        if late.is_set():
            seconds = f"{deadline:g} s"
            raise DeadlineError(f"{argv[0]} did not end within {seconds}", slug="tool-deadline") from None
        raise
    except BaseException:
        started.process.kill()
        raise
    finally:
        timer.cancel()
    return started


def _text(data: bytes | str) -> str:
    return data.decode(errors="replace") if isinstance(data, bytes) else data

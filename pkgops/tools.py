"""Running of external programs, with arguments, environment and deadline; errors contain the last lines of
stderr.

No other module starts programs. ``sh`` starts those whose lines are passed on and those that outlive this
process. It forks, which takes 50 ms where this process has 500 MB; ``subprocess`` starts the many programs
that only run to their end in 1 ms. ``sh`` is imported on first use: that takes longer than many programs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol

from pkgops.errors import DeadlineError, PkgopsError, PreflightError
from pkgops.pipes import PipeReader

STDERR_LINES = 15
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class HasFileno(Protocol):
    """An open file or socket."""

    def fileno(self) -> int:
        """Return its file descriptor."""


class ToolFailed(PkgopsError):
    """An external program ended with an exit status that the caller does not accept.

    Attributes:
        status: the exit status; negative for a signal.
        stderr: all that it wrote to stderr (or stdout, where stderr was empty).
    """

    slug = "tool-failed"

    def __init__(self, argv: Sequence[str], status: int, stderr: str) -> None:
        self.status = status
        self.stderr = stderr
        super().__init__(f"{Path(argv[0]).name} ended with status {status}", why=tail(stderr))


class ToolMissing(PreflightError):
    """A required program is not installed on this machine."""

    slug = "tool-missing"


@dataclass(frozen=True)
class Result:
    """The output and the exit status of a program."""

    stdout: str
    stderr: str
    status: int = 0


def tail(text: str, count: int = STDERR_LINES) -> str:
    """Return the last lines of a text, without blank ones."""
    return "\n".join([line for line in text.splitlines() if line.strip()][-count:])


def find(name: str) -> Path | None:
    """Return the program's path, also from the folders of root's programs; None where it is not installed."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")
    return Path(path) if path else None


def require(name: str) -> Path:
    """Return the program's path.

    Raises:
        ToolMissing: it is not installed.
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
    """Run a program to its end and return its output.

    Args:
        argv: the program (a name or a path) and its arguments; never a secret.
        env: the whole environment; None inherits this process's.
        cwd: the working directory.
        stdin: text, or an open file; None means an empty one.
        stdout: an open file to write to instead of returning what was written.
        deadline: seconds until it is killed.
        ok: exit statuses that are not failures.
        shown: pass stderr through to this process's stderr, instead of returning it.

    Raises:
        ToolMissing: there is no such program.
        ToolFailed: it ended with a status that is not in ``ok``.
        DeadlineError: it did not end in time.
    """
    given = stdin.encode() if isinstance(stdin, str) else b""
    try:
        process = subprocess.Popen(
            [str(require(argv[0])), *argv[1:]],
            env=env,
            cwd=cwd,
            stdin=subprocess.PIPE if stdin is None or isinstance(stdin, str) else stdin,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=None if shown else subprocess.PIPE,
        )
    except OSError as error:
        raise ToolFailed(argv, 126, f"cannot be run: {error.strerror}") from None
    out, err = PipeReader(process.stdout), PipeReader(process.stderr)

    def wait() -> None:
        if process.stdin is not None:
            with suppress(BrokenPipeError), process.stdin as sink:
                sink.write(given)
        process.wait()

    _wait(argv[0], wait, process.kill, deadline)
    done = Result(out.text(), err.text(), process.returncode)
    if done.status not in ok:
        raise ToolFailed(argv, done.status, done.stderr or done.stdout)
    return done


def follow(
    *argv: str,
    on_line: Callable[[str], None],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    deadline: float = 3600.0,
) -> None:
    """Run a program to its end and pass each line of its output (stdout and stderr) to ``on_line`` at once.

    Raises:
        ToolMissing: there is no such program.
        ToolFailed: it ended with a status other than 0; contains its last lines.
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
        _wait(argv[0], started.wait, started.process.kill, deadline)
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
        log: the file to which its output is appended.
        env: the whole environment; None inherits this process's.
        cwd: the working directory.
        keep: open files or sockets that the program inherits with the same file descriptors.

    Raises:
        ToolMissing: there is no such program.
    """
    passed = {item.fileno() for item in keep}
    for number in passed:
        os.set_inheritable(number, True)
    options: dict[str, Any] = {"_pass_fds": passed} if passed else {}
    with log.open("ab") as sink:
        options |= {"_new_session": True, "_in": b"", "_out": sink, "_err": sink}
        started = _command(argv, env, cwd or Path("/"), **options)
    return int(started.pid)


def become(*argv: str) -> NoReturn:
    """Replace this process by a program (exec), which inherits its terminal and process id.

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
    options |= {"_tty_out": False, "_return_cmd": True, "_bg": True, "_bg_exc": False}
    program = sh.Command(str(require(argv[0])))
    return program(*argv[1:], _env=dict(env) if env is not None else None, **options)


def _wait(name: str, wait: Callable[[], object], kill: Callable[[], object], deadline: float) -> None:
    """Wait for the end of a program. The libraries' own time limits would poll ten times a second."""
    late = threading.Event()

    def end() -> None:
        late.set()
        kill()

    timer = threading.Timer(deadline, end)
    timer.daemon = True
    timer.start()
    try:
        wait()
    except BaseException:
        with suppress(ProcessLookupError):
            kill()
        if not late.is_set():
            raise
    finally:
        timer.cancel()
    if late.is_set():
        raise DeadlineError(f"{name} did not end within {deadline:g} s", slug="tool-deadline")

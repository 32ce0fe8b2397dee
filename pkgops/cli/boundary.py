"""The one error boundary: every way a command can end becomes an exit code and a message."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pkgops import commandline
from pkgops.cli import nextstep
from pkgops.errors import Exit, Interrupted, PkgopsError, UsageError

if TYPE_CHECKING:
    import typer
    from typer.exceptions import TyperException

PROGRAM = "pkgops"
COMPLETE_VARIABLE = "_PKGOPS_COMPLETE"
AGAIN_SECONDS = 0.05


def wants_json(argv: Sequence[str]) -> bool:
    """Return whether ``argv`` requests JSON; also where the arguments cannot be parsed."""
    pairs = zip(argv, [*argv[1:], ""], strict=False)
    joined = {"-ojson", "-o=json", "--output=json"}
    return any(one in joined or (one in {"-o", "--output"} and two == "json") for one, two in pairs)


def run(app: typer.Typer, argv: Sequence[str]) -> int:
    """Run ``app`` with ``argv``, report whatever goes wrong, and return the exit code."""
    return guard(lambda: _invoke(app, argv), argv)


def guard(action: Callable[[], int], argv: Sequence[str]) -> int:
    """Run ``action``, report whatever goes wrong, and return the exit code."""
    _never_fail_to_print()
    # A supervisor's SIGTERM ends like Ctrl-C: the same clean-up, the same message.
    signal.signal(signal.SIGTERM, _interrupt)
    sys.unraisablehook = _once_more
    with commandline.running(lambda step: nextstep.other(step, argv)):
        return _guarded(action, argv)


def _guarded(action: Callable[[], int], argv: Sequence[str]) -> int:
    try:
        code = action()
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _report(_interrupted(), argv)
    except PkgopsError as error:
        return _report(error, argv)
    except BrokenPipeError:
        _leave_stdout()
        return Exit.DONE
    except Exception as bug:
        return _report_bug(bug, argv)


def _invoke(app: typer.Typer, argv: Sequence[str]) -> int:
    import typer
    from typer.exceptions import TyperException

    command = typer.main.get_command(app)
    try:
        code = command.main(
            list(argv), prog_name=PROGRAM, complete_var=COMPLETE_VARIABLE, standalone_mode=False
        )
    except typer.Abort as aborted:
        raise _interrupted() from aborted
    except TyperException as error:
        return _usage(error, _named(command, argv), argv)
    if code == Exit.INTERRUPTED:
        # typer turns Ctrl-C into this exit code and swallows the exception.
        raise _interrupted()
    return int(code or Exit.DONE)


def _named(command: Any, argv: Sequence[str]) -> str:
    """Return the arguments of ``argv`` that are the command's name, without the program's."""
    import typer

    words = [PROGRAM]
    context = typer.Context(command)
    for word in argv:
        # The first word that is not one of a group's commands ends the name.
        if word.startswith("-") or not hasattr(command, "list_commands"):
            continue
        if word not in command.list_commands(context):
            break
        command = command.get_command(context, word)
        words.append(word)
    return " ".join(words)


def _usage(error: TyperException, named: str, argv: Sequence[str]) -> int:
    """Report what the argument parser refused, in the form of every other error."""
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message())
        return Exit.DONE
    context = getattr(error, "ctx", None)
    # The parser does not report which command's option has no value.
    path = context.command_path if context is not None else named
    return _report(UsageError(error.format_message(), next=f"{path} --help"), argv)


def _never_fail_to_print() -> None:
    """Print a question mark for what the terminal's encoding lacks; texts of clusters may be anything."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _interrupt(signum: int, frame: object) -> None:
    del signum, frame
    raise KeyboardInterrupt


def _once_more(ignored: sys.UnraisableHookArgs) -> None:
    """Repeat an interrupt that arrived inside of a callback (of an import, for example).

    Python only prints an exception there, and the command would continue.
    """
    if not issubclass(ignored.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(ignored)
        return
    signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)


def _interrupted() -> Interrupted:
    return Interrupted(
        "interrupted",
        why="The cluster continues with what was applied.",
        next="the same command continues where it stopped",
    )


def _report(error: PkgopsError, argv: Sequence[str]) -> int:
    from pkgops.view import errors as view

    error.next = commandline.another(error.next)
    view.show(error, as_json=wants_json(argv))
    return int(error.exit_code)


def _report_bug(bug: Exception, argv: Sequence[str]) -> int:
    from pathlib import Path

    from pkgops.cli import bugreport
    from pkgops.view import errors as view

    report = bugreport.write(bug, argv, folder=Path(os.environ.get("TMPDIR", "/tmp")))  # noqa: S108
    view.show_bug(bug, report, as_json=wants_json(argv))
    return Exit.BUG


def _leave_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush cannot fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

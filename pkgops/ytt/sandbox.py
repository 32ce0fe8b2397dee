"""Rendering in a child process, so that templates that eat memory or hang cannot harm this one."""

from __future__ import annotations

import contextlib
import gc
import marshal
import math
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pkgops.ytt.errors import YttError, YttLimitError

T = TypeVar("T")
_GRACE = 2.0
_GC_THRESHOLD = 100_000


class ChildError(Exception):
    """The child raised an error that no template caused; the note contains its traceback."""


def isolated(function: Callable[[], T], *, memory_mib: int, seconds: float | None) -> T:
    """Run a function in a child process and return what it returns.

    The child is a fork of this process: it must not be called while other threads run.

    Args:
        function: what to run; its result consists of strings, numbers, lists, tuples and dictionaries.
        memory_mib: how much more memory than now the child may use, in MiB.
        seconds: of CPU, after which the child is killed, with some grace for its own limit; None for never.

    Raises:
        YttError: the function raised it.
        YttLimitError: the child used too much memory or time.
        ChildError: the function raised anything else.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _serve(function, writing, memory_mib, seconds)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            data = pipe.read()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
    if not data:
        raise YttLimitError(_why_silent(os.waitstatus_to_exitcode(status), memory_mib, seconds))
    result: T = _result(data, memory_mib)
    return result


def _serve(function: Callable[[], Any], writing: int, memory_mib: int, seconds: float | None) -> NoReturn:
    """Run in the child; never returns."""
    # Trees have no cycles, so frequent garbage collection is useless; memory is limited anyway.
    gc.set_threshold(_GC_THRESHOLD)
    try:
        _limit_memory(memory_mib)
        if seconds is not None:
            _limit_time(seconds + _GRACE)
        answer = _answer(function)
        sys.stderr.flush()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer)
    finally:
        os._exit(0)


def _answer(function: Callable[[], Any]) -> bytes:
    try:
        return marshal.dumps(("result", function()))
    except YttLimitError as error:
        return marshal.dumps(("limit", error.text))
    except YttError as error:
        return marshal.dumps(("error", error.text))
    except MemoryError:
        return marshal.dumps(("memory", ""))
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        return marshal.dumps(("unexpected", (message, "".join(traceback.format_exception(error)))))


def _limit_memory(memory_mib: int) -> None:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limit = pages * resource.getpagesize() + memory_mib * (1 << 20)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _limit_time(seconds: float) -> None:
    """Set the kernel's limit of CPU time of this process; other processes do not count."""
    limit = math.ceil(seconds)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def _why_silent(code: int, memory_mib: int, seconds: float | None) -> str:
    """Return the reason for the end of a child without a result."""
    if code == -signal.SIGXCPU and seconds is not None:
        return f"stopped because it took more than {seconds:g} seconds"
    if code == -signal.SIGKILL:
        return "stopped by SIGKILL from outside, as the kernel sends it when the machine has no memory left"
    if code < 0:
        return f"stopped by {signal.Signals(-code).name}: the renderer crashed"
    return f"stopped because it needed more than {memory_mib} MiB of memory"


def _result(data: bytes, memory_mib: int) -> Any:
    kind, value = marshal.loads(data)  # noqa: S302 - written by our own child
    if kind == "result":
        return value
    if kind == "unexpected":
        message, trace = value
        error = ChildError(message)
        error.add_note(trace)
        raise error
    if kind == "memory":
        raise YttLimitError(f"stopped because it needed more than {memory_mib} MiB of memory")
    raise (YttLimitError if kind == "limit" else YttError)(value)

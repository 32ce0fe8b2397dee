"""Rendering in a child process, so that templates that eat memory or hang cannot harm this one."""

from __future__ import annotations

import contextlib
import marshal
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pkgops.ytt.errors import YttError, YttLimitError

T = TypeVar("T")
_GRACE = 2.0
_CHUNK = 1 << 16


def isolated(function: Callable[[], T], *, memory_mib: int, seconds: float | None) -> T:
    """Run a function in a child process and return what it returns.

    The child is a fork of this process: it must not be called while other threads run.

    Args:
        function: what to run; its result consists of strings, numbers, lists, tuples and dictionaries.
        memory_mib: how much more memory than now the child may use, in MiB.
        seconds: when the child is killed, with some grace for its own limit; None for never.

    Raises:
        YttError: the function raised it.
        YttLimitError: the child used too much memory or time.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _serve(function, writing, memory_mib)
    os.close(writing)
    try:
        data = _read(reading, None if seconds is None else time.monotonic() + seconds + _GRACE)
    except TimeoutError:
        raise YttLimitError(f"stopped because it took more than {seconds:g} seconds") from None
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    result: T = _result(data, memory_mib)
    return result


def _serve(function: Callable[[], Any], writing: int, memory_mib: int) -> NoReturn:
    """Run in the child; never returns."""
    try:
        _limit_memory(memory_mib)
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


def _limit_memory(memory_mib: int) -> None:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limit = pages * resource.getpagesize() + memory_mib * (1 << 20)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _read(reading: int, deadline: float | None) -> bytes:
    chunks: list[bytes] = []
    while True:
        left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
        ready, _, _ = select.select([reading], [], [], left)
        if not ready:
            raise TimeoutError
        chunk = os.read(reading, _CHUNK)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


def _result(data: bytes, memory_mib: int) -> Any:
    if not data:
        raise YttLimitError(f"stopped because it needed more than {memory_mib} MiB of memory, or crashed")
    kind, value = marshal.loads(data)  # noqa: S302 - written by our own child
    if kind == "result":
        return value
    if kind == "memory":
        raise YttLimitError(f"stopped because it needed more than {memory_mib} MiB of memory")
    raise (YttLimitError if kind == "limit" else YttError)(value)

"""Adjusting of suggested commands: never the running command itself, and kubectl with the cluster's context.

For errors the boundary of the command line calls it. Causes and checks are shown by commands that do not fail
with them, so the code that writes their next command calls it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

Other = Callable[[str], str]
"""Returns a step, or another one where the step is the running command."""

_KUBECTL = re.compile(r"(?<!local )\bkubectl (?=[a-z])")


class _Running:
    """The running command: what to suggest instead of it, and how kubectl is called, by environment."""

    def __init__(self, other: Other) -> None:
        self.other = other
        self.kubectl: Mapping[str, str] = {}


# Not a context variable: threads write causes too. A process runs one command.
_running: list[_Running] = []


@contextmanager
def running(other: Other) -> Iterator[None]:
    """Set what to suggest instead of the command that runs within."""
    _running.append(_Running(other))
    try:
        yield
    finally:
        _running.pop()


def works_on(kubectl: Mapping[str, str]) -> None:
    """Set how kubectl is called for the cluster of each environment (``kubectl --context team``).

    Args:
        kubectl: by the name of an environment; with an empty name for the workload's cluster.
    """
    if _running:
        _running[-1].kubectl = dict(kubectl)


def another(step: str, environment: str = "") -> str:
    """Return a step with an environment's kubectl, or another step where it is the running command."""
    if not _running:
        return step
    known = _running[-1].kubectl
    called = known.get(environment) or known.get("") or "kubectl"
    return _KUBECTL.sub(lambda _: f"{called} ", _running[-1].other(step))

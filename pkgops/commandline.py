"""How a next command is worded: never the command that runs, and kubectl for the cluster that it works on.

Errors pass the boundary of the command line, which sees to that. Causes and checks are shown by commands that
do not fail of them, so that whoever words their next command asks here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

Other = Callable[[str], str]
"""Returns a step, or another where it is the command that runs."""

_KUBECTL = re.compile(r"(?<!local )\bkubectl (?=[a-z])")


class _Running:
    """The command that runs: what to name instead of it, and how kubectl is called, by environment."""

    def __init__(self, other: Other) -> None:
        self.other = other
        self.kubectl: Mapping[str, str] = {}


# Not a context variable: causes are worded in threads too. A process runs one command.
_running: list[_Running] = []


@contextmanager
def running(other: Other) -> Iterator[None]:
    """Say what to name instead of the command that runs within."""
    _running.append(_Running(other))
    try:
        yield
    finally:
        _running.pop()


def works_on(kubectl: Mapping[str, str]) -> None:
    """Say how kubectl is called for the cluster of each environment (``kubectl --context team``).

    Args:
        kubectl: by the name of an environment; with an empty name for the workload's cluster.
    """
    if _running:
        _running[-1].kubectl = dict(kubectl)


def another(step: str, environment: str = "") -> str:
    """Return a step as it works on an environment's cluster, or another where it is the command that runs."""
    if not _running:
        return step
    known = _running[-1].kubectl
    called = known.get(environment) or known.get("") or "kubectl"
    return _KUBECTL.sub(lambda _: f"{called} ", _running[-1].other(step))

"""One part of the local cluster: a process, what it needs, and how to check that it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process of the cluster.

    Attributes:
        name: what people and logs call it.
        argv: its command line, without the words that enter the network.
        files: what it reads once at its start; a change of these means a new start.
        needs: the parts that must answer before it is started.
        answers: returns whether it does its work now, given the seconds that the answer may take.
        grace: seconds to end by itself after SIGTERM.
        loopback_port: a port of the machine's own loopback, which cannot be reached from inside the
            instance's network: a socket that listens there is handed over, its number is in the
            variable ``PKGOPS_GATEWAY_FD``. 0 for none.
    """

    name: str
    argv: tuple[str, ...]
    files: tuple[Path, ...]
    needs: tuple[str, ...]
    answers: Callable[[float], bool]
    grace: float = 10.0
    loopback_port: int = 0

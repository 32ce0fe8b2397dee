"""One part of the local cluster: a process, what it needs, and how to check that it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process of the cluster.

    Attributes:
        name: its name in messages and logs.
        argv: its command line, without the prefix that enters the network.
        files: files that it reads once at its start; after a change of these it is restarted.
        needs: the parts that must answer before it is started.
        restarts_with: the parts after whose new start it is restarted.
        answers: returns whether it works now; its argument is how many seconds the answer may take.
        grace: seconds to end by itself after SIGTERM.
        loopback_port: a port of the machine's own loopback, which cannot be reached from inside the
            instance's network: a listening socket is inherited, its number is in the
            variable ``PKGOPS_GATEWAY_FD``. 0 for none.
    """

    name: str
    argv: tuple[str, ...]
    files: tuple[Path, ...]
    needs: tuple[str, ...]
    answers: Callable[[float], bool]
    grace: float = 10.0
    loopback_port: int = 0
    restarts_with: tuple[str, ...] = ()

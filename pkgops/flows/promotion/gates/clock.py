"""The time by the clock of a cluster, by which its objects are dated; this machine's clock may differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pkgops.flows.ports import Ports
from pkgops.kube import Client

NOTICED = timedelta(minutes=1)
"""The clock of an API server is read to the second, over a network; a smaller difference is ignored."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time, and a note about the clock that it is from; empty where both clocks agree."""

    now: datetime
    note: str = ""


def of(client: Client, ports: Ports) -> Clock:
    """Return the time of an API server; where it returns none, that of this machine.

    Raises:
        Unreachable: it does not answer.
    """
    there = client.time()
    here = ports.now()
    if there is None:
        return Clock(here, f"by the clock of this machine, since {client.name} has no time")
    off = here - there
    if abs(off) < NOTICED:
        return Clock(there)
    way = "ahead" if off > timedelta(0) else "behind"
    return Clock(there, f"by the clock of {client.name}; this machine's is {lasting(abs(off))} {way}")


def lasting(span: timedelta) -> str:
    """Return a duration as text: ``45s``, ``12m``, ``1h30m``, ``2d4h``."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return f"{seconds}s"
    minutes, hours, days = seconds // 60 % 60, seconds // 3600 % 24, seconds // 86400
    units = [(days, "d"), (hours, "h"), (minutes, "m")]
    parts = [f"{count}{unit}" for count, unit in units if count]
    return "".join(parts[:2])

"""Where an application that does not answer listens instead, as far as its own log says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pkgops.errors import PkgopsError
from pkgops.flows import probe
from pkgops.flows.clusters import Clusters
from pkgops.flows.shown_port import RESERVED
from pkgops.model import Blockage, CauseCode, Evidence, ObjectRef, Snapshot
from pkgops.readiness import containers
from pkgops.values import Value, replace

LINES = 200
"""How much of the end of a log is read: servers say where they listen when they start."""
AGAIN = timedelta(seconds=5)
"""A log that does not say it is read again after so long."""
SHOWN = 120
"""How many characters of a line are shown."""
PORTS = range(1, 2**16)
LOOPBACK = ("127.", "localhost", "[::1]")

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TIME = re.compile(r"(?<![\d.])\d{1,2}:\d{2}:\d{2}|(?<![\w.\]])\d{1,2}:\d{2}(?![\d.])")
_SAYS = re.compile(r"\b(listen(s|ing)?|serving|running|start(ed|ing)|bound|local)\b", re.IGNORECASE)
_OF_OTHERS = re.compile(r"\b(connect\w*|database|postgres\w*|mysql|redis|kafka|proxy\w*)\b", re.IGNORECASE)
_PORT = re.compile(
    r"(?:(?P<host>[\w.*-]*|\[[0-9a-f:]*\]):|\bport(?:\(s\))?[\s:=]+)(?P<port>\d{2,5})\b(?![.:]?\w)"
)


class Listening(Value):
    """A line of a log that says where an application listens; ``loopback``: only its own pod reaches it."""

    port: int
    loopback: bool
    line: str


def listening(lines: Iterable[str]) -> list[Listening]:
    """Return the lines of a log that say where its application listens. Pure."""
    found = []
    for text in lines:
        line = _COLOUR.sub("", text).strip()
        bare = _TIME.sub("", line)
        match = _PORT.search(bare) if _SAYS.search(bare) and not _OF_OTHERS.search(bare) else None
        if match and int(match["port"]) in PORTS:
            loopback = (match["host"] or "").startswith(LOOPBACK)
            found.append(Listening(int(match["port"]), loopback, line[:SHOWN]))
    return found


def elsewhere(found: Sequence[Listening], port: int) -> Listening | None:
    """Return what a log says last of where an application listens; None where that is its port. Pure."""
    if any(one.port == port and not one.loopback for one in found):
        return None
    return found[-1] if found else None


def sentence(pod: ObjectRef, port: int, found: Listening) -> str:
    """Return what is wrong, and what to set. Pure."""
    asked = f'{pod} runs, and nothing answers on its port {port}: its log says "{found.line}"'
    if found.port == port:
        return f"{asked}; let it listen on 0.0.0.0, for others reach it too"
    if found.loopback:
        return f"{asked}; let it listen on 0.0.0.0, for others reach it too, and on the port in PORT"
    if found.port in RESERVED:
        return f"{asked}; let it listen on the port in PORT, for Knative keeps {found.port} for itself"
    return f"{asked}; set workload.containerPort to {found.port}, or let it listen on the port in PORT"


def explained(clusters: Clusters, cause: Blockage) -> Blockage:
    """Return the cause of an application that does not answer with what its log says of where it listens.

    Unchanged where it is another cause, where the log names no other place, and where it cannot be read.
    """
    ref = cause.object
    if cause.code is not CauseCode.NOT_ANSWERING or ref is None or ref.kind != "Pod":
        return cause
    try:
        client = clusters.of_namespace(ref.namespace)
        pod = client.find("v1", "Pod", ref.name, ref.namespace)
        if pod is None:
            return cause
        lines = list(client.logs(ref.namespace, ref.name, containers.serving_name(pod), tail=LINES))
    except PkgopsError:
        return cause
    port = probe.serving_port(pod)
    found = elsewhere(listening(lines), port)
    if found is None:
        return cause
    evidence = (*cause.evidence, Evidence("log", ref, found.line))
    return replace(cause, cause=sentence(ref, port, found), evidence=evidence)


class OtherPorts:
    """Explains the applications of a run that do not answer; reads their logs no more often than it must."""

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters
        self._known: dict[str, tuple[Blockage | None, datetime]] = {}

    def step(self, snapshot: Snapshot) -> Snapshot:
        """Take a Snapshot; return it with what logs say of the applications that do not answer."""
        causes = tuple(self._explained(one, snapshot.taken_at) for one in snapshot.blockages)
        return replace(snapshot, blockages=causes)

    def _explained(self, cause: Blockage, now: datetime) -> Blockage:
        if cause.code is not CauseCode.NOT_ANSWERING:
            return cause
        told, read = self._known.get(str(cause.object), (None, None))
        if told is None and (read is None or now - read >= AGAIN):
            after = explained(self._clusters, cause)
            told = after if after != cause else None
            self._known[str(cause.object)] = told, now
        return told or cause

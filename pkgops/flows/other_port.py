"""The port on which an application that does not answer listens: from its log, or by requests to its pod."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from pkgops.errors import PkgopsError
from pkgops.flows import open_ports, probe
from pkgops.flows.clusters import Clusters
from pkgops.flows.shown_port import RESERVED
from pkgops.model import Blockage, CauseCode, Evidence, ObjectRef, Snapshot
from pkgops.readiness import containers
from pkgops.readiness import pod as readiness
from pkgops.values import Value, replace

LINES = 200
"""How much of the end of a log is read: servers write where they listen when they start."""
AGAIN = timedelta(seconds=5)
"""A log without it is read again after so long, and requests are sent to the pod."""
SURE_SECONDS = 3.0
"""How long after a first request a pod gets a second one, in a command that reads once."""
REFUSED = "connection refused"
"""The message of a probe of a port that nothing listens on."""
SHOWN = 120
"""How many characters of a line are shown."""
PORTS = range(1, 2**16)
LOOPBACK = ("127.", "localhost", "[::1]")

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TIME = re.compile(r"(?<![\d.])\d{1,2}:\d{2}:\d{2}|(?<![\w.\]])\d{1,2}:\d{2}(?![\d.])")
_LISTENS = re.compile(r"\b(listen(s|ing)?|serving|running|start(ed|ing)|bound|local)\b", re.IGNORECASE)
_OF_OTHERS = re.compile(r"\b(connect\w*|database|postgres\w*|mysql|redis|kafka|proxy\w*)\b", re.IGNORECASE)
_PORT = re.compile(
    r"(?:(?P<host>[\w.*-]*|\[[0-9a-f:]*\]):|\bport(?:\(s\))?[\s:=]+)(?P<port>\d{2,5})\b(?![.:]?\w)"
)


class Listening(Value):
    """The port on which an application listens, by a line of its log; ``loopback``: only inside of its pod.

    Without a line it was found by a port-forward.
    """

    port: int
    loopback: bool
    line: str


def listening(lines: Iterable[str]) -> list[Listening]:
    """Return the lines of a log with the port that its application listens on. Pure."""
    found = []
    for text in lines:
        line = _COLOUR.sub("", text).strip()
        bare = _TIME.sub("", line)
        match = _PORT.search(bare) if _LISTENS.search(bare) and not _OF_OTHERS.search(bare) else None
        if match and int(match["port"]) in PORTS:
            loopback = (match["host"] or "").startswith(LOOPBACK)
            found.append(Listening(int(match["port"]), loopback, line[:SHOWN]))
    return found


def elsewhere(found: Sequence[Listening], port: int) -> Listening | None:
    """Return where an application last logged that it listens; None where that is its port. Pure."""
    if any(one.port == port and not one.loopback for one in found):
        return None
    return found[-1] if found else None


def sentence(pod: ObjectRef, port: int, found: Listening) -> str:
    """Return a sentence with the problem and the value to set. Pure."""
    if not found.line and found.loopback:
        return (
            f"{pod} runs, and its port {port} answers on 127.0.0.1 alone; let it listen on 0.0.0.0, "
            "so that it is reachable from outside of the pod"
        )
    if not found.line:
        return (
            f"{pod} runs, and nothing answers on its port {port}, but something does on {found.port}; "
            f"set workload.containerPort to {found.port}, or let it listen on the port in PORT, on "
            "0.0.0.0 either way"
        )
    asked = f'{pod} runs, and nothing answers on its port {port}: its log says "{found.line}"'
    if found.port == port:
        return f"{asked}; let it listen on 0.0.0.0, so that it is reachable from outside of the pod"
    if found.loopback:
        return f"{asked}; let it listen on 0.0.0.0, to be reachable from outside, and on the port in PORT"
    if found.port in RESERVED:
        return f"{asked}; let it listen on the port in PORT, as Knative reserves {found.port}"
    return f"{asked}; set workload.containerPort to {found.port}, or let it listen on the port in PORT"


def explained(clusters: Clusters, cause: Blockage, sleep: Callable[[float], None] | None = None) -> Blockage:
    """Return the cause of an application that does not answer, with the port on which it listens instead.

    Unchanged where it is another cause, where neither its log nor the pod shows another port, and where they
    cannot be read.

    Args:
        clusters: where the pod is.
        cause: why nothing answers.
        sleep: waits for seconds. A port found by requests counts if it answers twice, some time apart;
            without ``sleep`` only the log counts.
    """
    found = _find(clusters, cause, ask=sleep is not None)
    if sleep is not None and found is not None and not found.port_found.line:
        sleep(SURE_SECONDS)
        found = found if _find(clusters, cause) == found else None
    return _with_sentence(cause, found) if found is not None else cause


class _OtherPort(Value):
    """A pod whose application listens on another port than its own."""

    pod: ObjectRef
    port: int
    port_found: Listening


def _find(clusters: Clusters, cause: Blockage, *, ask: bool = True) -> _OtherPort | None:
    ref = cause.object
    if cause.code is not CauseCode.NOT_ANSWERING or ref is None or ref.kind != "Pod":
        return None
    try:
        client = clusters.of_namespace(ref.namespace)
        pod = client.find("v1", "Pod", ref.name, ref.namespace)
        if pod is None or readiness.ready(pod):
            return None
        lines = list(client.logs(ref.namespace, ref.name, containers.serving_name(pod), tail=LINES))
    except PkgopsError:
        return None
    port = probe.serving_port(pod)
    port_found = elsewhere(listening(lines), port)
    # A probe that gets any response, also a wrong one, has reached the port.
    if port_found is None and ask and REFUSED in cause.cause:
        shown = open_ports.open_port(client, ref, port)
        port_found = Listening(shown, shown == port, "") if shown else None
    return _OtherPort(ref, port, port_found) if port_found is not None else None


def _with_sentence(cause: Blockage, found: _OtherPort) -> Blockage:
    line = found.port_found.line
    evidence = (Evidence("log", found.pod, line),) if line else ()
    text = sentence(found.pod, found.port, found.port_found)
    return replace(cause, cause=text, evidence=(*cause.evidence, *evidence))


class _Known(Value):
    """What was found about an application: when, on which port it listens, and whether that is confirmed."""

    at: datetime
    place: _OtherPort | None
    sure: bool


class OtherPorts:
    """Explains the applications of a run that do not answer, with as few requests as possible.

    A port found by requests only counts at the second reading: an application that has just started to listen
    accepts connections too, before it is ready.
    """

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters
        self._known: dict[str, _Known] = {}

    def step(self, snapshot: Snapshot) -> Snapshot:
        """Take a Snapshot; return it with the ports on which applications that do not answer listen."""
        causes = tuple(self._explained(one, snapshot.taken_at) for one in snapshot.blockages)
        return replace(snapshot, blockages=causes)

    def _explained(self, cause: Blockage, now: datetime) -> Blockage:
        if cause.code is not CauseCode.NOT_ANSWERING:
            return cause
        key = str(cause.object)
        known = self._known.get(key)
        if known is None or (not known.sure and now - known.at >= AGAIN):
            place = _find(self._clusters, cause)
            before = known.place if known else None
            sure = place is not None and (bool(place.port_found.line) or place == before)
            known = self._known[key] = _Known(at=now, place=place, sure=sure)
        return _with_sentence(cause, known.place) if known.sure and known.place is not None else cause

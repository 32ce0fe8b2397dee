"""A cluster in memory on which a recorded promotion, or rollback, goes on once somebody submits one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from fake_registry import FakeRegistry
from memory_api import MemoryApi
from memory_objects import Obj, Served
from package_versions import pushed
from shared_traces import lines

from pkgops.flows.releases import release

RECORDING = "fourth-run"
BEFORE, END = 106.0, 117.0
"""Seconds of the recording: before its promotion was submitted, and when it had ended."""
PROMOTED, END_OF_ROLLBACK = 117.0, 140.0
"""The same of the rollback that came next."""
VERSION, OTHER = "0.1.1795906340", "0.1.1795906130"
"""The version that runs in apps-dev and is promoted to apps-prod, and the one that it is rolled back to."""
NAME, PLACE = "hello-go-web2pkg", "apps-prod"
REQUESTED = "reconcile.fluxcd.io/requestedAt"
BLUEPRINTS = ("ClusterSupplyChain", "ClusterDelivery")
NEWEST = ">=0.0.0"
"""The version rule of a Deliverable that names none."""


@dataclass
class RecordedPromotion:
    """The cluster, and what its controllers and applications do.

    Attributes:
        api: the server.
        goes_on: the controllers wait for it before they do what was recorded.
        before: the second of the recording that the cluster stands at in the beginning.
        end: the second that it goes on to.
        status: what the applications answer.
    """

    api: MemoryApi
    before: float = BEFORE
    end: float = END
    goes_on: threading.Event = field(default_factory=threading.Event)
    status: int = 200
    _submitted: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Hold what was there before, and do the rest once somebody submits."""
        last = {
            (line["object"]["kind"], line["object"]["metadata"].get("namespace"), _name(line["object"])): line
            for line in lines(RECORDING)
            if line["t"] <= self.before
        }
        self.api.namespaces("default", "apps-dev", "apps-prod")
        self.api.play(sorted(last.values(), key=lambda line: float(line["t"])))
        self.api.objects.on_change.append(self._react)

    def _react(self, _type: str, obj: Obj) -> None:
        if _is_promoted(obj) and not self._submitted.is_set():
            self._submitted.set()
            threading.Thread(target=self._go_on, daemon=True).start()
        elif obj["kind"] == "ImageRepository":
            threading.Thread(target=self._look, args=(obj,), daemon=True).start()
        elif obj["kind"] in BLUEPRINTS:
            threading.Thread(target=self._observe, args=(obj,), daemon=True).start()

    def _observe(self, obj: Obj) -> None:
        """What Cartographer does with blueprints that were applied again: it says which generation it saw."""
        with self.api.objects.lock:
            live = self._live(obj)
            seen = (live.get("status") or {}).get("observedGeneration")
            if seen not in (None, live["metadata"]["generation"]):
                status = {**live["status"], "observedGeneration": live["metadata"]["generation"]}
                self.api.objects.write(self._kind(obj), {**live, "status": status})

    def _go_on(self) -> None:
        self.goes_on.wait()
        for line in lines(RECORDING):
            if self.before < line["t"] <= self.end:
                # Nobody else writes between what is read here and what is written.
                with self.api.objects.lock:
                    self.api.play([{**line, "object": self._as_asked(line["object"])}])

    def _as_asked(self, obj: Obj) -> Obj:
        """A recorded object as it is where another promotion and other requests to look led to it."""
        if _is_promoted(obj):
            live = self._live(obj)
            status = {**obj.get("status", {}), "observedGeneration": live["metadata"]["generation"]}
            return {**live, "status": status} if "status" in obj else live
        if obj["kind"] in ("ImagePolicy", "PackageInstall") and obj["metadata"]["namespace"] == PLACE:
            return {**obj, "spec": _with_rule(obj["spec"], self._rule())}
        return self._looked(obj, _asked(self._live(obj))) if obj["kind"] == "ImageRepository" else obj

    def _rule(self) -> str:
        """The version rule that Cartographer stamps by what was submitted."""
        (submitted,) = self.api.objects.all(self.api.of("carto.run/v1alpha1", "Deliverable"), PLACE)
        rules = [one["value"] for one in submitted["spec"].get("params") or () if one["name"] == "semver"]
        return str(rules[0]) if rules else NEWEST

    def _look(self, obj: Obj) -> None:
        """What Flux does with a request to look: it says that it has."""
        with self.api.objects.lock:
            live = self._live(obj)
            token = _asked(live)
            if token and (live.get("status") or {}).get("lastHandledReconcileAt") != token:
                self.api.objects.write(self._kind(obj), self._looked(live, token))

    def _looked(self, obj: Obj, token: str) -> Obj:
        if not token or "status" not in obj:
            return obj
        annotations = {**(obj["metadata"].get("annotations") or {}), REQUESTED: token}
        status = {**obj["status"], "lastHandledReconcileAt": token}
        return {**obj, "metadata": {**obj["metadata"], "annotations": annotations}, "status": status}

    def _live(self, obj: Obj) -> Obj:
        space, name = obj["metadata"].get("namespace", ""), _name(obj)
        found = (one for one in self.api.objects.all(self._kind(obj), space) if _name(one) == name)
        return next(found, obj)

    def _kind(self, obj: Obj) -> Served:
        return self.api.of(obj["apiVersion"], obj["kind"])


def _with_rule(spec: Obj, rule: str) -> Obj:
    """The specification of an ImagePolicy or a PackageInstall that chooses by a version rule."""
    if "policy" in spec:
        return {**spec, "policy": {"semver": {"range": rule}}}
    return {**spec, "packageRef": {**spec["packageRef"], "versionSelection": {"constraints": rule}}}


def _asked(obj: Obj) -> str:
    return str((obj["metadata"].get("annotations") or {}).get(REQUESTED) or "")


def _name(obj: Obj) -> str:
    return str(obj["metadata"]["name"])


def _is_promoted(obj: Obj) -> bool:
    return obj["kind"] == "Deliverable" and obj["metadata"].get("namespace") == PLACE


@contextmanager
def rollable(api: MemoryApi) -> Iterator[RecordedPromotion]:
    """The same after the promotion of VERSION: the records say that OTHER was healthy in apps-prod before."""
    with promotable(api, PROMOTED, END_OF_ROLLBACK) as found:
        for number, (before, after) in enumerate((("", OTHER), (OTHER, VERSION))):
            planned = datetime(2026, 1, 1, number, tzinfo=UTC)
            record = release.Record(
                name=f"{NAME}-{number}",
                workload=f"default/{NAME}",
                environment="apps-prod",
                action=release.Action.PROMOTE,
                by="ann",
                planned=planned,
                before=release.Release(version=before, healthy=bool(before)),
                after=release.Release(version=after, healthy=True),
                result=release.Result.SUCCEEDED,
                completed=planned,
            )
            kept = release.config_map(record, "apps-prod")
            api.objects.create(api.of("v1", "ConfigMap"), kept)
        yield found


def publish(registry: FakeRegistry, folder: Path, files: Callable[[str], dict[str, str]]) -> None:
    """Let a registry hold both versions, each with what ``files`` gives for it and the image that it ran."""
    for version in (VERSION, OTHER):
        pushed(registry, folder, version, files(version), folder="demo", name=NAME, image=_image(version))


def _image(version: str) -> str:
    """The application's image that a version of the recording ran in apps-prod."""
    until = END if version == VERSION else END_OF_ROLLBACK
    pods = [
        line["object"]
        for line in lines(RECORDING)
        if line["t"] <= until
        and line["object"]["kind"] == "Pod"
        and line["object"]["metadata"].get("namespace") == PLACE
    ]
    containers = max(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))["spec"]["containers"]
    return str(next(one["image"] for one in containers if one["name"] != "queue-proxy"))


@contextmanager
def promotable(api: MemoryApi, before: float = BEFORE, end: float = END) -> Iterator[RecordedPromotion]:
    """Let a server hold the finished run before its promotion, with applications that answer."""
    found = RecordedPromotion(api, before, end)

    class Application(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    pods = [line["object"] for line in lines(RECORDING) if line["object"]["kind"] == "Pod"]
    address = ("127.0.0.1", server.server_address[1])
    api.serving.update({(pod["metadata"]["namespace"], _name(pod)): address for pod in pods})
    found.begin()
    yield found
    found.goes_on.set()
    server.shutdown()
    server.server_close()

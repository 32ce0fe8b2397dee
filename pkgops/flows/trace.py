"""Trace a running image back to its commit, digest by digest, with the registry for what no object has."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pkgops.errors import PkgopsError, PreflightError, UsageError
from pkgops.flows import read_snapshot, without_workload
from pkgops.flows.next_command import COMMANDS
from pkgops.flows.ports import Ports
from pkgops.flows.target import Target
from pkgops.flows.trace_result import Trace
from pkgops.model import ImageChain, ObjectRef
from pkgops.pipeline import Tracker, imagechain, kinds, revisions, unknown, without_deliverable
from pkgops.pipeline.delivery import Delivery, delivery
from pkgops.pipeline.provenance_steps import RegistryAnswer, RegistryLookup
from pkgops.pipeline.supplychain import Chain, read_chain

if TYPE_CHECKING:
    from pkgops.flows.record import FileRecorder
    from pkgops.oci import RegistryClient

LOCK_PATH = ".imgpkg/images.yml"
OnAnswer = Callable[[dict[str, Any]], None]


def trace(target: Target, what: str | None, ports: Ports, recorder: FileRecorder | None = None) -> Trace:
    """Trace a workload, an image by digest, or a URL back to its commit.

    ``recorder`` gets every object that was read, and every response of a registry.

    Raises:
        UsageError: no such workload; or nothing runs at that URL, or runs that image.
        PreflightError: whether something does is unknown.
    """
    registry_reader = reader(target, recorder)
    if what and ("@sha256:" in what or "://" in what):
        return _of_any(target, what, ports, registry_reader, recorder)
    target, name = without_workload.chosen(target, what)
    tracker = _recorded(read_snapshot.tracker(target, name), recorder)
    return of_tracker(tracker, name, ports.now(), registry_reader.read)


def reader(target: Target, recorder: FileRecorder | None = None) -> RegistryReader:
    """Return the reader of registries with a target's settings."""
    return RegistryReader(_client(target), recorder.registry if recorder else None)


def _recorded(tracker: Tracker, recorder: FileRecorder | None) -> Tracker:
    if recorder is not None:
        recorder.write_list(tracker.store)
    return tracker


def of_tracker(tracker: Tracker, name: str, now: datetime, lookup: RegistryLookup) -> Trace:
    """Return the trace of one workload from the objects of a Tracker."""
    chain, deliveries, namespace = read(tracker, name, now)
    store, environments = tracker.store, tracker.scope.environments
    chains = [imagechain.image_chain(store, item, chain, namespace, lookup) for item in deliveries]
    for label, space in environments:
        gap = unknown.of_kind(store, kinds.DELIVERABLE, space)
        chains += [imagechain.unreadable(label, gap)] if gap else []
    order = {label: index for index, (label, _) in enumerate(environments)}
    return Trace(
        name,
        tuple(sorted(chains, key=lambda read_chain: order.get(read_chain.environment, len(order)))),
    )


def read(tracker: Tracker, name: str, now: datetime) -> tuple[Chain | None, list[Delivery], str]:
    """Return the supply chain of a workload, its deliveries and its namespace, from a Tracker."""
    store, scope = tracker.store, tracker.scope
    workload = store.get("carto.run", "Workload", scope.namespace, name)
    chain = read_chain(store, workload, now) if workload else None
    spaces = {namespace: label for label, namespace in scope.environments}
    refs = tracker.environments_of(ObjectRef("carto.run/v1alpha1", "Workload", scope.namespace, name))
    found = []
    for ref in refs:
        owner = store.find(ref)
        if owner is not None and (not spaces or ref.namespace in spaces):
            found.append(delivery(store, spaces.get(ref.namespace, ref.namespace), owner, now))
    order = {label: index for index, (label, _) in enumerate(scope.environments)}
    found.sort(key=lambda item: order.get(item.name, len(order)))
    own = without_deliverable.deployed(store, workload, chain, scope) if workload and chain else None
    if own is not None and own.name not in [item.name for item in found]:
        found.insert(0, own)
    return chain, found, scope.namespace


def _of_any(
    target: Target, what: str, ports: Ports, registry_reader: RegistryReader, recorder: FileRecorder | None
) -> Trace:
    tracker = _recorded(read_snapshot.tracker(without_workload.deliverables_only(target)[0]), recorder)
    for name in [ref.name for ref in tracker.workloads()] or [""]:
        chain, deliveries, namespace = read(tracker, name, ports.now())
        for item in deliveries:
            if _matches(item, what):
                way = imagechain.image_chain(tracker.store, item, chain, namespace, registry_reader.read)
                return Trace(name or tracker.name_of(item.owner), (way,))
        if "@sha256:" in what:
            steps = imagechain.built(tracker.store, what, chain, namespace, registry_reader.read)
            if steps and steps[0].object is not None:
                return Trace(name, (ImageChain("", what, tuple(steps)),))
    gaps = [gap for gap in tracker.store.unreadable if gap.kind != kinds.EVENT.kind]
    if gaps:
        raise PreflightError(
            f"unknown: what runs {what} on {target.name}",
            why="\n".join(gap.sentence for gap in gaps),
            next=next(filter(None, (COMMANDS[gap.code] for gap in gaps)), ""),
            slug=gaps[0].code.value,
        )
    raise UsageError(
        f"nothing on {target.name} runs {what}",
        why="no environment runs it, and no build that still exists produced it",
        next="pkgops status shows what runs where",
        slug="unknown-image",
    )


def _matches(item: Delivery, what: str) -> bool:
    if "@sha256:" in what:
        return bool(item.image) and revisions.digest(item.image) == revisions.digest(what)
    host = urlsplit(what).hostname or ""
    own = urlsplit(item.url).hostname or ""
    serve = item.activities[-1].stage.object if item.activities else None
    begins = f"{serve.name}.{serve.namespace}." if serve else ""
    return bool(host) and (host == own or bool(begins and f"{host}.".startswith(begins)))


class RegistryReader:
    """Reads references from registries, each once."""

    def __init__(self, client: RegistryClient | None, on_answer: OnAnswer | None = None) -> None:
        self._client = client
        self._on_answer = on_answer
        self._known: dict[str, RegistryAnswer | None] = {}

    def read(self, reference: str) -> RegistryAnswer | None:
        """Return a registry's response for a digest reference; None without a registry client."""
        if reference not in self._known:
            self._known[reference] = self._read(reference)
        return self._known[reference]

    def _read(self, reference: str) -> RegistryAnswer | None:
        if self._client is None:
            return None
        from pkgops import oci

        try:
            answer = _read(self._client, reference)
        except oci.NotFound:
            answer = RegistryAnswer(found=False)
        except PkgopsError as error:
            answer = RegistryAnswer(found=False, error=error.summary)
        if self._on_answer is not None:
            self._on_answer(line(reference, answer))
        return answer


def line(reference: str, answer: RegistryAnswer) -> dict[str, Any]:
    """Return a response in the format of a recording."""
    return {
        "reference": reference,
        "found": answer.found,
        "digest": answer.digest,
        "images": list(answer.locked),
        "labels": dict(answer.labels),
        "error": answer.error,
    }


def recorded(lines: Mapping[str, Mapping[str, Any]]) -> RegistryLookup:
    """Return a lookup of the responses in a recording; it returns None for references that were not read."""

    def read_recorded(reference: str) -> RegistryAnswer | None:
        answer = lines.get(reference)
        if answer is None:
            return None
        return RegistryAnswer(
            found=bool(answer.get("found")),
            digest=str(answer.get("digest") or ""),
            locked=tuple(str(image) for image in answer.get("images") or ()),
            labels=tuple((str(key), str(value)) for key, value in (answer.get("labels") or {}).items()),
            error=str(answer.get("error") or ""),
        )

    return read_recorded


def _client(target: Target) -> RegistryClient:
    from pkgops import oci
    from pkgops.flows import registry

    return oci.RegistryClient(registry.keychain(target.settings))


def _read(client: RegistryClient, reference: str) -> RegistryAnswer:
    from pkgops import oci

    ref = oci.ImageRef.parse(reference)
    digest = client.digest(ref)
    image = oci.read_image(client, ref)
    if image.labels.get("dev.carvel.imgpkg.bundle") == "true":
        return RegistryAnswer(found=True, digest=digest, locked=_locked(image, ref))
    kept = {key: value for key, value in image.labels.items() if key.startswith("org.opencontainers.image.")}
    return RegistryAnswer(found=True, digest=digest, locked=(), labels=tuple(sorted(kept.items())))


def _locked(image: Any, ref: Any) -> tuple[str, ...]:
    """The image references by digest in the bundle's ImagesLock."""
    from pkgops.oci.locks import ImagesLock

    for layer in image.layers:
        with layer.open() as blob, tarfile.open(fileobj=blob, mode="r|*") as archive:
            for member in archive:
                body = (
                    archive.extractfile(member) if member.name.lstrip("./") == LOCK_PATH.lstrip(".") else None
                )
                if body is not None:
                    text = body.read().decode()
                    return tuple(entry.image for entry in ImagesLock.parse(text, f"{ref}").images)
    return ()


__all__ = ["RegistryReader", "Trace", "line", "of_tracker", "read", "reader", "recorded", "trace"]

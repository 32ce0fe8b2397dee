"""The runtime of the local platform, shared by all groups: caches, queues, status writes, events."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from pkgops.kube import Client, Informer, Obj, WatchEvent
from pkgops.platform.config import PlatformConfig
from pkgops.platform.controller import Controller, Reconcile
from pkgops.platform.delays import FILE, Delays
from pkgops.platform.events import EventRecorder
from pkgops.platform.failurereports import FailureReporter, MappingFailureReporter
from pkgops.platform.failures import ErrorCounter, Failed, failed_conditions
from pkgops.platform.hooks import Handler, HookServer
from pkgops.platform.labels import has_labels
from pkgops.platform.routes import KindRoutes, Mapper, own_key
from pkgops.platform.statuswrite import write_status
from pkgops.platform.webhooks import WebhookServer

log = logging.getLogger(__name__)

Kind = tuple[str, str]

RESYNC_SECONDS = 600.0
SYNC_TIMEOUT_SECONDS = 60.0
READY_FALSE = failed_conditions()


def utc_now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


class Platform:
    """One platform process, the argument of each group's ``register`` function.

    Attributes:
        client: client of the cluster with the platform's identity.
        config: the configuration.
        now: returns the current time (UTC, aware).
        hooks: the server for notifications of pushes.
        webhooks: the server of admission webhooks.
        errors: counts unexpected errors.
    """

    def __init__(self, client: Client, config: PlatformConfig, now: Callable[[], datetime] = utc_now) -> None:
        self.client = client
        self.config = config
        self.now = now
        self.hooks = HookServer(config.address, config.hooks_port)
        self.errors = ErrorCounter()
        self.webhooks = WebhookServer(client, config, now, self.errors)
        self._delays = Delays(config.data_dir / FILE)
        self._events = EventRecorder(client, now)
        self._controllers: list[Controller] = []
        self._resyncs: list[tuple[Controller, Kind]] = []
        self._informers: dict[Kind, Informer] = {}
        self._routes: dict[Kind, KindRoutes] = {}
        self._on_mapping_failure = MappingFailureReporter(self._warn, self.errors).report
        self._cleanups: list[Callable[[], None]] = []
        self._started = False
        self._stopping = threading.Event()
        self._lock = threading.RLock()

    # -- building

    def controller(
        self,
        name: str,
        api_version: str,
        kind: str,
        reconcile: Reconcile,
        *,
        workers: int = 1,
        failed: Failed | None = READY_FALSE,
        status_of_others: bool = False,
    ) -> Controller:
        """Create the controller of a kind; every change of such an object queues its key.

        Args:
            name: its name in the log and in events.
            api_version: the kind's group and version.
            kind: the kind.
            reconcile: reconciles one object.
            workers: how many objects are reconciled concurrently.
            failed: returns the status of an object after an unexpected error; None if it has no such status.
            status_of_others: whether other controllers write the status, so that its changes are not the
                reconciler's own.
        """
        reporter = FailureReporter(
            name=name,
            find=lambda key: self.get(api_version, kind, key.name, key.namespace),
            save=self.save_status,
            event=self._warn,
            now=self.now,
            counter=self.errors,
            failed=failed,
        )
        controller = Controller(
            name,
            reconcile,
            workers=workers,
            delay=lambda: self._delays.of(api_version.rpartition("/")[0]),
            on_failure=reporter.failure,
            on_limit=reporter.limit,
        )
        self._controllers.append(controller)
        self._resyncs.append((controller, (api_version, kind)))
        self.watch(api_version, kind, controller, own_key, own_status=not status_of_others)
        if self._started:
            controller.start()
        return controller

    def watch(
        self, api_version: str, kind: str, controller: Controller, map: Mapper, *, own_status: bool = False
    ) -> None:
        """Queue ``map(obj)`` on a controller for every change of an object of a kind.

        May be called after ``start`` (for kinds that a template stamps). With ``own_status`` the controller
        writes the status itself, so that changes of the status alone are its own.
        """
        with self._lock:
            routes = self._routes.setdefault((api_version, kind), KindRoutes(self._on_mapping_failure))
            routes.add(controller, map, own_status)
            informer = self._informer(api_version, kind)
        for obj in informer.objects():
            routes.enqueue(controller, map, obj)

    def on_hook(self, path: str, handler: Handler) -> None:
        """Call ``handler(body)`` for each POST to ``path`` of the hooks server."""
        self.hooks.on(path, handler)

    def on_stop(self, cleanup: Callable[[], None]) -> None:
        """Call ``cleanup`` when the platform is stopped."""
        self._cleanups.append(cleanup)

    # -- reading

    def get(self, api_version: str, kind: str, name: str, namespace: str = "") -> Obj | None:
        """Return an object from the cache; it is shared, so copy it before changing it."""
        return self._synced(api_version, kind).get(namespace, name)

    def list(
        self, api_version: str, kind: str, namespace: str = "", labels: Mapping[str, str] | None = None
    ) -> list[Obj]:
        """Return the objects of a kind from the cache; an empty ``namespace`` means all namespaces."""
        return [
            obj
            for obj in self._synced(api_version, kind).objects()
            if (not namespace or obj["metadata"].get("namespace") == namespace)
            and has_labels(obj, labels or {})
        ]

    # -- writing

    def observe(self, obj: Obj) -> Obj:
        """Put the response of a write into the cache, and return it.

        Without this, the next reconcile might not read an object that the last one created.
        """
        informer = self._informers.get((obj["apiVersion"], obj["kind"]))
        if informer is not None:
            informer.observe(obj)
        return obj

    def create(self, obj: Obj) -> Obj:
        """Create an object with the platform's identity, put it into the cache, and return it."""
        return self.observe(self.client.create(obj))

    def save_status(self, obj: Obj, status: Obj) -> Obj:
        """Write an object's status if it changed; after a conflict it is written to the newest object.

        Raises:
            NotFound: the object does not exist any more.
        """
        return write_status(self.client, obj, status, self.observe)

    def event(
        self, obj: Obj, type: str, reason: str, message: str, component: str = "pkgops-platform"
    ) -> None:
        """Record a Kubernetes Event of an object; does not block and does not raise."""
        self._events.record(obj, type, reason, message, component)

    def _warn(self, obj: Obj, reason: str, message: str) -> None:
        self.event(obj, "Warning", reason, message)

    # -- running

    def start(self) -> None:
        """Start the caches, wait until they are synced, then start webhooks, workers and hooks."""
        with self._lock:
            self._started = True
            informers = list(self._informers.values())
        for informer in informers:
            informer.start()
        deadline = time.monotonic() + SYNC_TIMEOUT_SECONDS
        for informer in informers:
            if not informer.wait_synced(max(0.0, deadline - time.monotonic())):
                log.warning("no list of %s yet", informer.kind)
        self.webhooks.start()
        for controller in self._controllers:
            controller.start()
        self.hooks.start()
        threading.Thread(target=self._resync, name="resync", daemon=True).start()

    def stop(self) -> None:
        """Stop the platform: servers first, then workers, then watches."""
        self._stopping.set()
        for cleanup in self._cleanups:
            cleanup()
        self.hooks.stop()
        self.webhooks.stop()
        for controller in self._controllers:
            controller.stop()
        for informer in self._informers.values():
            informer.stop()
        self._events.stop()

    def _resync(self) -> None:
        while not self._stopping.wait(RESYNC_SECONDS):
            for controller, kind in self._resyncs:
                for obj in self._informers[kind].objects():
                    for key in own_key(obj):
                        controller.requeue(key)

    def _informer(self, api_version: str, kind: str) -> Informer:
        with self._lock:
            known = self._informers.get((api_version, kind))
            if known is not None:
                return known

            def route(event: WatchEvent) -> None:
                self._routes.setdefault((api_version, kind), KindRoutes(self._on_mapping_failure)).route(
                    event
                )

            informer = Informer(self.client, api_version, kind, on_event=route)
            self._informers[(api_version, kind)] = informer
            if self._started:
                informer.start()
            return informer

    def _synced(self, api_version: str, kind: str) -> Informer:
        informer = self._informer(api_version, kind)
        informer.wait_synced(SYNC_TIMEOUT_SECONDS if self._started else 0)
        return informer

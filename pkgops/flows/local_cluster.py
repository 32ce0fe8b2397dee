"""The local cluster as the target of a command: whether it exists and answers, and its start."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from pkgops.errors import PkgopsError
from pkgops.flows import retries
from pkgops.flows.ports import Ports
from pkgops.kube import Client, ClusterDeleted, Waiting, connect
from pkgops.settings import Settings

if TYPE_CHECKING:
    from pkgops.local import LocalCluster, PartEvent
    from pkgops.local.programs import ProgramSource


def _event_reporter(ports: Ports) -> Callable[[PartEvent], None]:
    def report(event: PartEvent) -> None:
        took = f" ({event.seconds:.1f}s)" if event.seconds else ""
        detail = f": {event.detail}" if event.detail else ""
        ports.note(f"{event.part} {event.state}{detail}{took}", part=event.part, state=event.state)

    return report


def with_language(cluster: LocalCluster, settings: Settings, ports: Ports) -> LocalCluster:
    """Make the images of the workload's language when it is first used, and the configured builder."""
    from pkgops.local import languages, published

    image = settings.text("build.builder.image")
    if image:
        ports.note(f"builds with {image}")
        published.ensure(cluster, image, settings.text("build.builder.lifecycle"))
    return languages.ensure(cluster, settings.text("workload.language"), _event_reporter(ports))


def start_cluster(settings: Settings, ports: Ports) -> LocalCluster:
    """Make the local cluster, or repair the existing one; each part that is started is reported."""
    from pkgops import local

    return local.up(on_event=_event_reporter(ports), source=_source(settings))


def _source(settings: Settings) -> ProgramSource:
    from pkgops.local import programs

    return programs.source(settings.text("pkgops.local.programs"), settings.text("pkgops.local.mirror"))


class Repairs:
    """Restarts the ended parts of the local cluster for a command; of several threads that wait one does.

    There is no supervisor: a server that ended, out of memory for example, would not come back while
    the command waits for it. Where a repair fails it is reported, and the requests are retried until their
    time is over.
    """

    def __init__(self, report: Waiting, repair: Callable[[], object], ports: Ports) -> None:
        self._report = report
        self._repair = repair
        self._ports = ports
        self._one = threading.Lock()
        self._failed = False

    def waiting(self, failure: PkgopsError) -> None:
        """Report that the API server does not answer, and repair the cluster meanwhile."""
        self._report(failure)
        self._run()

    def idle(self) -> None:
        """Repair the cluster where its server ended, for a command that waits and has nothing to send.

        An API server without etcd ends no watch, and answers most requests after a minute only.
        """
        if not self._failed:
            self._run()

    def _run(self) -> None:
        if self._one.acquire(blocking=False):
            try:
                self._repair()
                self._failed = False
            except PkgopsError as error:
                self._failed = True
                self._ports.failed(error)
            finally:
                self._one.release()


def repair_cluster(settings: Settings, ports: Ports) -> None:
    """Restart the ended parts of the local cluster, where it runs and its API server does not."""
    from pkgops import local

    if local.server_ended():
        local.repair(on_event=_event_reporter(ports), source=_source(settings))


def existing() -> LocalCluster | None:
    """Return the local cluster, whether it runs or not; None where there is none on this machine."""
    from pkgops import local

    return local.find()


def connect_local(cluster: LocalCluster, waiting: Waiting, seconds: float = retries.SECONDS) -> Client:
    """Return the client of a local cluster that has answered before: its address is known to be right."""

    def deleted() -> ClusterDeleted | None:
        if cluster.kubeconfig.exists():
            return None
        return ClusterDeleted(
            f"the local cluster {cluster.name} was taken down",
            why="another command did it meanwhile: pkgops local down",
            next="pkgops local up, then the same command",
        )

    client = connect(cluster.kubeconfig, cluster.context)
    return client.retrying(seconds, waiting, known=True, deleted=deleted)


def answering(cluster: LocalCluster, waiting: Waiting) -> Client | None:
    """Return the client of an API server that answers; reading commands then need not check every part."""
    try:
        ready = connect(cluster.kubeconfig, cluster.context).ready()
        return connect_local(cluster, waiting) if ready else None
    except PkgopsError:
        return None

"""Steps that are done as soon as a part answers, before the parts that need it are started."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pkgops.errors import PkgopsError, PreflightError
from pkgops.local import objects, snapshot
from pkgops.local.answer_wait import DEADLINE
from pkgops.local.cluster import describe
from pkgops.local.events import OnEvent, PartEvent
from pkgops.local.images import import_to, push_to
from pkgops.local.instance import Instance
from pkgops.local.prerequisites import Prerequisites
from pkgops.oci import RegistryClient

if TYPE_CHECKING:
    from pkgops.kube import Client

EXAMPLE = "hello-go"
MANAGER = "pkgops-local"
ACCOUNT_POLL = 0.1


def by_part(
    instance: Instance, made: Prerequisites, on_event: OnEvent, *, stopped: bool
) -> dict[str, Callable[[], None]]:
    """Return, by part, the step when it answers; each does nothing where it was done before.

    Args:
        instance: the instance.
        made: programs and images.
        on_event: gets an event for each step.
        stopped: whether the machine, or all of the instance, was stopped since the last start.
    """
    return {
        "containerd": lambda: _pause(instance, made),
        "registry": lambda: _images(instance, made, on_event),
        "git": lambda: _example(instance, on_event),
        "kube-apiserver": lambda: _objects(instance, on_event, stopped=stopped),
        "kube-controller-manager": lambda: _account(instance),
    }


def _pause(instance: Instance, made: Prerequisites) -> None:
    import_to(instance.containerd_socket, [made.image("pause")], instance.registry, instance.run)


def _images(instance: Instance, made: Prerequisites, on_event: OnEvent) -> None:
    begun = time.monotonic()
    client = RegistryClient()
    absent = [image for image in made.images if not client.exists(image.ref(instance.registry))]
    push_to(instance.registry, absent, client)
    if absent:
        detail = f"{len(absent)} pushed to the registry"
        on_event(PartEvent("images", "ready", detail, time.monotonic() - begun))


def _example(instance: Instance, on_event: OnEvent) -> None:
    folder = example_folder()
    if folder is None or (instance.git_root / f"{EXAMPLE}.git" / "HEAD").exists():
        return
    try:
        # A copy, so that nothing of the repository that contains the example is read.
        with tempfile.TemporaryDirectory(prefix="pkgops-example-") as scratch:
            copy = shutil.copytree(folder, Path(scratch) / EXAMPLE)
            snapshot.push_snapshot(copy, EXAMPLE, cluster=describe(instance))
    except PkgopsError as error:
        on_event(PartEvent("git", "note", f"the example was not pushed: {error.what}"))


def example_folder() -> Path | None:
    """Return the sample application's sources, in a checkout or in an installed package."""
    package = Path(__file__).parents[1]
    places = (package.parent / "examples" / EXAMPLE, package / "_examples" / EXAMPLE)
    return next((place for place in places if place.is_dir()), None)


def _objects(instance: Instance, on_event: OnEvent, *, stopped: bool) -> None:
    from pkgops.kube import Invalid
    from pkgops.local import unfinished

    client = connected(instance)
    # The kubelet and the platform wait for this: no pod is running yet.
    for line in unfinished.end(client) if stopped else ():
        on_event(PartEvent("pods", "note", f"stopped while running: {line}"))
    for obj in objects.all_objects(instance):
        try:
            client.apply(obj, manager=MANAGER)
        except Invalid:
            # A class never changes its folder, so one for other folders (the cache moved) is replaced.
            client.delete(obj["apiVersion"], obj["kind"], obj["metadata"]["name"])
            client.apply(obj, manager=MANAGER)


def _account(instance: Instance) -> None:
    """Wait for the service account that users' pods run as by default: without it no pod is admitted.

    kube-controller-manager answers before its first controller runs, on a slow machine minutes before.
    """
    client = connected(instance)
    last = time.monotonic() + DEADLINE
    while client.find("v1", "ServiceAccount", "default", "default") is None:
        if time.monotonic() > last:
            raise PreflightError(
                "the local cluster has no service account default in the namespace default",
                why=f"kube-controller-manager did not create it within {DEADLINE:.0f} s",
                next=f"read {instance.logs / 'kube-controller-manager.log'}, then pkgops local up",
            )
        time.sleep(ACCOUNT_POLL)


def connected(instance: Instance) -> Client:
    """Return the client of an instance whose parts answer."""
    # Imported late: its libraries are part of an extra.
    from pkgops.kube import connect

    # The server answers by now, but on a slow machine not every request in time.
    return connect(instance.kubeconfig).retrying(DEADLINE, known=True)

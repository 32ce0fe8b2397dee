"""The objects below a stamped object: its run and its pods."""

from __future__ import annotations

from operator import itemgetter

from pkgops.model import ObjectRef, State
from pkgops.pipeline import kinds
from pkgops.pipeline.object_store import Obj, ObjectStore, newest_first
from pkgops.readiness import app as apps
from pkgops.readiness import taskrun
from pkgops.readiness.base import meta, status


def is_kind(obj: Obj | None, kind: kinds.Kind) -> bool:
    """Whether an object is of that kind, in any version."""
    if obj is None or obj.get("kind") != kind.kind:
        return False
    return ObjectRef.of(obj).group == kind.group


def run_of(store: ObjectStore, obj: Obj) -> Obj | None:
    """The newest run of a stamped object: TaskRun, PipelineRun, Build or App.

    A TaskRun or PipelineRun that a template stamps by itself is its own run.
    """
    if is_kind(obj, kinds.RUNNABLE):
        return next(iter(task_runs(store, obj)), None)
    if is_kind(obj, kinds.IMAGE):
        return build_of(store, obj)
    if is_kind(obj, kinds.PACKAGE_INSTALL):
        return app_of(store, obj)
    return obj if is_kind(obj, kinds.TASK_RUN) or is_kind(obj, kinds.PIPELINE_RUN) else None


def task_runs(store: ObjectStore, runnable: Obj) -> list[Obj]:
    """The runs of a Runnable, newest first (of any kind that its run template stamps)."""
    return [child for child in store.children(runnable) if child.get("kind") not in ("Event", "Pod")]


def build_of(store: ObjectStore, image: Obj) -> Obj | None:
    """The newest Build of an Image: the one its status names, or one created since."""
    builds = store.children(image, kinds.BUILD.group, kinds.BUILD.kind)
    return max(builds, key=build_number, default=None)


def build_number(build: Obj) -> int:
    """The number in the Build's label; 0 where it has none."""
    text = str((meta(build).get("labels") or {}).get("image.kpack.io/buildNumber") or "0")
    return int(text) if text.isdigit() else 0


def app_of(store: ObjectStore, install: Obj) -> Obj | None:
    """The App of a PackageInstall: same name, same namespace."""
    where = meta(install)
    return store.get(kinds.APP.group, kinds.APP.kind, str(where.get("namespace")), str(where.get("name")))


def tasks_of(store: ObjectStore, run: Obj | None) -> list[Obj]:
    """The TaskRuns of a PipelineRun, newest first; empty for other kinds."""
    if run is None or not is_kind(run, kinds.PIPELINE_RUN):
        return []
    return store.children(run, kinds.TASK_RUN.group, kinds.TASK_RUN.kind)


def deciding_task(store: ObjectStore, run: Obj | None) -> Obj | None:
    """The TaskRun by which a PipelineRun failed, else the newest that has not ended; None where all are done.

    A task whose failure its Pipeline ignores does not count.
    """
    task_statuses = [(task, taskrun.read(task)) for task in tasks_of(store, run)]
    failed = [
        (str(status(task).get("completionTime") or ""), task)
        for task, task_status in task_statuses
        if task_status.state is State.FAILED and not taskrun.ignored(task)
    ]
    if failed:
        return min(failed, key=itemgetter(0))[1]
    return next(
        (task for task, task_status in task_statuses if task_status.state not in (State.DONE, State.FAILED)),
        None,
    )


def pods_of(store: ObjectStore, run: Obj | None) -> list[Obj]:
    """The pods of a TaskRun, Build or anything else with an owner reference on pods, newest first.

    Those of a PipelineRun are its TaskRuns', the one with the most detail first.
    """
    if run is None:
        return []
    if is_kind(run, kinds.PIPELINE_RUN):
        deciding = deciding_task(store, run)
        ordered = sorted(tasks_of(store, run), key=lambda task: task is not deciding)
        return [pod for task in ordered for pod in pods_of(store, task)]
    namespace = str(meta(run).get("namespace") or "")
    name = str(status(run).get("podName") or "")
    named = store.get("", "Pod", namespace, name) if name else None
    owned = store.children(run, "", "Pod")
    if named is not None and all(meta(pod).get("name") != name for pod in owned):
        owned = [named, *owned]
    return owned


def workloads(store: ObjectStore, app: Obj | None) -> list[Obj]:
    """The applications that an App deployed: Knative Services first, then Deployments."""
    if app is None:
        return []
    key, value = apps.label(app)
    if not value:
        return []
    namespace = str(meta(app).get("namespace") or "")
    objects: list[Obj] = []
    for kind in (kinds.SERVICE, kinds.DEPLOYMENT):
        objects += store.labelled(kind.group, kind.kind, {key: value}, namespace)
    return objects


def revisions_of(store: ObjectStore, service: Obj) -> list[Obj]:
    """The Revisions of a Knative Service, newest first."""
    where = meta(service)
    labels = {"serving.knative.dev/service": str(where.get("name"))}
    revisions = store.labelled(
        kinds.REVISION.group, kinds.REVISION.kind, labels, str(where.get("namespace") or "")
    )
    return sorted(revisions, key=_made_for, reverse=True)


def _made_for(revision: Obj) -> tuple[int, str]:
    """The generation of the Configuration that a Revision was created for, then its name."""
    text = str((meta(revision).get("labels") or {}).get("serving.knative.dev/configurationGeneration") or "0")
    return int(text) if text.isdigit() else 0, str(meta(revision).get("name"))


def serving_pods(store: ObjectStore, obj: Obj) -> list[Obj]:
    """The pods behind a Revision or a Deployment, newest first."""
    namespace = str(meta(obj).get("namespace") or "")
    if is_kind(obj, kinds.REVISION):
        labels = {"serving.knative.dev/revision": str(meta(obj).get("name"))}
        return store.labelled("", "Pod", labels, namespace)
    selector = ((obj.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    return (
        store.labelled("", "Pod", {str(k): str(v) for k, v in selector.items()}, namespace)
        if selector
        else []
    )


def deployment_of(store: ObjectStore, revision: Obj) -> Obj | None:
    """The Deployment of a Revision."""
    return next(iter(store.children(revision, kinds.DEPLOYMENT.group, kinds.DEPLOYMENT.kind)), None)


def newest(objects: list[Obj]) -> Obj | None:
    """The newest of some objects."""
    return next(iter(newest_first(objects)), None)

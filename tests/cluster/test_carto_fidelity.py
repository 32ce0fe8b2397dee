"""The recorded scenario, played to the local platform: do the carto.run objects say the same?

The objects that other systems write (GitRepository, TaskRun, Image...) are played from the
recordings, status by status, into stand-in kinds that nothing else reconciles; blueprints, Workload
and Deliverables come from the recordings too. What the carto.run objects say in between, as
sequences of (condition type, status, reason) and for most of them the message, is compared with
what the real ones said.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from carto_kit import CARTO, PlatformProcess, Scene, carto, scene, wait_for

from pkgops.kube import Client, Informer, Obj, WatchEvent

pytestmark = pytest.mark.cluster
__all__ = ["carto"]

TRACES = Path(__file__).parents[1] / "data" / "traces"
STAND_INS = {
    "GitRepository": "source.replay.test",
    "ImageRepository": "image.replay.test",
    "ImagePolicy": "image.replay.test",
    "TaskRun": "tekton.replay.test",
    "Image": "kpack.replay.test",
    "PackageInstall": "packaging.replay.test",
    "PackageRepository": "packaging.replay.test",
}
OWNERS = ("Workload", "Deliverable", "Runnable")
State = tuple[tuple[str, str, str, str], ...]
REAL_GROUPS = {
    "source.replay.test": "source.toolkit.fluxcd.io",
    "image.replay.test": "image.toolkit.fluxcd.io",
    "kpack.replay.test": "kpack.io",
    "packaging.replay.test": "packaging.carvel.dev",
}
EXACT = {"MissingValueAtPath", "FailedConditionMet"}
"""Reasons whose messages are compared too; others speak of the templates, or change too fast to be
seen each time by the real controller."""


def stand_in(kind: str, group: str) -> Obj:
    plural = {"GitRepository": "gitrepositories", "ImageRepository": "imagerepositories"}.get(kind)
    plural = plural or {"ImagePolicy": "imagepolicies"}.get(kind) or f"{kind.lower()}s"
    plural = "packagerepositories" if kind == "PackageRepository" else plural
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {
            "openAPIV3Schema": {"type": "object", "properties": {"spec": anything, "status": anything}}
        },
        "subresources": {"status": {}},
    }
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }


def recorded(name: str) -> Iterator[tuple[float, str, Obj]]:
    with gzip.open(TRACES / f"{name}.jsonl.gz", "rt") as lines:
        for line in lines:
            event = json.loads(line)
            yield event["t"], event["type"], event["object"]


def state(conditions: list[Obj] | None) -> State:
    found = conditions or []
    return tuple((entry["type"], entry["status"], entry["reason"], message(entry)) for entry in found)


def message(entry: Obj) -> str:
    """Return a condition's message as the real cluster would have it, where it is to be compared."""
    text = re.sub(r" in namespace \[[^]]*\]", "", entry["message"] if entry["reason"] in EXACT else "")
    for group, real in REAL_GROUPS.items():
        text = text.replace(group, real)
    return text


def states_of(obj: Obj) -> dict[tuple[str, ...], State]:
    """Return the states that an object tells: its own, and those of its resources."""
    status = obj.get("status") or {}
    name = (obj["kind"], obj["metadata"]["name"])
    found = {name: state(status.get("conditions"))}
    for entry in status.get("resources") or []:
        found[(*name, entry["name"])] = state(entry["conditions"])
    return found


class Sequences:
    """The distinct states of each object, in order."""

    def __init__(self) -> None:
        self.of: dict[tuple[str, ...], list[State]] = {}

    def see(self, obj: Obj) -> None:
        for name, found in states_of(obj).items():
            known = self.of.setdefault(name, [])
            if found and (not known or known[-1] != found):
                known.append(found)


class Replay:
    """Plays recorded objects of other systems into one scene."""

    def __init__(self, at: Scene) -> None:
        self.at = at
        self.seen = Sequences()
        self._runs: dict[str, str] = {}
        self._informers = [
            Informer(at.client, CARTO, kind, at.namespace, on_event=self._on_event).start() for kind in OWNERS
        ]
        for informer in self._informers:
            informer.wait_synced(30)

    def _on_event(self, event: WatchEvent) -> None:
        if event.type != "DELETED":
            self.seen.see(event.object)

    def stop(self) -> None:
        for informer in self._informers:
            informer.stop()

    def owner(self, recording: Obj) -> None:
        meta = {key: recording["metadata"][key] for key in ("name", "labels")}
        spec = {**recording["spec"], "serviceAccountName": "default"}
        self.at.apply({"apiVersion": CARTO, "kind": recording["kind"], "metadata": meta, "spec": spec})

    def status(self, recording: Obj) -> None:
        """Give the live counterpart of a recorded object the recorded status, and let it sink in."""
        api_version = f"{STAND_INS[recording['kind']]}/v1"
        live = self._counterpart(api_version, recording)
        recorded_status = dict(recording.get("status") or {})
        observed = recorded_status.get("observedGeneration")
        if observed is not None and observed == recording["metadata"].get("generation"):
            recorded_status["observedGeneration"] = live["metadata"]["generation"]
        if live.get("status") == recorded_status:
            return
        self.at.client.update_status({**live, "status": recorded_status})
        self.settle()

    def delete(self, recording: Obj) -> None:
        """Delete the live counterpart of a recorded object, as a person did."""
        kind, name = recording["kind"], recording["metadata"]["name"]
        name = self._runs.get(name, name) if kind == "TaskRun" else name
        self.at.client.delete(f"{STAND_INS[kind]}/v1", kind, name, self.at.namespace)
        self.settle()

    def _counterpart(self, api_version: str, recording: Obj) -> Obj:
        kind, name = recording["kind"], recording["metadata"]["name"]
        if kind == "TaskRun":
            name = self._run(api_version, recording)
        what = f"{kind}/{name} to be stamped"
        return dict(wait_for(what, lambda: self.at.get(kind, name, api_version)))

    def _run(self, api_version: str, recording: Obj) -> str:
        """Return the live name of a recorded run: runs of a Runnable are paired in their order."""
        name = recording["metadata"]["name"]
        owner = recording["metadata"]["labels"]["carto.run/runnable-name"]

        def unpaired() -> list[str]:
            runs = [
                run
                for run in self.at.list("TaskRun", api_version)
                if run["metadata"]["labels"]["carto.run/runnable-name"] == owner
            ]
            taken = set(self._runs.values())
            return [run["metadata"]["name"] for run in runs if run["metadata"]["name"] not in taken]

        if name not in self._runs:
            self._runs[name] = wait_for(f"a new run of {owner}", unpaired)[0]
        return self._runs[name]

    def settle(self) -> None:
        """Wait until the carto.run objects have been still for a while."""
        still, before = 0, None
        while still < 3:  # three looks, so that a pass that just began is seen
            now = [obj["metadata"]["resourceVersion"] for kind in OWNERS for obj in self.at.list(kind)]
            still, before = (still + 1 if now == before else 0), now
            wait_for("a moment", _Moment(), pause=0.1)


class _Moment:
    """True the second time that it is asked."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        self.asked, before = True, self.asked
        return before


@pytest.fixture(scope="module")
def stand_ins(carto_client: Client) -> None:
    for kind, group in STAND_INS.items():
        carto_client.apply(stand_in(kind, group))
    for kind, group in STAND_INS.items():
        wait_for(kind, lambda k=kind, g=group: carto_client.serves(f"{g}/v1", k), pause=0.3)


def template(kind: str, name: str, stamped: Obj, **spec: Any) -> Obj:
    return {
        "apiVersion": CARTO,
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"template": stamped, **spec},
    }


def stamped(kind: str, spec: Obj, name: str) -> Obj:
    return {"apiVersion": f"{STAND_INS[kind]}/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


WORKLOAD_NAME, DELIVERABLE_NAME = "$(workload.metadata.name)$", "$(deliverable.metadata.name)$-deliverable"


def run_template(name: str, prefix: str, outputs: dict[str, str]) -> Obj:
    run = stamped("TaskRun", {"inputs": "$(runnable.spec.inputs)$"}, "")
    run["metadata"] = {"generateName": prefix}
    return template("ClusterRunTemplate", name, run, outputs=outputs)


def runnable(name: str, run_template: str, inputs: Obj) -> Obj:
    spec = {"runTemplateRef": {"name": run_template}, "inputs": inputs}
    return {"apiVersion": CARTO, "kind": "Runnable", "metadata": {"name": name}, "spec": spec}


def templates() -> list[Obj]:
    """The templates that the recorded blueprints name, for the stand-in kinds."""
    result = 'status.results[?(@.name=="image")].value'
    return [
        template(
            "ClusterSourceTemplate",
            "workload-git-repository",
            stamped("GitRepository", {"url": "$(workload.spec.source.git.url)$"}, WORKLOAD_NAME),
            urlPath=".status.artifact.url",
            revisionPath=".status.artifact.revision",
        ),
        template(
            "ClusterSourceTemplate",
            "test",
            runnable(WORKLOAD_NAME, "source-task-run-test", {"source": "$(source)$"}),
            urlPath=".status.outputs.url",
            revisionPath=".status.outputs.revision",
        ),
        template(
            "ClusterImageTemplate",
            "workload-kpack-image",
            stamped("Image", {"source": {"blob": {"url": "$(source.url)$"}}}, WORKLOAD_NAME),
            imagePath=".status.latestImage",
        ),
        template(
            "ClusterConfigTemplate",
            "app-config",
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": WORKLOAD_NAME},
                "data": {"image": "$(image)$"},
            },
            configPath=".data",
        ),
        template(
            "ClusterImageTemplate",
            "imgpkg-bundle",
            runnable(f"{WORKLOAD_NAME}-imgpkg-bundle", "image-task-run", {"package": "fixed"}),
            imagePath=".status.outputs.image",
        ),
        run_template(
            "source-task-run-test",
            "test-",
            {"url": "spec.inputs.source.url", "revision": "spec.inputs.source.revision"},
        ),
        run_template("image-task-run", "push-", {"image": result}),
        template(
            "ClusterSourceTemplate",
            "deliverable-image-repository",
            stamped("ImageRepository", {"image": "$(deliverable.spec.source.image)$"}, DELIVERABLE_NAME),
            urlPath=".status.canonicalImageName",
            revisionPath=".status.canonicalImageName",
        ),
        template(
            "ClusterSourceTemplate",
            "deliverable-image-policy",
            stamped("ImagePolicy", {"policy": "semver"}, DELIVERABLE_NAME),
            urlPath=".status.latestRef.name",
            revisionPath=".status.latestRef.tag",
        ),
        template(
            "ClusterTemplate",
            "deliverable-package-repository",
            stamped("PackageRepository", {"image": "$(source.url)$:$(source.revision)$"}, DELIVERABLE_NAME),
        ),
        template(
            "ClusterDeploymentTemplate",
            "deliverable-package-install",
            stamped("PackageInstall", {"syncPeriod": "3m0s"}, DELIVERABLE_NAME),
            observedCompletion={
                "succeeded": {
                    "key": 'status.conditions[?(@.type=="ReconcileSucceeded")].status',
                    "value": "True",
                },
                "failed": {
                    "key": 'status.conditions[?(@.type=="ReconcileFailed")].status',
                    "value": "True",
                },
            },
        ),
    ]


def blueprints() -> list[Obj]:
    """The blueprints of the second recording, as they were at its beginning."""
    found = {}
    for _, _, obj in recorded("second-run"):
        if obj["kind"] in ("ClusterSupplyChain", "ClusterDelivery") and obj["kind"] not in found:
            meta = {"name": obj["metadata"]["name"]}
            found[obj["kind"]] = {
                **{key: obj[key] for key in ("apiVersion", "kind", "spec")},
                "metadata": meta,
            }
    return list(found.values())


RESTART = (535.9, 600.0)
"""When the real controller was restarted in the first recording, and stamped every run once more."""

RESTART_RUNS = {
    "hello-go-web2pkg-test-golang-jjjs5",
    "hello-go-web2pkg-imgpkg-bundle-imgpkg-push-package-rbhgw",
}
FIRST, SECOND = "first-run", "second-run"


def played(name: str, since: float, namespaces: set[str]) -> Iterator[tuple[str, Obj]]:
    """Yield what is played of a recording: owners and the objects of other systems."""
    for time, kind_of_event, obj in recorded(name):
        meta = obj["metadata"]
        wanted = obj["kind"] in STAND_INS or (obj["kind"] in OWNERS and kind_of_event == "ADDED")
        if not wanted or time < since or meta.get("namespace") not in namespaces:
            continue
        if meta["name"] in RESTART_RUNS or (name == SECOND and time > CLEAN_UP):
            continue
        yield kind_of_event, obj


CLEAN_UP = 350.0
"""When clean-up began in the second recording."""


def play(replay: Replay, name: str, since: float, namespaces: set[str]) -> None:
    for kind_of_event, obj in played(name, since, namespaces):
        if obj["kind"] in ("Workload", "Deliverable"):
            if replay.at.get(obj["kind"], obj["metadata"]["name"]) is None:
                replay.owner(obj)
                replay.settle()
        elif obj["kind"] in STAND_INS and kind_of_event == "DELETED":
            replay.delete(obj)
        elif obj["kind"] in STAND_INS:
            replay.status(obj)


def expected(name: str, since: float, namespaces: set[str], into: Sequences) -> Sequences:
    """Collect what the real carto.run objects said, without the runs of the restart."""
    for time, kind_of_event, obj in recorded(name):
        mine = obj["kind"] in OWNERS and obj["metadata"]["namespace"] in namespaces
        restarted = name == FIRST and obj["kind"] == "Runnable" and RESTART[0] < time < RESTART[1]
        if mine and time >= since and kind_of_event != "DELETED" and not restarted:
            into.see(obj)
    return into


WAITING = (
    ("DeliveryReady", "True", "Ready", ""),
    ("ResourcesSubmitted", "Unknown", "ConditionNotMet", ""),
    ("ResourcesHealthy", "Unknown", "HealthyConditionRule", ""),
    ("Ready", "Unknown", "ConditionNotMet", ""),
)
WAITING_RESOURCE = (
    ("ResourcesSubmitted", "Unknown", "ConditionNotMet", ""),
    ("Healthy", "Unknown", "OutputNotAvailable", ""),
    ("Ready", "Unknown", "ConditionNotMet", ""),
)
ONLY_LOCAL = {
    ("Deliverable", "hello-go-from-pkg"): {WAITING},
    ("Deliverable", "hello-go-from-pkg", "deployer"): {WAITING_RESOURCE},
}
"""States that the local platform tells and the recording lacks: the real controller looked at a
PackageInstall that was being tried again only when it was done, 0.6 s later. In docs/local-platform.md."""


def shown(sequences: list[State] | None) -> str:
    return "\n".join(f"    {one}" for one in sequences or ["nothing"])


def compare(ours: Sequences, real: Sequences) -> str:
    """Return the differences as text, empty if there are none but the documented ones."""
    names = sorted({*ours.of, *real.of})
    return "\n".join(
        f"{'/'.join(name)}\n  real:\n{shown(real.of.get(name))}\n  local:\n{shown(ours.of.get(name))}"
        for name in names
        if _without(ours.of.get(name), ONLY_LOCAL.get(name, set())) != real.of.get(name)
    )


def _without(sequence: list[State] | None, extra: set[State]) -> list[State] | None:
    return sequence if sequence is None else [found for found in sequence if found not in extra]


def test_the_workload_says_what_the_real_one_said(
    carto: PlatformProcess, carto_client: Client, stand_ins: None
) -> None:
    """First delivery with all its troubles, second commit, failing test and revert."""
    with scene(carto_client, "fidelity") as at:
        at.grant()
        at.apply(*templates(), *blueprints())
        replay = Replay(at)
        try:
            play(replay, FIRST, 0.0, {"default"})
            play(replay, SECOND, 38.9, {"default"})
            real = expected(FIRST, 0.0, {"default"}, Sequences())
            expected(SECOND, 0.3, {"default"}, real)
            different = compare(replay.seen, real)
            assert not different, f"\n{different}"
        finally:
            replay.stop()


def test_the_promoted_deliverable_says_what_the_real_one_said(
    carto: PlatformProcess, carto_client: Client, stand_ins: None
) -> None:
    with scene(carto_client, "fidelity") as at:
        at.grant()
        at.apply(*templates(), *blueprints())
        replay = Replay(at)
        try:
            play(replay, SECOND, 30.0, {"apps-prod"})
            different = compare(replay.seen, expected(SECOND, 30.0, {"apps-prod"}, Sequences()))
            assert not different, f"\n{different}"
        finally:
            replay.stop()


def test_clean_up_leaves_nothing_and_blueprints_say_so(
    carto: PlatformProcess, carto_client: Client, stand_ins: None
) -> None:
    with scene(carto_client, "fidelity") as at:
        at.grant()
        made = at.apply(*templates(), *blueprints())
        replay = Replay(at)
        try:
            play(replay, SECOND, 30.0, {"apps-prod"})
        finally:
            replay.stop()
        name = at.list("Deliverable")[0]["metadata"]["name"]
        at.client.delete(CARTO, "Deliverable", name, at.namespace)
        for kind in ("ImageRepository", "ImagePolicy", "PackageRepository", "PackageInstall"):
            api_version = f"{STAND_INS[kind]}/v1"
            wait_for(f"{kind} to be gone", lambda k=kind, a=api_version: not at.list(k, a))
        for obj in made:
            if obj["kind"].endswith("Template"):
                at.client.delete(CARTO, obj["kind"], obj["metadata"]["name"])
        last = [obj for _, _, obj in recorded(SECOND) if obj["kind"] == "ClusterDelivery"][-1]
        wanted = state(last["status"]["conditions"])
        wait_for(
            "the delivery to miss its templates",
            lambda: (
                state((at.get("ClusterDelivery", "pkg-delivery") or {})["status"]["conditions"]) == wanted
            ),
        )

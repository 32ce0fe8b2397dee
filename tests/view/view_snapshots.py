"""Snapshots for the screens: a run in the middle, a failed one, a finished one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pkgops.model import (
    Blockage,
    CauseCode,
    Environment,
    ObjectRef,
    Output,
    Snapshot,
    Stage,
    StageStatus,
    State,
    Verdict,
)

BEGAN = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
COMMIT = "main@sha1:" + "1a2b3c4d" * 5
IMAGE = "registry.example.com/demo/hello-go-web2pkg@sha256:" + "ab" * 32
NAME = "hello-go-web2pkg"


def at(seconds):
    return BEGAN + timedelta(seconds=seconds)


def ref(kind, name, namespace="default", api="v1"):
    return ObjectRef(api, kind, namespace, name)


STATUS = ("reason", "message", "waits_for", "since", "until", "output")


def stage(name, title, tool, state, **more):
    more.setdefault("scope", "supply-chain")
    scope = more.pop("scope")
    status = StageStatus(state=state, **{key: more.pop(key) for key in STATUS if key in more})
    return Stage(name=name, scope=scope, title=title, tool=tool, status=status, revision=COMMIT, **more)


def fetched():
    git = ref("GitRepository", NAME)
    return stage(
        "source-provider", "Fetch source", "Flux", State.DONE,
        object=git, leaf=git, since=at(1), until=at(2), output=Output(revision=COMMIT),
    )  # fmt: skip


def source_tester(state=State.WORKING, **more):
    pod = ref("Pod", f"{NAME}-test-golang-x7k2p-pod")
    return stage(
        "source-tester", "Test source", "Tekton", state,
        object=ref("Runnable", NAME), leaf=pod, pods=(pod,), since=at(2), **more,
    )  # fmt: skip


def waiting(name, title, tool, scope="supply-chain", waits_for="source-tester"):
    return stage(name, title, tool, State.WAITING, waits_for=waits_for, scope=scope)


def chain(second):
    return (
        fetched(),
        second,
        waiting("image-builder", "Build image", "kpack"),
        waiting("config-provider", "Generate configuration", "Kubernetes", waits_for="image-builder"),
        waiting("imgpkg-bundler", "Publish package", "Tekton", waits_for="config-provider"),
    )


def delivery(scope="apps-dev"):
    return (
        waiting("source-detector", "Detect packages", "Flux", scope, "a first package"),
        waiting("deployer", "Install package", "Carvel", scope, "source-provider"),
    )


def environment(**more):
    values = {
        "name": "apps-dev",
        "namespace": "apps-dev",
        "owner": ref("Deliverable", "hello-go-from-pkg", "apps-dev", "carto.run/v1alpha1"),
        "stages": delivery(),
        "verdict": Verdict.WAITING,
    }
    return Environment(**{**values, **more})


def snapshot(stages, environments=(), **more):
    values = {
        "taken_at": at(34),
        "workload": ref("Workload", NAME, api="carto.run/v1alpha1"),
        "blueprint": ref("ClusterSupplyChain", "e2e-pkgops", "", "carto.run/v1alpha1"),
        "stages": stages,
        "environments": environments,
        "verdict": Verdict.WORKING,
        "revision": COMMIT,
    }
    return Snapshot(**{**values, **more})


def running():
    return snapshot(chain(source_tester()), (environment(),))


def failed():
    broken = source_tester(
        State.FAILED, reason="Failed", message='"step-test" exited with code 1', until=at(30)
    )
    blockage = Blockage(
        code=CauseCode.TEST_FAILED,
        cause="the test of commit 1a2b3c4d failed: step test ended with exit code 1",
        object=ref("TaskRun", f"{NAME}-test-golang-x7k2p", api="tekton.dev/v1"),
        stage="source-tester",
        scope="supply-chain",
        next=f"pkgops logs {NAME} --stage source-tester",
    )
    return snapshot(chain(broken), (environment(),), verdict=Verdict.FAILED, blockages=(blockage,))


def served(**more):
    service = ref("Service", NAME, "apps-dev", "serving.knative.dev/v1")
    pod = ref("Pod", f"{NAME}-00001-deployment-abc", "apps-dev")
    last = stage(
        "serve", "Serve application", "Knative", State.DONE, scope="apps-dev",
        object=service, leaf=service, since=at(60), until=at(63), pods=(pod,),
        output=Output(image=IMAGE, url="http://hello-go-web2pkg.apps-dev.localhost:8080"),
    )  # fmt: skip
    values = {
        "stages": (last,),
        "verdict": Verdict.READY,
        "version": "0.1.1764000000",
        "image": IMAGE,
        "revision": COMMIT,
        "url": "http://hello-go-web2pkg.apps-dev.localhost:8080",
    }
    return environment(**{**values, **more})


def ready():
    passed = source_tester(State.DONE, until=at(26), output=Output(revision=COMMIT))
    return snapshot(
        (fetched(), passed), (served(),), verdict=Verdict.READY, image=IMAGE, image_revision=COMMIT
    )

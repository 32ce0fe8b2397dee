"""Snapshots of two parts, written by hand: a supply chain of two stages and environments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pkgops.model import (
    Blockage,
    CauseCode,
    Environment,
    ObjectRef,
    Snapshot,
    Stage,
    StageStatus,
    State,
    Verdict,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ONE, TWO = "0123456789" * 4, "abcdef0123" * 4
IMAGE = "r/app@sha256:" + "ab" * 32
OTHER = "r/app@sha256:" + "cd" * 32
CHAIN = "supply-chain"


def at(second):
    return NOW + timedelta(seconds=second)


def ref(kind="Pod", name="x", namespace="default", api="v1"):
    return ObjectRef(api, kind, namespace, name)


def stage(state=State.DONE, name="build", scope=CHAIN, revision="", object=None, **status):
    return Stage(
        name=name,
        scope=scope,
        title=name.title(),
        object=object,
        status=StageStatus(state=state, **status),
        revision=revision,
    )


def environment(name="dev", state=State.DONE, **more):
    values = {
        "name": name,
        "namespace": f"apps-{name}",
        "stages": (stage(state, "serve", name),),
        "verdict": Verdict.READY,
        "version": "0.1.1",
        "image": IMAGE,
        "revision": ONE,
    }
    return Environment(**{**values, **more})


def snapshot(*stages, environments=None, second=0, **more):
    values = {
        "taken_at": at(second),
        "workload": ref("Workload", "hello", api="carto.run/v1alpha1"),
        "stages": stages or (stage(name="test"), stage()),
        "environments": (environment(),) if environments is None else tuple(environments),
        "verdict": Verdict.READY,
        "revision": ONE,
        "image": IMAGE,
        "image_revision": ONE,
    }
    return Snapshot(**{**values, **more})


def cause(code=CauseCode.FAILED, state=State.FAILED, scope=CHAIN, stage="build", **more):
    values = {"cause": str(code), "object": None}
    return Blockage(code=code, state=state, scope=scope, stage=stage, **{**values, **more})

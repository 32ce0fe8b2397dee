"""Every field of Tekton's kinds that counts: without it, another thing becomes of the runs."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from acted_on_kit import Memory, Scene, acted_on, makes_a_difference, scenes, usual
from fields_kit import undefined

from pkgops.kube import Obj
from pkgops.platform.fieldsupport import Field, parts_of
from pkgops.platform.queue import Key
from pkgops.platform.tekton.defaults import defaulted
from pkgops.platform.tekton.pipelinerun import PipelineRuns
from pkgops.platform.tekton.taskrun import TaskRuns
from pkgops.platform.unknownfields import unknown_fields

JUMPS = 2
VALUES = {"items": '["a"]', "keys": '{"k":"v"}', "said": '{"k":"v"}', "deep": '{"k":"v"}', "inner": "w"}
"""What programs write as results of other types than text."""
CHECKED = {
    ("Task", "spec.steps[].results[].type"),
    ("Task", "spec.steps[].results[].properties"),
    ("Task", "spec.results[].properties"),
    ("StepAction", "spec.params[].properties"),
    ("StepAction", "spec.results[].type"),
    ("StepAction", "spec.results[].properties"),
    ("Pipeline", "spec.results[].type"),
    ("Pipeline", "spec.finally[].runAfter[]"),
    ("Pipeline", "spec.finally[].taskRef.kind"),
    ("Pipeline", "spec.tasks[].taskRef.kind"),
}
"""Fields that only admission checks, as in Tekton: they have no effect later."""


class World(Memory):
    """A cluster in which the programs of pods end at once, unless their image is one that does not."""

    def run_pods(self) -> None:
        for pod in [obj for (kind, _), obj in self.objects.items() if kind == "Pod"]:
            ended = [_ended(step) for step in pod["spec"]["containers"]]
            if all(ended):
                self.put({**pod, "status": {"containerStatuses": ended}})


def _ended(step: Obj) -> Obj | None:
    if step.get("image") == "hangs":
        return None
    arguments = step["args"]
    message = [
        {"key": name, "value": VALUES.get(name, "v"), "type": kind}
        for flag, kind in (("-results", 1), ("-step_results", 4))
        if flag in arguments
        for name in arguments[arguments.index(flag) + 1].split(",")
    ]
    state = {"exitCode": int(step.get("image") == "fails"), "message": json.dumps(message), "reason": "x"}
    return {"name": step["name"], "state": {"terminated": state}}


def outcome(scene: Scene) -> Any:
    """Return what the controllers made of objects, without the copies of Tasks that statuses have."""
    world, waits = played(scene)
    given = {(obj["kind"], obj["metadata"]["name"]) for obj in scene}
    made = [
        {**obj, "spec": {} if (kind, obj["metadata"]["name"]) in given else obj["spec"]}
        for (kind, _), obj in world.objects.items()
        if kind not in ("Task", "StepAction", "Pipeline")
    ]
    for obj in made:
        obj["status"] = {
            k: v for k, v in obj.get("status", {}).items() if k not in ("taskSpec", "pipelineSpec")
        }
    return [made, world.events, waits]


def played(scene: Scene) -> tuple[World, list[float | None]]:
    """Return the cluster after the reconciles, and the seconds until the next ones."""
    world = World(*(defaulted(obj, creating=True) for obj in scene))
    command = lambda image, secrets: (["own"], ["program"])  # noqa: E731
    reconcilers = {
        "TaskRun": TaskRuns(world, command),  # type: ignore[arg-type]
        "PipelineRun": PipelineRuns(world),  # type: ignore[arg-type]
    }
    waits, before, jumps = list[float | None](), "", JUMPS
    while jumps:
        for kind, name in list(world.objects):
            if kind in reconcilers:
                namespace, _, own = name.partition("/")
                waits.append(reconcilers[kind].reconcile(Key(namespace, own)))
        world.run_pods()
        now = repr(world.objects)
        # Where nothing happens any more, time passes until all timeouts have.
        world.time += timedelta(hours=2) if now == before else timedelta(seconds=1)
        jumps -= now == before
        before = now
    return world, waits


@cache
def given() -> dict[str, Scene]:
    return scenes("tekton")


FIELDS = acted_on("tekton")
WRITTEN = [(kind, field) for kind, field in FIELDS if field.path.startswith("metadata.")]


@pytest.mark.parametrize("field", [field for _, field in WRITTEN], ids=lambda field: field.path)
def test_an_annotation_or_label_of_tekton_is_written(field: Field) -> None:
    key = parts_of(field.path)[-1]
    assert any(f'"{key}": "' in "".join(usual(outcome, *one)) for one in given().items())


@pytest.mark.parametrize(
    ("kind", "field"),
    [one for one in FIELDS if one not in WRITTEN],
    ids=lambda one: getattr(one, "path", one),
)
def test_without_a_field_that_counts_another_thing_becomes_of_the_runs(kind: str, field: Field) -> None:
    differs = makes_a_difference(kind, field, given(), outcome)
    assert differs is ((kind, field.path) not in CHECKED)


def test_every_field_that_is_written_into_a_status_is_defined() -> None:
    found = [obj for scene in given().values() for obj in played(copy.deepcopy(scene))[0].objects.values()]
    assert undefined("tekton", found) == {"TaskRun": set(), "PipelineRun": set()}


def test_what_the_controllers_make_has_no_fields_but_those_of_the_real_definitions() -> None:
    made = [obj for scene in given().values() for obj in outcome(copy.deepcopy(scene))[0]]
    runs = [obj for obj in made if obj["kind"] == "TaskRun"]
    assert runs
    assert [found for obj in runs for found in unknown_fields("tekton", obj)] == []

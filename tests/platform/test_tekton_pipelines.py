"""PipelineRuns in a cluster in memory: the objects that are created, the status and the events."""

import pytest
from pipeline_runs_kit import STEPS, Run, counts, task


def test_tasks_run_in_order_and_beside_one_another():
    run = Run(task("a"), task("b"), task("c", runAfter=["a", "b"]))
    run.look()
    assert run.started == ["r-a", "r-b"]
    assert run.said == ("Unknown", "Running", counts(0, 3))
    run.end("a")
    assert run.started == ["r-a", "r-b"]
    run.end("b")
    assert run.started == ["r-a", "r-b", "r-c"]
    assert run.said == ("Unknown", "Running", counts(2, 1))
    run.end("c")
    assert run.said == ("True", "Succeeded", "Tasks Completed: 3 (Failed: 0, Cancelled 0), Skipped: 0")
    assert run.status["completionTime"] == "2026-01-01T00:00:00Z"
    assert [entry["name"] for entry in run.status["childReferences"]] == ["r-a", "r-b", "r-c"]
    assert run.cluster.events[0][:2] == ("Normal", "Started")
    assert run.cluster.events[-1][:2] == ("Normal", "Succeeded")


def test_a_task_run_says_whose_it_is_and_has_what_its_task_says():
    run = Run(
        task("a", retries=2, timeout="5m"),
        spec={
            "taskRunTemplate": {"serviceAccountName": "robot", "podTemplate": {"nodeSelector": {"a": "b"}}},
            "taskRunSpecs": [
                {"pipelineTaskName": "a", "stepSpecs": [{"name": "s"}], "metadata": {"labels": {"l": "1"}}}
            ],
        },
    )
    run.look()
    made = run.task_run("a")
    assert made["metadata"]["labels"] == {
        "team": "x",
        "mine": "1",
        "l": "1",
        "tekton.dev/pipeline": "pipe",
        "tekton.dev/pipelineRun": "r",
        "tekton.dev/pipelineRunUID": "u",
        "tekton.dev/pipelineTask": "a",
        "tekton.dev/memberOf": "tasks",
    }
    assert made["metadata"]["ownerReferences"][0]["name"] == "r"
    assert made["spec"] == {
        "taskRef": {"name": "a"},
        "serviceAccountName": "robot",
        "podTemplate": {"nodeSelector": {"a": "b"}},
        "retries": 2,
        "timeout": "5m",
        "stepSpecs": [{"name": "s", "computeResources": {}}],
    }
    assert run.cluster.objects[("PipelineRun", "r")]["metadata"]["labels"] == {
        "team": "x",
        "mine": "1",
        "tekton.dev/pipeline": "pipe",
    }


def test_parameters_and_results_reach_tasks_whole_and_in_parts():
    use = [
        {"name": "text", "value": "$(params.who)-$(tasks.a.results.r)"},
        {"name": "all", "value": "$(params.list[*])"},
        {"name": "one", "value": "$(params.list[1])"},
        {"name": "more", "value": ["x", "$(params.list[*])"]},
        {"name": "object", "value": "$(params.map[*])"},
        {"name": "key", "value": "$(params.map.k)"},
        {"name": "run", "value": "$(context.pipelineRun.name)/$(context.pipeline.name)"},
        {"name": "retries", "value": "$(context.pipelineTask.retries)"},
    ]
    declared = [
        {"name": "who", "default": "nobody"},
        {"name": "list", "type": "array", "default": ["p", "q"]},
        {"name": "map", "properties": {"k": {}}, "default": {"k": "v"}},
    ]
    run = Run(
        task("a"),
        task("b", params=use),
        params=declared,
        results=[
            {"name": "out", "value": "$(tasks.a.results.r)!"},
            {"name": "none", "value": "$(tasks.b.results.x)"},
        ],
        spec={"params": [{"name": "who", "value": "me"}]},
    )
    run.look()
    assert run.started == ["r-a"]
    run.end("a", r="done")
    assert {entry["name"]: entry["value"] for entry in run.task_run("b")["spec"]["params"]} == {
        "text": "me-done",
        "all": ["p", "q"],
        "one": "q",
        "more": ["x", "p", "q"],
        "object": {"k": "v"},
        "key": "v",
        "run": "r/pipe",
        "retries": "0",
    }
    run.end("b")
    assert run.status["results"] == [{"name": "out", "value": "done!"}]


def test_an_inline_task_takes_parameters_results_and_workspaces_that_it_does_not_declare():
    script = "$(params.who) $(params.own) $(tasks.a.results.r) $(workspaces.src.path)"
    inline = {"params": [{"name": "own", "default": "o"}], "steps": [{"image": "i", "script": script}]}
    run = Run(
        task("a"),
        {"name": "b", "taskSpec": {**inline, "metadata": {"labels": {"kind": "test"}}}},
        params=[{"name": "who"}, {"name": "own", "default": "no"}],
        spec={
            "params": [{"name": "who", "value": "me"}],
            "workspaces": [{"name": "src", "emptyDir": {}}],
        },
    )
    run.look()
    run.end("a", r="1")
    made = run.task_run("b")
    assert made["spec"]["taskSpec"] == {
        "params": inline["params"],
        "steps": [{"image": "i", "script": "me $(params.own) 1 $(workspaces.src.path)"}],
        "workspaces": [{"name": "src"}],
    }
    assert made["spec"]["workspaces"] == [{"name": "src", "emptyDir": {}}]
    assert made["metadata"]["labels"]["kind"] == "test"


def test_workspaces_are_bound_by_the_pipelines_name_and_a_claim_is_made_once():
    run = Run(
        task("a", workspaces=[{"name": "in", "workspace": "shared", "subPath": "x"}]),
        task("b", workspaces=[{"name": "shared"}, {"name": "maybe"}]),
        workspaces=[{"name": "shared"}, {"name": "maybe", "optional": True}],
        spec={
            "workspaces": [
                {"name": "shared", "subPath": "top", "volumeClaimTemplate": {"spec": {"volumeName": "a"}}}
            ]
        },
    )
    run.look()
    claims = [obj for (kind, _), obj in run.cluster.objects.items() if kind == "PersistentVolumeClaim"]
    name = claims[0]["metadata"]["name"]
    assert claims[0]["metadata"]["ownerReferences"][0]["kind"] == "PipelineRun"
    claim = {"persistentVolumeClaim": {"claimName": name}}
    assert run.task_run("a")["spec"]["workspaces"] == [{"name": "in", "subPath": "top/x", **claim}]
    assert run.task_run("b")["spec"]["workspaces"] == [{"name": "shared", "subPath": "top", **claim}]


def test_a_failure_stops_what_has_not_begun_and_the_final_tasks_run_and_know_it():
    told = [{"name": "s", "value": "$(tasks.a.status) $(tasks.a.reason) $(tasks.c.status) $(tasks.status)"}]
    run = Run(task("a"), task("b"), task("c", runAfter=["a"]), final=[task("f", params=told)])
    run.look()
    run.fail("a")
    assert run.said == ("Unknown", "Running", counts(1, 2, failed=1, skipped=1))
    assert run.skipped == {"c": "PipelineRun was stopping"}
    assert run.started == ["r-a", "r-b"]
    run.end("b")
    made = run.task_run("f")
    assert made["spec"]["params"] == [{"name": "s", "value": "Failed Failed None Failed"}]
    assert made["metadata"]["labels"]["tekton.dev/memberOf"] == "finally"
    assert run.status["finallyStartTime"] == "2026-01-01T00:00:00Z"
    run.end("f")
    assert run.said == ("False", "Failed", "Tasks Completed: 3 (Failed: 1, Cancelled 0), Skipped: 1")


def test_a_run_without_final_tasks_is_stopping_while_others_still_run():
    run = Run(task("a"), task("b"), task("c", runAfter=["b"]))
    run.look()
    run.fail("a")
    assert run.said[1] == "PipelineRunStopping"
    run.end("b")
    assert run.started == ["r-a", "r-b"]
    assert run.said == ("False", "Failed", "Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 1")


def test_a_failure_that_does_not_matter_is_counted_and_ignored():
    run = Run(task("a", onError="continue"), task("b", runAfter=["a"]))
    run.look()
    assert run.task_run("a")["metadata"]["annotations"] == {
        "pipeline.tekton.dev/pipeline-task-on-error": "continue"
    }
    run.fail("a")
    run.end("b")
    assert run.said == (
        "True",
        "Succeeded",
        "Tasks Completed: 2 (Failed: 1 (Ignored: 1), Cancelled 0), Skipped: 0",
    )


def when(value, operator="in", values=("yes",)):
    return [{"input": value, "operator": operator, "values": list(values)}]


def test_when_skips_a_task_and_only_what_uses_its_results():
    uses = [{"name": "p", "value": "$(tasks.b.results.x)"}]
    run = Run(
        task("a"),
        task("b", when=when("$(tasks.a.results.go)")),
        task("c", runAfter=["b"]),
        task("d", params=uses),
        task("e", runAfter=["d"]),
        task("g", when=when("$(tasks.a.results.go)", "notin")),
    )
    run.look()
    run.end("a", go="no")
    assert run.started == ["r-a", "r-c", "r-g"]
    assert run.skipped == {
        "b": "When Expressions evaluated to false",
        "d": "Results were missing",
        "e": "Parent Tasks were skipped",
    }
    assert run.status["skippedTasks"][0]["whenExpressions"] == when("no")
    run.end("c")
    run.end("g")
    assert run.said == ("True", "Completed", "Tasks Completed: 3 (Failed: 0, Cancelled 0), Skipped: 3")


def test_final_tasks_are_skipped_by_when_and_where_results_are_missing():
    uses = [{"name": "p", "value": "$(tasks.a.results.ghost)"}]
    run = Run(task("a"), final=[task("f", params=uses), task("g", when=when("$(tasks.status)")), task("h")])
    run.look()
    run.end("a")
    assert run.started == ["r-a", "r-h"]
    assert run.skipped == {"f": "Results were missing", "g": "When Expressions evaluated to false"}


def test_a_result_that_a_task_did_not_write_fails_the_run():
    run = Run(
        task("a"),
        task("b", params=[{"name": "p", "value": "$(tasks.a.results.ghost)"}]),
        task("c", runAfter=["b"]),
    )
    run.look()
    run.end("a")
    assert run.started == ["r-a"]
    assert run.said == (
        "False",
        "PipelineValidationFailed",
        "Tasks Completed: 1 (Failed: 0, Cancelled 0), Skipped: 1, Failed Validation: 1 (invalid task result "
        "reference: Could not find result with name ghost for task a)",
    )


REFUSED = [
    (
        {"absent": ["a"]},
        "CouldntGetTask",
        "Pipeline ns/pipe can't be Run; it contains Tasks that don't exist: Couldn't retrieve Task "
        '"a": tasks.tekton.dev "a" not found',
    ),
    (
        {"params": [{"name": "p"}]},
        "ParameterMissing",
        "PipelineRun ns/r is missing some parameters required by Pipeline ns/pipe: [User error] pipelineRun "
        "missing parameters: [p]",
    ),
    (
        {"params": [{"name": "p"}], "spec": {"params": [{"name": "p", "value": []}]}},
        "ParameterTypeMismatch",
        "PipelineRun ns/r parameters have mismatching types with Pipeline ns/pipe's parameters: [User error] "
        "parameters have inconsistent types : [p]",
    ),
    (
        {
            "params": [{"name": "p", "properties": {"k": {}}}],
            "spec": {"params": [{"name": "p", "value": {}}]},
        },
        "ObjectParameterMissKeys",
        "PipelineRun ns/r parameters is missing object keys required by Pipeline ns/pipe's parameters: [User "
        "error] pipelineRun missing object keys for parameters: map[p:[k]]",
    ),
    (
        {"workspaces": [{"name": "w"}]},
        "InvalidWorkspaceBindings",
        "PipelineRun ns/r doesn't bind Pipeline ns/pipe's Workspaces correctly: [User error] pipeline "
        'requires workspace with name "w" be provided by pipelinerun',
    ),
    (
        {"spec": {"pipelineRef": {"name": "ghost"}}},
        "CouldntGetPipeline",
        "Error retrieving pipeline for pipelinerun ns/r: error when listing pipelines for pipelineRun r: "
        'pipelines.tekton.dev "ghost" not found',
    ),
    (
        {"spec": {"pipelineRef": {"resolver": "git"}}},
        "CouldntGetPipeline",
        'Error retrieving pipeline for pipelinerun ns/r: resolver "git" is not part of the local platform; '
        "use pipelineRef.name, or the cluster resolver with kind pipeline",
    ),
]


@pytest.mark.parametrize(("pipeline", "reason", "message"), REFUSED, ids=[row[1] for row in REFUSED])
def test_runs_that_cannot_start(pipeline, reason, message):
    run = Run(task("a"), **pipeline)
    run.look()
    assert run.said == ("False", reason, message)
    assert run.started == []
    assert run.cluster.events[-1] == ("Warning", "Failed", message)


WANTED = [{"name": "who"}, {"name": "list", "type": "array"}, {"name": "spare", "default": ""}]
WRONG = "param types don't match the user-specified type:"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "missing values for these params which have no default values: [who list]"),
        ({"params": [{"name": "who", "value": []}, {"name": "list", "value": "x"}]}, f"{WRONG} [who list]"),
        (
            {
                "params": [{"name": "who", "value": "x"}],
                "matrix": {"params": [{"name": "list", "value": ["1"]}]},
            },
            f"{WRONG} [list]",
        ),
    ],
)
def test_parameters_that_do_not_fit_the_task_stop_a_run_before_it_starts(fields, problem):
    run = Run(task("first"), task("a", **fields), declared=WANTED)
    run.cluster.objects["Task", "first"]["spec"] = {}
    run.look()
    assert run.said == (
        "False",
        "PipelineValidationFailed",
        f"Validation failed for pipelinerun r with error [User error] invalid input params for task a: "
        f"{problem}",
    )
    assert run.started == []


def test_parameters_that_may_come_to_fit_do_not():
    given = [{"name": "who", "value": "x"}, {"name": "list", "value": "$(params.all[*])"}]
    fanned = {"include": [{"params": [{"name": "who", "value": "y"}]}]}
    run = Run(
        task("a", params=[*given, {"name": "more", "value": []}]),
        task("b", params=given[1:], matrix=fanned),
        declared=WANTED,
        params=[{"name": "all", "type": "array", "default": ["1"]}],
    )
    run.look()
    assert run.started == ["r-a", "r-b"]


def test_a_custom_task_is_not_part_of_the_platform():
    run = Run(task("a", taskRef={"name": "a", "apiVersion": "x/v1"}))
    run.look()
    assert run.said[1] == "PipelineValidationFailed"
    assert run.said[2].endswith("of its task a is not part of the local platform")


def test_a_workspace_that_nobody_binds_fails_the_creation():
    run = Run(task("a", workspaces=[{"name": "w"}]))
    run.look()
    assert run.said == (
        "False",
        "CreateRunFailed",
        'expected workspace "w" to be provided by pipelinerun for pipeline task "a"',
    )


def test_a_cancelled_run_ends_at_once_and_cancels_its_tasks():
    run = Run(task("a"), task("b", runAfter=["a"]), final=[task("f")])
    run.look()
    run.wish("Cancelled")
    assert run.said == ("False", "Cancelled", 'PipelineRun "r" was cancelled')
    assert run.task_run("a")["spec"]["status"] == "TaskRunCancelled"
    assert run.task_run("a")["spec"]["statusMessage"] == (
        "TaskRun cancelled as the PipelineRun it belongs to has been cancelled."
    )
    assert run.started == ["r-a"]


def test_a_gracefully_cancelled_run_still_runs_its_final_tasks():
    run = Run(task("a"), task("b", runAfter=["a"]), final=[task("f")])
    run.look()
    run.wish("CancelledRunFinally")
    assert run.task_run("a")["spec"]["status"] == "TaskRunCancelled"
    run.end("a", "False", "TaskRunCancelled")
    assert run.started == ["r-a", "r-f"]
    assert run.said[1] == "CancelledRunningFinally"
    assert run.skipped == {"b": "PipelineRun was stopping"}
    run.end("f")
    assert run.said == ("False", "Cancelled", 'PipelineRun "r" was cancelled')


def test_a_gracefully_stopped_run_lets_its_tasks_end():
    run = Run(task("a"), task("b", runAfter=["a"]), final=[task("f")])
    run.look()
    run.wish("StoppedRunFinally")
    assert "status" not in run.task_run("a")["spec"]
    run.end("a")
    assert (run.started, run.skipped) == (["r-a", "r-f"], {"b": "PipelineRun was gracefully stopped"})
    run.end("f")
    assert run.said == ("False", "Cancelled", 'PipelineRun "r" was cancelled')


def test_a_run_on_hold_creates_nothing():
    run = Run(task("a"), spec={"status": "PipelineRunPending"})
    run.look()
    assert run.said == ("Unknown", "PipelineRunPending", 'PipelineRun "r" is pending')
    assert run.started == []
    run.wish("")
    assert run.started == ["r-a"]


def test_a_run_that_takes_too_long_ends_with_its_tasks():
    run = Run(task("a"), final=[task("f")], spec={"timeouts": {"pipeline": "1m"}})
    assert run.look() == 60
    assert run.look(59) == 1
    run.look(2)
    assert run.said == ("False", "PipelineRunTimeout", 'PipelineRun "r" failed to finish within "1m0s"')
    assert run.task_run("a")["spec"]["statusMessage"] == (
        "TaskRun cancelled as the PipelineRun it belongs to has timed out."
    )
    assert run.started == ["r-a"]


def test_tasks_that_take_too_long_end_and_the_final_ones_have_their_own_time():
    run = Run(
        task("a"),
        task("b", runAfter=["a"]),
        final=[task("f")],
        spec={"timeouts": {"pipeline": "1m", "tasks": "20s"}},
    )
    assert run.look() == 20
    run.look(21)
    assert run.said[1] == "PipelineRunTimeoutRunningFinally"
    run.end("a", "False", "TaskRunCancelled")
    assert run.started == ["r-a", "r-f"]
    run.look(41)
    assert run.said == ("False", "PipelineRunTimeout", 'PipelineRun "r" failed to finish within "1m0s"')


def test_final_tasks_that_take_too_long_end():
    run = Run(task("a"), final=[task("f")], spec={"timeouts": {"pipeline": "2m", "tasks": "90s"}})
    run.look()
    run.end("a")
    assert run.look() == 30
    run.look(31)
    assert run.task_run("f")["spec"]["status"] == "TaskRunCancelled"
    run.end("f", "False", "TaskRunCancelled")
    assert run.said == ("False", "Failed", "Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 0")


def test_the_name_of_a_task_run_of_an_earlier_run_is_waited_for():
    run = Run(task("a"))
    run.cluster.put({"kind": "TaskRun", "metadata": {"name": "r-a", "namespace": "ns", "labels": {}}})
    assert run.look() == 0.5
    assert run.said[1] == "Started"


def test_an_inline_pipeline_is_named_after_its_run():
    run = Run(
        task("a"),
        spec={"pipelineRef": None, "pipelineSpec": {"tasks": [{"name": "x", "taskSpec": {"steps": STEPS}}]}},
    )
    run.look()
    assert run.started == ["r-x"]
    assert run.task_run("x")["metadata"]["labels"]["tekton.dev/pipeline"] == "r"

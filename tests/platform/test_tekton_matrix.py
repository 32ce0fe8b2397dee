"""Tasks that run once for each combination of values."""

from __future__ import annotations

from typing import Any

import pytest
from pipeline_runs_kit import Run, counts, task

from pkgops.kube import Obj
from pkgops.platform.tekton.fanout import combinations, count, names


def params(**values: Any) -> list[Obj]:
    return [{"name": name, "value": value} for name, value in values.items()]


def fanned(name: str, matrix: Obj, **fields: Any) -> Obj:
    return task(name, matrix=matrix, **fields)


def found(matrix: Obj) -> list[dict[str, str]]:
    return [{entry["name"]: entry["value"] for entry in one} for one in combinations({"matrix": matrix})]


# The example of Tekton's documentation, with the documented result.
PACKAGE = {"package": "path/to/common/package/"}
RACE, CONTEXT = {"flags": "-cover -v"}, {"context": "path/to/go117/context"}
DOCUMENTED = {
    "params": params(GOARCH=["linux/amd64", "linux/ppc64le", "linux/s390x"], version=["go1.17", "go1.18.1"]),
    "include": [
        {"name": "common-package", "params": params(**PACKAGE)},
        {"name": "s390x-no-race", "params": params(GOARCH="linux/s390x", **RACE)},
        {"name": "go117-context", "params": params(version="go1.17", **CONTEXT)},
        {"name": "non-existent-arch", "params": params(GOARCH="I-do-not-exist")},
    ],
}


def test_the_documented_example() -> None:
    assert sorted(found(DOCUMENTED), key=str) == sorted(
        [
            {"GOARCH": "linux/amd64", "version": "go1.17", **PACKAGE, **CONTEXT},
            {"GOARCH": "linux/amd64", "version": "go1.18.1", **PACKAGE},
            {"GOARCH": "linux/ppc64le", "version": "go1.17", **PACKAGE, **CONTEXT},
            {"GOARCH": "linux/ppc64le", "version": "go1.18.1", **PACKAGE},
            {"GOARCH": "linux/s390x", "version": "go1.17", **PACKAGE, **RACE, **CONTEXT},
            {"GOARCH": "linux/s390x", "version": "go1.18.1", **PACKAGE, **RACE},
            {"GOARCH": "I-do-not-exist"},
        ],
        key=str,
    )
    assert count({"matrix": DOCUMENTED}) == 7


def test_the_first_parameter_changes_fastest_and_each_has_its_names_in_order() -> None:
    assert [list(one.items()) for one in found({"params": params(z=["1", "2"], a=["x", "y"])})] == [
        [("a", "x"), ("z", "1")],
        [("a", "x"), ("z", "2")],
        [("a", "y"), ("z", "1")],
        [("a", "y"), ("z", "2")],
    ]


def test_explicit_combinations_alone() -> None:
    matrix = {"include": [{"params": params(a="1", b="2")}, {"params": params(a="3")}]}
    assert found(matrix) == [{"a": "1", "b": "2"}, {"a": "3"}]
    assert count({"matrix": matrix}) == 2


def test_a_task_without_a_matrix_runs_once() -> None:
    assert (combinations({}), count({}), count({"matrix": {"params": []}})) == ([[]], 1, 1)


LONG_TASK, LONG_RUN = (
    "0123456789-0123456789-0123456789-0123456789",
    "pipeline-run-" + "-".join(["0123456789"] * 4),
)


@pytest.mark.parametrize(
    ("run", "name", "expected"),
    [
        ("mypipelinerun", "mynewtask", "mypipelinerun-mynewtask"),
        (
            "mypipelinerun",
            f"longtask-{LONG_TASK}-0123456789",
            "mypipelineruna56c4ee0aab148ee219d40b21dfe935a-longtask-012345",
        ),
        (LONG_RUN, "task3", "pipeline-run-01234567891276ed292277c9bebded38d907a517fe-task3"),
        (
            LONG_RUN,
            f"task2-{LONG_TASK}-0123456789",
            "pipeline-run-0123456789-012345607ad8c7aac5873cdfabe472a68996b",
        ),
    ],
)
def test_names_end_in_the_number_also_where_they_are_shortened(run: str, name: str, expected: str) -> None:
    assert names(run, name, 2) == [f"{expected}-0", f"{expected}-1"]
    assert names("r", "a", 1) == ["r-a"]


MATRIX = {"params": params(x=["1", "2"])}


def given(run: Run, name: str) -> dict[str, Any]:
    return {entry["name"]: entry["value"] for entry in run.task_run(name)["spec"].get("params") or []}


def test_a_task_run_for_each_combination() -> None:
    run = Run(fanned("a", MATRIX, params=params(own="o")), task("b", runAfter=["a"]))
    run.look()
    assert run.started == ["r-a-0", "r-a-1"]
    assert (given(run, "a-0"), given(run, "a-1")) == ({"x": "1", "own": "o"}, {"x": "2", "own": "o"})
    assert run.task_run("a-1")["metadata"]["labels"]["tekton.dev/pipelineTask"] == "a"
    run.end("a-0")
    assert run.said == ("Unknown", "Running", counts(0, 2))
    run.end("a-1")
    assert run.started == ["r-a-0", "r-a-1", "r-b"]
    run.end("b")
    assert run.said == ("True", "Succeeded", "Tasks Completed: 2 (Failed: 0, Cancelled 0), Skipped: 0")
    children = [(one["name"], one["pipelineTaskName"]) for one in run.status["childReferences"]]
    assert children == [("r-a-0", "a"), ("r-a-1", "a"), ("r-b", "b")]


def test_values_come_from_parameters_and_results() -> None:
    matrix = {
        "params": params(x="$(params.list[*])", y=["$(params.one)", "$(tasks.a.results.r)"]),
        "include": [{"params": params(x="$(params.one)", z="$(tasks.a.results.r)")}],
    }
    run = Run(
        task("a"),
        fanned("b", matrix),
        params=[{"name": "list", "type": "array", "default": ["p", "q"]}, {"name": "one", "default": "q"}],
    )
    run.look()
    assert run.started == ["r-a"]
    run.end("a", r="s")
    assert [given(run, f"b-{number}") for number in range(4)] == [
        {"x": "p", "y": "q"},
        {"x": "q", "y": "q", "z": "s"},
        {"x": "p", "y": "s"},
        {"x": "q", "y": "s", "z": "s"},
    ]


def test_results_are_put_together_and_counted() -> None:
    values = params(all=["$(tasks.a.results.r[*])"], n="$(tasks.a.matrix.length)")
    run = Run(
        fanned("a", MATRIX),
        task("b", params=[*values, *params(m="$(tasks.a.matrix.r.length)")]),
        fanned("c", {"params": params(y="$(tasks.a.results.r[*])")}),
        results=[{"name": "out", "value": "$(tasks.a.results.r[*])"}],
    )
    run.look()
    run.end("a-1", r="second")
    run.end("a-0", r="first")
    assert given(run, "b") == {"all": ["first", "second"], "n": "2", "m": "2"}
    assert (given(run, "c-0"), given(run, "c-1")) == ({"y": "first"}, {"y": "second"})
    for name in ("b", "c-0", "c-1"):
        run.end(name)
    assert run.status["results"] == [{"name": "out", "value": ["first", "second"]}]


def test_one_that_fails_fails_the_task_when_all_have_ended() -> None:
    final = task("f", params=params(s="$(tasks.a.status)", r="$(tasks.a.reason)"))
    run = Run(fanned("a", MATRIX), task("b", runAfter=["a"]), final=[final])
    run.look()
    run.fail("a-0")
    assert run.said == ("Unknown", "Running", counts(0, 3))
    run.end("a-1")
    assert run.skipped == {"b": "PipelineRun was stopping"}
    assert given(run, "f") == {"s": "Failed", "r": "Failed"}
    run.end("f")
    assert run.said[1] == "Failed"


def test_nothing_runs_for_an_empty_array() -> None:
    empty = [{"name": "list", "type": "array", "default": []}]
    run = Run(fanned("a", {"params": params(x="$(params.list[*])")}), task("b", runAfter=["a"]), params=empty)
    run.look()
    assert run.skipped == {
        "a": "Matrix Parameters have an empty array",
        "b": "Parent Tasks were skipped",
    }
    assert run.said[:2] == ("True", "Completed")


def test_values_of_another_type_fail_the_run() -> None:
    run = Run(task("a"), fanned("b", {"include": [{"params": params(x=["1"])}]}))
    run.look()
    assert run.said == (
        "False",
        "InvalidMatrixParameterTypes",
        'Failed to validate matrix "[User error] parameters of type string only are allowed, but param '
        '\\"x\\" has type \\"array\\" in pipelineTask \\"b\\"" with error %!v(MISSING)',
    )


def test_all_of_them_are_cancelled() -> None:
    run = Run(fanned("a", MATRIX))
    run.look()
    run.wish("Cancelled")
    stopped = [run.task_run(name)["spec"]["status"] for name in ("a-0", "a-1")]
    assert stopped == ["TaskRunCancelled"] * 2
    assert run.said[1] == "Cancelled"


def test_what_was_not_created_before_a_restart_still_is() -> None:
    run = Run(fanned("a", MATRIX), task("b"))
    run.look()
    del run.cluster.objects["TaskRun", "r-a-1"]
    run.fail("b")
    assert run.started == ["r-a-0", "r-b", "r-a-1"]


def test_a_combination_may_have_a_name() -> None:
    include = [
        {"name": "fast $(params.x)", "params": params(y="1")},
        {"name": "other", "params": params(x="9")},
    ]
    run = Run(fanned("a", {"params": params(x=["2"]), "include": include}, displayName="plain"))
    run.look()
    assert [one["displayName"] for one in run.status["childReferences"]] == ["fast 2", "other"]
    run = Run(fanned("a", MATRIX, displayName="run $(params.x)"))
    run.look()
    assert [one["displayName"] for one in run.status["childReferences"]] == ["run 1", "run 2"]

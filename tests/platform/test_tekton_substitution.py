import pytest
from hypothesis import given
from hypothesis import strategies as st
from tekton_traces import history

from pkgops.platform.tekton.params import param_variables, resolve_params
from pkgops.platform.tekton.permanenterror import PermanentError
from pkgops.platform.tekton.substitution import Variables, substitute, substitute_list, substitute_tree
from pkgops.platform.tekton.variables import resolve_task
from pkgops.platform.tekton.workspaces import (
    claim_templates,
    isolated_workspaces,
    resolve_workspaces,
    workspace_mounts,
    workspace_variables,
)

PARAMS = {"s": "text", "a.b": "dotted", "list": ["x", "y z"], "obj": {"k": "v", "n": 1}}
KNOWN = param_variables(PARAMS)

TEXTS = [
    ("$(params.s)", "text"),
    ("a$(params.s)b$(params.s)", "atextbtext"),
    ("$(params['a.b'])", "dotted"),
    ('$(params["a.b"])', "dotted"),
    ("$(params.list[1])", "y z"),
    ("$(params.obj.k)-$(params.obj.n)", "v-1"),
    # unknown references and everything of the shell stay
    ("$(params.nope)", "$(params.nope)"),
    ("$(date +%s)", "$(date +%s)"),
    ('$(string="$(grep x y)")', '$(string="$(grep x y)")'),
    ("${params.s}", "${params.s}"),
    ("$()", "$()"),
    ("$(params.list[7])", "$(params.list[7])"),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_texts(text, expected):
    assert substitute(text, KNOWN) == expected


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["a", "$(params.list[*])", "b"], ["a", "x", "y z", "b"]),
        (["$(params.list)"], ["x", "y z"]),
        (["pre-$(params.list[*])"], ["pre-$(params.list[*])"]),
        ([{"name": "$(params.s)"}], [{"name": "text"}]),
    ],
)
def test_lists(items, expected):
    assert substitute_list(items, KNOWN) == expected


def test_what_was_put_in_is_not_looked_at_again():
    assert (
        substitute("$(params.x)", Variables({"params.x": "$(params.y)", "params.y": "no"})) == "$(params.y)"
    )


def test_keys_and_other_values_stay():
    tree = {"$(params.s)": [1, None, True, "$(params.s)"]}
    assert substitute_tree(tree, KNOWN) == {"$(params.s)": [1, None, True, "text"]}


@given(st.text())
def test_text_without_a_known_reference_is_unchanged(text):
    assert substitute(text, Variables({"params.never": "x"})) in (text, text.replace("$(params.never)", "x"))


DECLARED = [{"name": "a"}, {"name": "b", "default": "d"}, {"name": "l", "type": "array", "default": []}]
REFUSED = [
    (
        DECLARED,
        [],
        "TaskRunValidationFailed",
        "[User error] invalid input params for task t: missing values for these params which have no default "
        "values: [a]",
    ),
    (
        [{"name": "a"}, {"name": "b"}],
        [],
        "TaskRunValidationFailed",
        "[User error] invalid input params for task t: missing values for these params which have no default "
        "values: [a b]",
    ),
    (
        DECLARED,
        [{"name": "a", "value": ["x"]}],
        "TaskRunValidationFailed",
        "[User error] invalid input params for task t: param types don't match the user-specified type: [a]",
    ),
    (
        [{"name": "o", "properties": {"k": {}, "m": {}}}],
        [{"name": "o", "value": {"k": "1"}}],
        "TaskRunValidationFailed",
        "[User error] invalid input params for task t: missing keys for these params which are required in "
        "ParamSpec's properties map[o:[m]]",
    ),
    (
        [{"name": "e", "enum": ["x", "y"]}],
        [{"name": "e", "value": "z"}],
        "InvalidParamValue",
        "[User error] param `e` value: `z` is not in the enum list",
    ),
]


@pytest.mark.parametrize(("declared", "given_params", "reason", "message"), REFUSED)
def test_params_that_do_not_fit(declared, given_params, reason, message):
    with pytest.raises(PermanentError) as refused:
        resolve_params("t", declared, given_params)
    assert (refused.value.reason, refused.value.message) == (reason, message)


def test_the_taskruns_value_wins_over_the_default_and_extra_ones_are_passed_over():
    values = resolve_params("t", DECLARED, [{"name": "a", "value": "1"}, {"name": "extra", "value": "2"}])
    assert values == {"a": "1", "b": "d", "l": []}


def test_an_objects_keys_come_from_both():
    declared = [{"name": "o", "properties": {"k": {}, "m": {}}, "default": {"k": "1", "m": "2"}}]
    assert resolve_params("t", declared, [{"name": "o", "value": {"m": "3"}}]) == {"o": {"k": "1", "m": "3"}}


def test_workspaces_that_do_not_fit():
    with pytest.raises(PermanentError, match=r'declared workspace "w" is required but has not been bound'):
        resolve_workspaces([{"name": "w"}], [], "u")
    with pytest.raises(PermanentError, match=r'workspace binding "x" does not match any declared workspace'):
        resolve_workspaces([], [{"name": "x", "emptyDir": {}}], "u")
    with pytest.raises(PermanentError, match="expected exactly one, got neither"):
        resolve_workspaces([{"name": "w"}], [{"name": "w"}], "u")


def test_an_optional_workspace_may_be_left_out():
    found = resolve_workspaces([{"name": "w", "optional": True}], [], "u")
    strings = workspace_variables(found).strings
    assert strings == {
        "workspaces.w.path": "",
        "workspaces.w.bound": "false",
        "workspaces.w.claim": "",
        "workspaces.w.volume": "",
    }
    assert workspace_mounts(found, {}, frozenset()) == []


def test_one_claim_is_one_volume():
    claim = {"persistentVolumeClaim": {"claimName": "c"}}
    found = resolve_workspaces(
        [{"name": "a"}, {"name": "b"}], [{"name": "a", **claim}, {"name": "b", **claim}], "u"
    )
    assert found[0].volume == found[1].volume
    assert workspace_variables(found).strings["workspaces.a.claim"] == "c"


def test_a_workspace_that_somebody_names_goes_to_nobody_else_and_all_others_to_everybody():
    bound = [{"name": "a", "emptyDir": {}}, {"name": "b", "emptyDir": {}, "subPath": "s"}]
    found = resolve_workspaces([{"name": "a"}, {"name": "b", "readOnly": True}], bound, "u")
    naming, silent = {"workspaces": [{"name": "b", "mountPath": "/b"}]}, {"name": "silent"}
    isolated = isolated_workspaces([silent, naming])
    shared = {"name": found[0].volume, "mountPath": "/workspace/a"}
    assert workspace_mounts(found, naming, isolated) == [
        shared,
        {"name": found[1].volume, "mountPath": "/b", "subPath": "s", "readOnly": True},
    ]
    assert workspace_mounts(found, silent, isolated) == [shared]


def test_a_claim_template_has_the_same_name_at_every_look():
    run = {"metadata": {"uid": "u", "namespace": "ns", "name": "r"}}
    bound = [{"name": "w", "volumeClaimTemplate": {"spec": {"x": 1}}}]
    claim = claim_templates(bound, run)[0]
    found = resolve_workspaces([{"name": "w"}], bound, "u")
    assert found[0].claim == claim["metadata"]["name"]
    assert claim["spec"] == {"x": 1}


def run_of(**spec):
    return {"metadata": {"name": "r", "namespace": "ns", "uid": "u"}, "spec": spec, "status": {}}


def test_every_reference_of_a_task():
    spec = {
        "params": [{"name": "p"}],
        "results": [{"name": "out"}],
        "workspaces": [{"name": "w", "mountPath": "/data/$(params.p)"}],
        "volumes": [{"name": "v", "configMap": {"name": "$(params.p)"}}],
        "steps": [
            {
                "name": "s",
                "image": "$(params.p)",
                "results": [{"name": "own"}],
                "script": "$(results.out.path) $(step.results.own.path) $(steps.step-s.exitCode.path) "
                "$(workspaces.w.path) $(context.taskRun.name) $(context.taskRun.namespace) "
                "$(context.taskRun.uid) $(context.task.name) $(context.task.retry-count) "
                "$(credentials.path) $(other)",
            }
        ],
    }
    workspaces = [{"name": "w", "configMap": {"name": "$(params.p)"}}]
    resolved, bound = resolve_task(
        run_of(params=[{"name": "p", "value": "V"}], workspaces=workspaces), "t", spec
    )
    assert resolved["steps"][0]["script"] == (
        "/tekton/results/out /tekton/steps/step-s/results/own /tekton/steps/step-s/exitCode "
        "/data/V r ns u t 0 /tekton/creds $(other)"
    )
    assert resolved["steps"][0]["image"] == "V"
    assert resolved["volumes"][0]["configMap"]["name"] == "V"
    assert bound[0].source == {"configMap": {"name": "V"}}
    assert resolved["params"] == [{"name": "p", "type": "string"}]
    assert spec["steps"][0]["image"] == "$(params.p)"


def test_a_parameters_value_may_refer_to_what_is_put_in_after_it():
    """As with a script that is handed over in a parameter; other parameters are put in at the same time."""
    value = "$(results.out.path) $(workspaces.w.path) $(context.taskRun.name) $(params.other) $(unknown)"
    spec = {
        "params": [{"name": "script"}, {"name": "other", "default": "o"}],
        "results": [{"name": "out"}],
        "workspaces": [{"name": "w"}],
        "steps": [{"name": "s", "image": "i", "script": "$(params.script)"}],
    }
    given_run = run_of(
        params=[{"name": "script", "value": value}], workspaces=[{"name": "w", "emptyDir": {}}]
    )
    resolved, _ = resolve_task(given_run, "t", spec)
    assert resolved["steps"][0]["script"] == ("/tekton/results/out /workspace/w r $(params.other) $(unknown)")


def test_a_task_in_the_run_itself_may_use_parameters_that_only_the_run_names():
    spec = {
        "params": [{"name": "own", "default": "o"}],
        "steps": [{"script": "$(params.extra) $(params.own)"}],
    }
    given_params = [{"name": "extra", "value": "x"}]
    resolved, _ = resolve_task(run_of(params=given_params, taskSpec=spec), "t", spec)
    assert resolved["steps"][0]["script"] == "x o"
    resolved, _ = resolve_task(run_of(params=given_params), "t", spec)
    assert resolved["steps"][0]["script"] == "$(params.extra) o"


@pytest.mark.parametrize("text", ["$(params.l[2])", "$(params['l'][2])", '$(params["l"][2])'])
def test_an_item_that_an_array_does_not_have_is_refused(text):
    def spec(used):
        return {"params": [{"name": "l", "type": "array"}], "steps": [{"script": used}]}

    run = run_of(params=[{"name": "l", "value": ["a", "b"]}])
    resolved, _ = resolve_task(run, "t", spec(text.replace("2", "1")))
    assert resolved["steps"][0]["script"] == "b"
    with pytest.raises(PermanentError) as refused:
        resolve_task(run, "t", spec(text))
    assert refused.value.message == f"[User error] non-existent param references:[{text}]"


def test_the_recorded_task_resolves_to_the_recorded_snapshot():
    run = history("second-run", "TaskRun", "test-golang-gzsbl")[-1]
    snapshot = run["status"]["taskSpec"]
    url = next(p["value"] for p in run["spec"]["params"] if p["name"] == "blob-url")
    step = snapshot["steps"][0]
    task = {
        "params": [{"name": "blob-url"}, {"name": "blob-revision"}],
        "steps": [{**step, "command": [part.replace(url, "$(params.blob-url)") for part in step["command"]]}],
    }
    assert resolve_task(run, "test-golang", task)[0] == snapshot

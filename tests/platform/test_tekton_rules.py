"""Each rule of Tekton's webhooks, with the real messages."""

import copy

import pytest
from tekton_traces import history

from pkgops.platform.tekton.admission import DEFAULTING_PATH, VALIDATION_PATH, respond
from pkgops.platform.tekton.defaults import defaulted
from pkgops.platform.tekton.review import problems

STEP = {"name": "a", "image": "i", "script": "true"}


def task(name="t", **spec):
    return {"kind": "Task", "metadata": {"name": name}, "spec": {"steps": [STEP], **spec}}


def run(name="r", **spec):
    if not {"taskRef", "taskSpec"} & set(spec):
        spec["taskRef"] = {"name": "t"}
    return {"kind": "TaskRun", "metadata": {"name": name}, "spec": spec}


def step(**fields):
    return task(steps=[{**STEP, **fields}])


def two(first, second):
    return task(steps=[{"image": "i", **first}, {"image": "i", **second}])


def refused(obj, old=None):
    return problems(defaulted(obj, creating=old is None), old)


def test_types_are_filled_in_for_results_of_tasks_and_step_actions_alone():
    """The results that a step declares in a Task are left as they are written."""
    results, own = [{"name": "r"}], [{"name": "r"}]
    made = defaulted(task(results=results, steps=[{**STEP, "results": own}]), creating=True)["spec"]
    assert made["results"] == [{"name": "r", "type": "string"}]
    assert made["steps"][0]["results"] == results
    action = {"kind": "StepAction", "metadata": {"name": "a"}, "spec": {"image": "i", "results": results}}
    assert defaulted(action, creating=True)["spec"]["results"] == [{"name": "r", "type": "string"}]


PARAMS = [{"name": "s"}, {"name": "l", "type": "array"}, {"name": "o", "properties": {"k": {}}}]
GOOD = task(
    params=[*PARAMS, {"name": "a.b", "default": "x"}],
    results=[{"name": "out"}, {"name": "list", "type": "array"}],
    workspaces=[{"name": "w"}, {"name": "v", "mountPath": "/v"}],
    volumes=[{"name": "x", "emptyDir": {}}, {"name": "y", "emptyDir": {}}],
    stepTemplate={"image": "t", "env": [{"name": "E", "value": "$(params.s)"}]},
    sidecars=[{"name": "side", "image": "i", "script": "x", "workspaces": [{"name": "v"}]}],
    steps=[
        {
            "name": "one",
            "script": "$(params.s) $(params['a.b']) $(params.l[0]) $(params.o.k) $(date) $(results.out.path) "
            "$(context.taskRun.uid) $(context.task.retry-count) $(step.results.r.path) $(workspaces.w.path)",
            "args": ["$(params.l[*])", "--x=$(params.s)"],
            "results": [{"name": "r"}],
            "onError": "continue",
            "timeout": "5m",
            "workspaces": [{"name": "w"}],
            "volumeMounts": [{"name": "x", "mountPath": "/tekton/home/x"}],
        },
        {"image": "i", "command": ["$(steps.one.results.r)"], "onError": "$(params.s)"},
        {"image": "i", "script": "x", "when": [{"input": "a", "operator": "in", "values": ["a"]}]},
        {"name": "three", "ref": {"name": "action"}, "params": [{"name": "p", "value": "v"}]},
    ],
)
ONE_OF = "expected exactly one, got both"
NONE_OF = "expected exactly one, got neither"
SOURCES = [
    f"spec.workspaces[0].{name}"
    for name in ("configmap", "emptydir", "persistentvolumeclaim", "secret", "volumeclaimtemplate")
]
RESULT_NAME = (
    "Name must consist of alphanumeric characters, '-', '_', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my-name',  or 'my_name', regex used for validation is "
    "'^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$')"
)
DNS = (
    "Task step name must be a valid DNS Label, For more info refer to "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#names"
)
OFF = 'requires "enable-api-fields" feature gate to be "alpha" but it is "beta": '
WITH_PARAMS = {"params": PARAMS}
RULES = [
    (task("Bad_Name"), 'invalid resource name "Bad_Name": must be a valid DNS label: metadata.name'),
    (task("a" * 64), "Invalid resource name: length must be no more than 63 characters: metadata.name"),
    (task(steps=[]), "missing field(s): spec.steps"),
    (
        task(volumes=[{"name": "x"}, {"name": "x"}]),
        'multiple volumes with same name "x": spec.volumes[1].name',
    ),
    (
        task(workspaces=[{"name": "w"}, {"name": "w", "mountPath": "/b"}]),
        'workspace name "w" must be unique: spec.workspaces[1].name',
    ),
    (
        task(workspaces=[{"name": "w", "mountPath": "/x/"}, {"name": "v", "mountPath": "/x"}]),
        'workspace mount path "/x" must be unique: spec.workspaces[1].mountpath',
    ),
    (
        task(
            workspaces=[{"name": "w"}],
            steps=[{**STEP, "volumeMounts": [{"name": "x", "mountPath": "/workspace/w"}]}],
        ),
        'workspace mount path "/workspace/w" must be unique: spec.workspaces[0].mountpath',
    ),
    (
        step(workspaces=[{"name": "ghost"}]),
        'undefined workspace "ghost": spec.steps[0].workspaces[0].name',
    ),
    (
        task(sidecars=[{"name": "s", "image": "i", "workspaces": [{"name": "ghost"}]}]),
        'undefined workspace "ghost": spec.sidecars[0].workspaces[0].name',
    ),
    (two({"name": "a", "script": "x"}, {"name": "a", "script": "x"}), f"{ONE_OF}: spec.steps[1].name"),
    (task(steps=[{"name": "a", "script": "x"}]), "missing field(s): spec.steps[0].Image"),
    (step(command=["x"]), "script cannot be used with command: spec.steps[0].script"),
    (
        step(params=[{"name": "p", "value": "x"}]),
        "params cannot be used without Ref: spec.steps[0].params",
    ),
    (
        task(steps=[{"ref": {"name": "x"}, "script": "y"}]),
        "script cannot be used with Ref: spec.steps[0].script",
    ),
    (
        task(steps=[{"ref": {"name": "x"}, "workingDir": "/y"}]),
        "working dir cannot be used with Ref: spec.steps[0].workingDir",
    ),
    (task(steps=[{"ref": {"params": [], "resolver": ""}}]), "missing field(s): spec.steps[0].resolver"),
    (step(name="Bad_Name"), f'invalid value "Bad_Name": spec.steps[0].name\n{DNS}'),
    (step(timeout="-5s"), "invalid value: -5s: spec.steps[0].negative timeout"),
    (
        step(volumeMounts=[{"name": "x", "mountPath": "/tekton/results"}]),
        'volumeMount cannot be mounted under /tekton/ (volumeMount "x" mounted at "/tekton/results"): '
        "spec.steps[0].volumeMounts[0].mountPath",
    ),
    (
        step(volumeMounts=[{"name": "tekton-internal-x", "mountPath": "/x"}]),
        'volumeMount name "tekton-internal-x" cannot start with "tekton-internal-": '
        "spec.steps[0].volumeMounts[0].name",
    ),
    (
        step(onError="ignore"),
        'invalid value: "ignore": spec.steps[0].onError\n'
        'Task step onError must be either "continue" or "stopAndFail"',
    ),
    (step(script="#!win\nx"), f"windows script support {OFF}"),
    (step(stdoutConfig={"path": "/x"}), f"step stdout stream support {OFF}"),
    (step(stderrConfig={"path": "/x"}), f"step stderr stream support {OFF}"),
    (
        step(script="$(steps.a.outputs.b)"),
        "feature flag enable-artifacts should be set to true to use artifacts feature.: spec.steps[0]",
    ),
    (
        step(script="$(steps.a.results.b)"),
        "stepResult substitutions are only allowed in env, command and args. Found usage in: "
        "spec.steps[0].script",
    ),
    (
        step(image="$(steps.a.outputs.b)", volumeMounts=[{"name": "v", "mountPath": "$(steps.a.inputs.b)"}]),
        "stepArtifact substitutions are only allowed in env, command, args and script. Found usage in: "
        "spec.steps[0].image, spec.steps[0].volumeMounts.mountPath",
    ),
    (
        step(results=[{"name": "r"}], script="$(step.results.other.path)"),
        'non-existent variable in "$(step.results.other.path)": spec.steps[0].script',
    ),
    (
        step(results=[{"name": "_"}]),
        f'invalid key name "_": spec.steps.results[0][0].name\n{RESULT_NAME}',
    ),
    (
        step(results=[{"name": "r", "type": "number"}]),
        "invalid value: number: spec.steps.results[0][0].type\ninvalid type number",
    ),
    (step(when=[{}]), "missing field(s): spec.steps[0].when[0]"),
    (
        step(when=[{"input": "a", "operator": "is", "values": ["a"]}]),
        'invalid value: operator "is" is not recognized. valid operators: in,notin: spec.steps[0].when[0]',
    ),
    (
        step(when=[{"input": "a", "operator": "in"}]),
        "invalid value: expecting non-empty values field: spec.steps[0].when[0]",
    ),
    (
        step(when=[{"cel": "true"}]),
        "feature flag enable-cel-in-whenexpression should be set to true to use CEL: true in "
        "WhenExpression: spec.steps[0].when[0]",
    ),
    (task(sidecars=[{"name": "s"}]), "missing field(s): spec.sidecars.image"),
    (
        task(sidecars=[{"name": "s", "image": "i", "script": "x", "command": ["y"]}]),
        "script cannot be used with command: spec.sidecars.script",
    ),
    (
        task(sidecars=[{"name": "tekton-log-results", "image": "i"}]),
        "Invalid: cannot use reserved sidecar name tekton-log-results : spec.sidecars.name",
    ),
    (task(params=[{"name": "p", "type": "number"}]), "invalid value: number: spec.params.p.type"),
    (
        task(params=[{"name": "p", "type": "array", "default": "x"}]),
        '"array" type does not match default value\'s type: "string": '
        "spec.params.p.default.type, spec.params.p.type",
    ),
    (
        task(params=[{"name": "p", "properties": {"k": {"type": "array"}}}]),
        "The value type specified for these keys [k] is invalid: spec.params.p.properties",
    ),
    (task(params=[{"name": "p", "type": "object"}]), "missing field(s): spec.p.properties"),
    (
        task(params=[{"name": "p"}, {"name": "p"}]),
        "parameter appears more than once: spec.params[p]",
    ),
    (
        task(params=[{"name": "1p"}]),
        "The format of following array and string variable names is invalid: [1p]: spec.params\n"
        "String/Array Names: \nMust only contain alphanumeric characters, hyphens (-), underscores (_), and "
        "dots (.)\nMust begin with a letter or an underscore (_)",
    ),
    (
        task(params=[{"name": "o.x", "properties": {"k": {}}}]),
        "Object param name and key name format is invalid: map[o.x:[]]: spec.params\nObject Names: \nMust "
        "only contain alphanumeric characters, hyphens (-), underscores (_) \nMust begin with a letter or an "
        "underscore (_)",
    ),
    (
        task(params=[{"name": "e", "enum": ["a"]}]),
        "feature flag `enable-param-enum` should be set to true to use Enum: spec.params[e]",
    ),
    (step(script="$(params.typo)"), 'non-existent variable in "$(params.typo)": spec.steps[0].script'),
    (step(args=["$(params.typo)"]), 'non-existent variable in "$(params.typo)": spec.steps[0].args[0]'),
    (
        step(env=[{"name": "E", "value": "$(params.typo)"}]),
        'non-existent variable in "$(params.typo)": spec.steps[0].env[E]',
    ),
    (
        step(script="$(params.a.b.c)"),
        'Invalid referencing of parameters in "$(params.a.b.c)"! Only two dot-separated components after the '
        'prefix "params" are allowed.: spec.steps[0].script',
    ),
    (
        task(**WITH_PARAMS, steps=[{**STEP, "script": "$(params.l)"}]),
        'variable type invalid in "$(params.l)": spec.steps[0].script',
    ),
    (
        task(**WITH_PARAMS, steps=[{**STEP, "args": ["x-$(params.l[*])"]}]),
        'variable is not properly isolated in "x-$(params.l[*])": spec.steps[0].args[0]',
    ),
    (
        task(**WITH_PARAMS, steps=[{**STEP, "script": "$(params.l)"}, STEP | {"name": "b"}]),
        'variable type invalid in "$(params.l)": spec.steps[1].steps[0].script',
    ),
    (
        task(**WITH_PARAMS, steps=[{**STEP, "script": "$(params.o[*])"}]),
        'variable type invalid in "$(params.o[*])": spec.steps[0].script',
    ),
    (
        task(**WITH_PARAMS, steps=[{**STEP, "script": "$(params.o.ghost)"}]),
        'non-existent variable in "$(params.o.ghost)": spec.steps[0].script',
    ),
    (
        step(script="$(context.taskRun.ghost)"),
        'non-existent variable in "$(context.taskRun.ghost)": spec.steps[0].script',
    ),
    (
        step(script="$(context.task.ghost)"),
        'non-existent variable in "$(context.task.ghost)": spec.steps[0].script',
    ),
    (
        step(script="$(results.nobody.path)"),
        'non-existent variable in "$(results.nobody.path)": spec.steps[0].script',
    ),
    (task(results=[{"name": "-"}]), f'invalid key name "-": spec.results[0].name\n{RESULT_NAME}'),
    (task(results=[{"name": "r", "type": "object"}]), "missing field(s): spec.results[0].r.properties"),
    (
        task(results=[{"name": "r", "type": "number"}]),
        "invalid value: number: spec.results[0].type\ntype must be string",
    ),
    (
        task(results=[{"name": "r", "properties": {"k": {"type": "array"}}}]),
        "The value type specified for these keys [k] is invalid, the type must be string: "
        "spec.results[0].r.properties",
    ),
    (
        task(results=[{"name": "r", "value": "x"}]),
        "Could not extract step name and result name. Expected value to look like "
        '$(steps.<stepName>.results.<resultName>) but got "x": spec.results[0].r.value',
    ),
    (
        task(results=[{"name": "r", "value": ["x"]}]),
        'Invalid Type. Wanted string but got: "array": spec.results[0].r.type',
    ),
    (
        {"kind": "TaskRun", "metadata": {"name": "r"}, "spec": {}},
        f"{NONE_OF}: spec.taskRef, spec.taskSpec",
    ),
    (
        run(taskRef={"name": "t"}, taskSpec={"steps": [STEP]}),
        f"{ONE_OF}: spec.taskRef, spec.taskSpec",
    ),
    (run(taskRef={"name": ""}), "missing field(s): spec.taskRef.name"),
    (
        run(taskRef={"name": "-x"}),
        "invalid value: name part must consist of alphanumeric characters, '-', '_' or '.', and must start "
        "and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
        "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'): spec.taskRef.name",
    ),
    (
        run(taskRef={"name": "x", "resolver": "git"}),
        "invalid value: invalid URI for request: spec.taskRef.name",
    ),
    (
        run(params=[{"name": "p", "value": "1"}, {"name": "P", "value": "2"}]),
        f"{ONE_OF}: spec.params[P].name",
    ),
    (run(workspaces=[{"name": "w"}]), f"{NONE_OF}: {', '.join(SOURCES)}"),
    (
        run(workspaces=[{"name": "w", "emptyDir": {}, "secret": {"secretName": "s"}}]),
        f"{ONE_OF}: {', '.join(SOURCES)}",
    ),
    (
        run(workspaces=[{"name": "w", "persistentVolumeClaim": {}}]),
        "missing field(s): spec.workspaces[0].persistentvolumeclaim.claimname",
    ),
    (
        run(workspaces=[{"name": "w", "configMap": {}}]),
        "missing field(s): spec.workspaces[0].configmap.name",
    ),
    (
        run(workspaces=[{"name": "w", "secret": {}}]),
        "missing field(s): spec.workspaces[0].secret.secretName",
    ),
    (
        run(workspaces=[{"name": "w", "projected": {}}]),
        "missing field(s): spec.workspaces[0].projected.sources",
    ),
    (run(workspaces=[{"name": "w", "csi": {}}]), "missing field(s): spec.workspaces[0].csi.driver"),
    (
        run(workspaces=[{"name": "w", "emptyDir": {}}, {"name": "W", "emptyDir": {}}]),
        f"{ONE_OF}: spec.workspaces[1].name",
    ),
    (run(debug={}), f"debug {OFF}"),
    (run(stepSpecs=[{}]), "missing field(s): spec.stepSpecs[0].name"),
    (run(sidecarSpecs=[{"name": "a"}, {"name": "a"}]), f"{ONE_OF}: spec.sidecarSpecs[1].name"),
    (
        run(computeResources={}, stepSpecs=[{"name": "a", "computeResources": {"limits": {"cpu": "1"}}}]),
        f"{ONE_OF}: spec.computeResources, spec.stepSpecs.resources",
    ),
    (
        run(status="Stopped"),
        "invalid value: Stopped should be TaskRunCancelled or TaskRunPending: spec.status",
    ),
    (
        run(statusMessage="x"),
        "invalid value: statusMessage should not be set if status is not set, but it is currently set to x: "
        "spec.statusMessage",
    ),
    (run(retries=-1), "invalid value: -1 should be >= 0: spec.retries"),
    (run(timeout="-1m"), "invalid value: -1m0s should be >= 0: spec.timeout"),
    (
        run(taskSpec={"steps": [{**STEP, "script": "$(params.typo)"}]}),
        'non-existent variable in "$(params.typo)": spec.steps[0].script',
    ),
    (
        run(taskSpec={"steps": [{**STEP, "script": "$(results.b.path)"}], "results": [{"name": "a"}]}),
        'non-existent variable in "$(results.b.path)": spec.taskSpec.steps[0].script',
    ),
    (
        run(
            params=[{"name": "o", "value": {"k": "1"}}],
            taskSpec={"params": [{"name": "o", "type": "object"}], "steps": [STEP]},
        ),
        "missing field(s): spec.o.properties",
    ),
]


def test_what_is_right_passes():
    assert refused(GOOD) == []
    assert refused(run(taskRef={"resolver": "cluster", "params": [{"name": "kind", "value": "task"}]})) == []
    assert refused(run(taskSpec=GOOD["spec"], params=[{"name": "s", "value": "x"}])) == []


@pytest.mark.parametrize(("obj", "message"), RULES, ids=[row[1].partition(":")[0][:60] for row in RULES])
def test_each_rule_is_told_alone_in_the_real_words(obj, message):
    assert refused(obj) == [message]


def test_a_run_may_pass_parameters_that_its_own_task_does_not_declare():
    spec = {"steps": [{**STEP, "script": "$(params.extra)"}]}
    assert refused(run(taskSpec=spec, params=[{"name": "extra", "value": "y"}])) == []


def test_a_reference_has_a_name_or_the_parameters_of_a_resolver():
    assert refused(run(taskRef={"name": "x", "params": []})) == [
        f"{ONE_OF}: spec.taskRef.name, spec.taskRef.params",
        "missing field(s): spec.taskRef.resolver",
    ]


def test_a_name_with_a_prefix_and_one_that_is_an_address():
    assert refused(run(taskRef={"name": "a.b/c"})) == []
    assert refused(run(taskRef={"name": "https://x/y"})) == [
        "feature flag enable-concise-resolver-syntax should be set to true to use concise resolver syntax: "
        "spec.taskRef",
        "missing field(s): spec.taskRef.resolver",
    ]


def started(**spec):
    return {**defaulted(run(**spec), creating=True), "status": {"startTime": "2026-01-01T00:00:00Z"}}


def changed(old, **spec):
    new = copy.deepcopy(old)
    new["spec"].update(spec)
    return refused(new, old)


def test_of_a_run_that_has_started_only_its_state_may_change():
    assert changed(started(), status="TaskRunCancelled", statusMessage="not now") == []
    assert changed(started(), retries=3) == [
        "invalid value: Once the TaskRun has started, only status and statusMessage updates are allowed: spec"
    ]
    assert changed(started(), status="TaskRunPending") == [
        "invalid value: TaskRun cannot be Pending after it is started: spec.status"
    ]
    assert changed(started(), managedBy="x") == ["invalid value: managedBy is immutable: spec.spec.managedBy"]


def test_a_run_that_has_ended_may_not_change():
    old = started()
    old["status"]["conditions"] = [{"type": "Succeeded", "status": "True"}]
    assert changed(old) == []
    assert changed(old, status="TaskRunCancelled") == [
        "invalid value: Once the TaskRun is complete, no updates are allowed: spec"
    ]


def test_defaults_of_a_run_are_those_of_the_recorded_one():
    recorded = history("first-run", "TaskRun", "test-golang-sgldz")[0]
    bare = copy.deepcopy(recorded)
    del bare["metadata"]["labels"]["app.kubernetes.io/managed-by"]
    bare["spec"] = {"params": recorded["spec"]["params"], "taskRef": {"name": "test-golang"}}
    assert defaulted(bare, creating=True) == recorded


def test_defaults_of_a_task_and_of_durations():
    spec = defaulted(
        task(
            params=[{"name": "a"}, {"name": "b", "default": []}, {"name": "c", "properties": {"k": {}}}],
            results=[{"name": "r"}],
            steps=[{**STEP, "timeout": "90s"}],
        ),
        creating=True,
    )["spec"]
    assert [entry["type"] for entry in spec["params"]] == ["string", "array", "object"]
    assert spec["params"][2]["properties"] == {"k": {"type": "string"}}
    assert spec["results"] == [{"name": "r", "type": "string"}]
    assert spec["steps"] == [{**STEP, "timeout": "1m30s", "computeResources": {}}]
    assert defaulted(run(timeout="10m"), creating=True)["spec"]["timeout"] == "10m0s"


def test_annotations_that_only_tekton_may_write_are_taken_away_at_creation():
    obj = run()
    obj["metadata"]["annotations"] = {"chains.tekton.dev/signed": "true", "mine": "1"}
    assert defaulted(obj, creating=True)["metadata"]["annotations"] == {"mine": "1"}
    assert defaulted(obj, creating=False)["metadata"]["annotations"] == obj["metadata"]["annotations"]


def asked(path, obj):
    request = {"uid": "1", "operation": "CREATE", "object": obj, "oldObject": None}
    return respond(path, {"request": request})["response"]


DECODING = [
    (run(timeout="soon"), 'time: invalid duration "soon"'),
    (step(timeout="soon"), 'time: invalid duration "soon"'),
    (
        step(computeResources={"requests": {"cpu": "lots"}}),
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ),
]


@pytest.mark.parametrize(("obj", "message"), DECODING)
def test_what_cannot_be_read_is_told_before_all_rules(obj, message):
    for path in (DEFAULTING_PATH, VALIDATION_PATH):
        response = asked(path, obj)
        assert response["allowed"] is False
        assert (
            response["status"]["message"] == f"mutation failed: cannot decode incoming new object: {message}"
        )


def test_the_webhooks_answer_with_a_patch_and_with_all_that_is_wrong():
    assert asked(DEFAULTING_PATH, run())["patchType"] == "JSONPatch"
    assert asked(VALIDATION_PATH, run())["allowed"] is True
    response = asked(VALIDATION_PATH, run(retries=-1, timeout="-1s"))
    assert response["status"]["message"] == (
        "validation failed: invalid value: -1 should be >= 0: spec.retries\n"
        "invalid value: -1s should be >= 0: spec.timeout"
    )


def test_what_is_being_deleted_is_not_judged():
    obj = run(retries=-1)
    obj["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert asked(VALIDATION_PATH, obj)["allowed"] is True


REF = {"name": "a", "taskRef": {"name": "t"}}


def pipeline(*tasks, name="p", **spec):
    return {"kind": "Pipeline", "metadata": {"name": name}, "spec": {"tasks": list(tasks) or [REF], **spec}}


def piperun(**spec):
    if not {"pipelineRef", "pipelineSpec"} & set(spec):
        spec["pipelineRef"] = {"name": "p"}
    return {"kind": "PipelineRun", "metadata": {"name": "r"}, "spec": spec}


def given(value, **task):
    return {**REF, "params": [{"name": "x", "value": value}], **task}


def fanned(**params):
    """Return a task that runs once for each combination of values."""
    return {**REF, "matrix": {"params": [{"name": key, "value": value} for key, value in params.items()]}}


LIST = {"name": "l", "type": "array", "default": ["1"]}
OBJECT = {"name": "o", "properties": {"k": {"type": "string"}}}
ODD = {"name": "p", "type": "number"}
CPU = {"requests": {"cpu": "1"}}
TYPO = {"steps": [{**STEP, "script": "$(params.typo)"}]}
PREFIX = (
    'invalid value: invalid variable reference "%s", must start with a valid prefix: params, tasks, finally, '
    "context, workspaces, or results; if you meant a shell variable, use ${VAR} instead"
)
EMITS_ARRAY = {"name": "a", "taskSpec": {"steps": [STEP], "results": [{"name": "r", "type": "array"}]}}
FINAL = "invalid value: invalid task result reference, final task has task result reference from a"
EXPECTED = "invalid value: expected pipeline results to be task result expressions but"
PIPELINES = [
    (pipeline(name="Bad"), 'invalid resource name "Bad": must be a valid DNS label: metadata.name'),
    (
        {"kind": "Pipeline", "metadata": {"name": "p"}, "spec": {}},
        "expected at least one, got none: spec.description, spec.params, spec.resources, spec.tasks, "
        "spec.workspaces",
    ),
    (
        pipeline({**REF, "name": "Bad_Name"}),
        'invalid value "Bad_Name": spec.tasks[0].name\nPipeline Task name must be a valid DNS Label.For more '
        "info refer to https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#names",
    ),
    (pipeline(REF, **{"finally": [REF]}), f"{ONE_OF}: spec.finally[0].name"),
    (pipeline({"name": "a"}), f"{NONE_OF}: spec.tasks[0].taskRef, spec.tasks[0].taskSpec"),
    (
        pipeline({**REF, "taskSpec": {"steps": [STEP]}}),
        "expected exactly one, got multiple: spec.tasks[0].taskRef, spec.tasks[0].taskSpec",
    ),
    (
        pipeline(REF, params=[{"name": "e", "enum": ["a"]}]),
        "feature flag `enable-param-enum` should be set to true to use Enum: "
        "spec.finally.params[e], spec.tasks.params[e]",
    ),
    (pipeline({"name": "a", "pipelineRef": {"name": "x"}}), f"pipelineRef {OFF}"),
    (
        pipeline(fanned(a=["1"] * 20, b=["1"] * 20)),
        "expected 0 <= 400 <= 256: spec.tasks[0].matrix",
    ),
    (
        pipeline({**REF, "matrix": {"params": [{"name": "a", "value": ["1"]}] * 2}}),
        'parameter names must be unique, the parameter "a" is also defined at: '
        "spec.tasks[0].matrix.params[1].name",
    ),
    (
        pipeline({**REF, "matrix": {"include": [{"params": [{"name": "a", "value": "1"}] * 2}]}}),
        'parameter names must be unique, the parameter "a" is also defined at: '
        "spec.tasks[0].matrix.include[0].params[1].name",
    ),
    (
        pipeline({**REF, "params": [{"name": "a", "value": "1"}] * 2}),
        'parameter names must be unique, the parameter "a" is also defined at: spec.tasks[0].params[1].name',
    ),
    (
        pipeline(REF, params=[{"name": "p"}] * 2),
        "parameter appears more than once: spec.finally.params[p], spec.tasks.params[p]",
    ),
    (
        pipeline(given("1", **fanned(x=["1"]))),
        f"{ONE_OF}: spec.tasks[0].matrix[x], spec.tasks[0].params[x]",
    ),
    (
        pipeline(fanned(x=["1", "$(params.typo)"])),
        'non-existent variable in "$(params.typo)": spec.tasks[0].matrix.params[x].value[1]',
    ),
    (
        pipeline({**REF, "matrix": {"include": [{"params": [{"name": "a", "value": "$(params.no)"}]}]}}),
        'non-existent variable in "$(params.no)": spec.tasks[0].matrix.include.params[0]',
    ),
    (
        pipeline(fanned(x=["1"]), given("$(tasks.a.results.r)", name="b")),
        "A matrixed pipelineTask can only be consumed in aggregate using [*] notation, but is currently set "
        "to tasks.a.results.r: ",
    ),
    (
        pipeline(
            {**EMITS_ARRAY, "matrix": {"params": [{"name": "x", "value": ["1"]}]}},
            given(["$(tasks.a.results.r[*])"], name="b"),
        ),
        "invalid value: Matrixed PipelineTasks emitting results must have an underlying type string, but "
        "result r has type array in pipelineTask: spec.tasks",
    ),
    (
        pipeline(fanned(x=["$(tasks.gone.results.r[*])"])),
        "invalid value: couldn't add link between a and gone: task a depends on gone but gone wasn't present "
        "in Pipeline: spec.tasks",
    ),
    (
        pipeline({**REF, "onError": "ignore"}),
        'invalid value: ignore: spec.tasks[0].OnError\nPipelineTask OnError must be either "continue" or '
        '"stopAndFail"',
    ),
    (
        pipeline({**REF, "onError": "continue", "retries": 1}),
        'PipelineTask OnError cannot be set to "continue" when Retries is greater than 0: ',
    ),
    (
        pipeline({"name": "a", "taskSpec": {"steps": []}}),
        "missing field(s): spec.tasks[0].taskSpec.steps",
    ),
    (pipeline({"name": "a", "taskRef": {"name": ""}}), "missing field(s): spec.tasks[0].taskRef.name"),
    (
        pipeline({"name": "a", "taskRef": {"name": "t", "bundle": "r.io/tasks:1"}}),
        "must not set the field(s): spec.tasks[0].taskRef.bundle",
    ),
    (
        pipeline({"name": "a", "taskRef": {"name": "t", "kind": "ClusterTask"}}),
        "invalid value: custom task ref must specify apiVersion: spec.tasks[0].taskRef.apiVersion",
    ),
    (
        pipeline({"name": "a", "taskRef": {"apiVersion": "v1", "kind": "Wait", "name": "t"}}),
        'invalid value: invalid apiVersion format "v1", must be in the format "group/version": '
        "spec.tasks[0].taskRef.apiVersion",
    ),
    (
        pipeline({"name": "a", "taskSpec": {"kind": "Wait", "spec": {}}}),
        "invalid value: custom task spec must specify apiVersion: spec.tasks[0].taskSpec.apiVersion",
    ),
    (
        pipeline({"name": "a", "taskSpec": {"apiVersion": "example.dev/v1", "spec": {}}}),
        "invalid value: custom task spec must specify kind: spec.tasks[0].taskSpec.kind",
    ),
    (
        pipeline({"name": "a", "taskSpec": {"kind": "Task", "steps": [STEP]}}),
        "taskSpec.kind cannot be specified when using taskSpec.steps: spec.tasks[0].taskSpec.kind",
    ),
    (
        run(taskRef={"name": "t", "bundle": "r.io/tasks:1"}),
        "must not set the field(s): spec.taskRef.bundle",
    ),
    (
        pipeline({**REF, "when": [{"input": "a", "operator": "in"}]}),
        "invalid value: expecting non-empty values field: spec.tasks[0].when[0]",
    ),
    (
        pipeline({**REF, "runAfter": ["b"]}, {**REF, "name": "b", "runAfter": ["a"]}),
        'invalid value: cycle detected; task "a" depends on "b": spec.tasks',
    ),
    (
        pipeline({**REF, "runAfter": ["ghost"]}),
        "invalid value: couldn't add link between a and ghost: task a depends on ghost but ghost wasn't "
        "present in Pipeline: spec.tasks",
    ),
    (
        pipeline(given("$(tasks.ghost.results.r)")),
        "invalid value: couldn't add link between a and ghost: task a depends on ghost but ghost wasn't "
        "present in Pipeline: spec.tasks",
    ),
    (
        pipeline(params=[{"name": "p", "type": "number"}]),
        "invalid value: number: spec.finally.params.p.type, spec.tasks.params.p.type",
    ),
    (
        pipeline(given("$(params.typo)")),
        'non-existent variable in "$(params.typo)": spec.tasks[0].params[x]',
    ),
    (
        pipeline(given(["a", "$(params.typo)"])),
        'non-existent variable in "$(params.typo)": spec.tasks[0].params[x].value[1]',
    ),
    (
        pipeline(given({"k": "$(params.typo)"})),
        'non-existent variable in "$(params.typo)": spec.tasks[0].params[x].properties[k]',
    ),
    (
        pipeline(given("a $(params.l[*])"), params=[LIST]),
        'variable type invalid in "a $(params.l[*])": spec.tasks[0].params[x]',
    ),
    (
        pipeline(given(["a $(params.l[*])"]), params=[LIST]),
        'variable is not properly isolated in "a $(params.l[*])": spec.tasks[0].params[x].value[0]',
    ),
    (
        pipeline(given("$(params.o.typo)"), params=[OBJECT]),
        'non-existent variable in "$(params.o.typo)": spec.tasks[0].params[x]',
    ),
    (
        pipeline(given("a $(params.o[*])"), params=[OBJECT]),
        'variable type invalid in "a $(params.o[*])": spec.tasks[0].params[x]',
    ),
    (
        pipeline({**REF, "when": [{"input": "a", "operator": "in", "values": ["$(params.typo)"]}]}),
        'non-existent variable in "$(params.typo)": spec.tasks[0].when[0].values',
    ),
    (
        pipeline(given("$(param.a)")),
        f"{PREFIX % '$(param.a)'}: spec.tasks[0].params[x].value",
    ),
    (
        pipeline({**REF, "when": [{"input": "$(HOME)", "operator": "in", "values": ["a"]}]}),
        f"{PREFIX % '$(HOME)'}: spec.tasks[0].when[0]",
    ),
    (pipeline(fanned(a=["$(HOME)"])), f"{PREFIX % '$(HOME)'}: spec.tasks[0].matrix.params[a].value"),
    (
        pipeline({**REF, "matrix": {"include": [{"params": [{"name": "a", "value": "$(HOME)"}]}]}}),
        f"{PREFIX % '$(HOME)'}: spec.tasks[0].matrix.include[0].params[a].value",
    ),
    (
        pipeline({**REF, "workspaces": [{"name": "w"}, {"name": "w"}]}, workspaces=[{"name": "w"}]),
        'workspace name "w" must be unique: spec.tasks[0].workspaces[1]',
    ),
    (
        pipeline({**REF, "when": [{"input": "$(params.typo)", "operator": "in", "values": ["a"]}]}),
        'non-existent variable in "$(params.typo)": spec.tasks[0].when[0].input',
    ),
    (
        pipeline({"name": "a", "taskSpec": {"steps": [{**STEP, "script": "$(params.typo)"}]}}),
        'non-existent variable in "$(params.typo)": spec.tasks[0].steps[0].script',
    ),
    (
        pipeline(given("$(context.pipelineRun.ghost)")),
        'non-existent variable in "$(context.pipelineRun.ghost)": spec.tasks.value',
    ),
    (
        pipeline(workspaces=[{"name": "w"}, {"name": "w"}]),
        'invalid value: workspace with name "w" appears more than once: spec.workspaces[1]',
    ),
    (
        pipeline(workspaces=[{"name": ""}]),
        "invalid value: workspace 0 has empty name: spec.workspaces[0]",
    ),
    (
        pipeline({**REF, "workspaces": [{"name": "in", "workspace": "ghost"}]}),
        'invalid value: pipeline task "a" expects workspace with name "ghost" but none exists in pipeline '
        "spec: spec.tasks[0].workspaces[0]",
    ),
    (
        pipeline(results=[{"name": "r", "value": "$(tasks.ghost.results.r)"}]),
        "invalid value: referencing a nonexistent task: spec.results[0].value",
    ),
    (
        pipeline(**{"finally": [{**REF, "name": "f", "runAfter": ["a"]}]}),
        "invalid value: no runAfter allowed under spec.finally, final task f has runAfter specified: "
        "spec.finally[0]",
    ),
    (
        pipeline(**{"finally": [{**REF, "name": "f"}, given("$(tasks.f.results.r)", name="g")]}),
        f"{FINAL} final task f: spec.finally[1].params[x].value",
    ),
    (
        pipeline(**{"finally": [given("$(tasks.ghost.results.r)", name="g")]}),
        f"{FINAL} task ghost which is not defined in the pipeline: spec.finally[0].params[x].value",
    ),
    (
        pipeline(given("$(tasks.status)")),
        "invalid value: pipeline tasks can not refer to execution status of any other pipeline task or "
        "aggregate status of tasks: spec.tasks[0].params[x].value",
    ),
    (
        pipeline(**{"finally": [given("$(tasks.ghost.status)", name="f")]}),
        "invalid value: pipeline task ghost is not defined in the pipeline: spec.finally[0].params[x].value",
    ),
    (
        {
            "kind": "Pipeline",
            "metadata": {"name": "p"},
            "spec": {"finally": [REF]},
        },
        "invalid value: spec.tasks is empty but spec.finally has 1 tasks: spec.finally",
    ),
    (
        {"kind": "PipelineRun", "metadata": {"name": "r"}, "spec": {}},
        f"{NONE_OF}: spec.pipelineRef, spec.pipelineSpec",
    ),
    (piperun(pipelineRef={"name": ""}), "missing field(s): spec.pipelineRef.name"),
    (
        piperun(pipelineSpec={"tasks": [{"name": "a"}]}),
        f"{NONE_OF}: spec.pipelineSpec.tasks[0].taskRef, spec.pipelineSpec.tasks[0].taskSpec",
    ),
    (
        piperun(pipelineSpec={"tasks": [given("$(params.typo)")]}),
        'non-existent variable in "$(params.typo)": spec[0].params[x]',
    ),
    (
        piperun(pipelineSpec={"tasks": [{"name": "a", "taskSpec": TYPO}]}),
        'non-existent variable in "$(params.typo)": spec.steps[0].script',
    ),
    (
        piperun(pipelineSpec={"tasks": [{"name": "a", "taskSpec": {"steps": [STEP], "params": [ODD]}}]}),
        "invalid value: number: spec.p.type, spec.params.p.type, "
        "spec.pipelineSpec.tasks[0].taskSpec.params.p.type",
    ),
    (
        piperun(
            taskRunSpecs=[{"computeResources": {}, "stepSpecs": [{"name": "a", "computeResources": CPU}]}]
        ),
        f"{ONE_OF}: spec.taskRunSpecs[0].computeResources, spec.taskRunSpecs[0].stepSpecs.resources",
    ),
    (
        piperun(timeouts={"tasks": "1m"}, taskRunSpecs=[{"pipelineTaskName": "a", "timeout": "2m"}]),
        "invalid value: 2m0s should be <= pipeline tasks duration 1m0s: spec.taskRunSpecs[0].timeout",
    ),
    (
        piperun(timeouts={"pipeline": "1m"}, taskRunSpecs=[{"pipelineTaskName": "a", "timeout": "2m"}]),
        "invalid value: 2m0s should be <= pipeline duration 1m0s: spec.taskRunSpecs[0].timeout",
    ),
    (
        piperun(taskRunSpecs=[{"pipelineTaskName": "a", "timeout": "2h"}]),
        "invalid value: 2h0m0s should be <= pipeline duration 1h0m0s: spec.taskRunSpecs[0].timeout",
    ),
    (
        piperun(taskRunSpecs=[{"pipelineTaskName": "a", "timeout": "-1m"}]),
        "invalid value: -1m0s should be >= 0: spec.taskRunSpecs[0].timeout",
    ),
    (
        piperun(params=[{"name": "p", "value": "1"}, {"name": "p", "value": "2"}]),
        f"{ONE_OF}: spec.params[p].name",
    ),
    (
        piperun(params=[{"name": "p", "value": "$(tasks.a.results.r)"}]),
        "invalid value: cannot use result expressions in [tasks.a.results.r] as PipelineRun parameter "
        "values: spec.params[p].value",
    ),
    (
        piperun(timeouts={"pipeline": "1m", "tasks": "2m"}),
        "invalid value: 2m0s should be <= pipeline duration: spec.timeouts.tasks",
    ),
    (
        piperun(timeouts={"pipeline": "1m", "tasks": "40s", "finally": "30s"}),
        "invalid value: 40s + 30s should be <= pipeline duration: spec.timeouts.finally, spec.timeouts.tasks",
    ),
    (
        piperun(timeouts={"finally": "0"}),
        "invalid value: 0s (no timeout) should be <= pipeline duration: spec.timeouts.finally",
    ),
    (
        piperun(timeouts={"pipeline": "-1m"}),
        "invalid value: -1m0s should be >= 0: spec.timeouts.pipeline",
    ),
    (
        piperun(taskRunSpecs=[{"pipelineTaskName": "a", "stepSpecs": [{}]}]),
        "missing field(s): spec.taskRunSpecs[0].stepSpecs[0].name",
    ),
    (
        piperun(status="Stopped"),
        "invalid value: Stopped should be Cancelled, CancelledRunFinally, StoppedRunFinally or "
        "PipelineRunPending: spec.status",
    ),
    (
        piperun(workspaces=[{"name": "w", "secret": {}}]),
        "missing field(s): spec.workspaces[0].secret.secretName",
    ),
    (
        piperun(workspaces=[{"name": "w", "emptyDir": {}}, {"name": "w", "emptyDir": {}}]),
        'workspace "w" provided by pipelinerun more than once, at index 0 and 1: spec.workspaces[1].name',
    ),
]


def test_right_pipelines_and_runs_of_them_pass():
    good = pipeline(
        REF,
        given("$(tasks.a.results.r) $(params.p) $(context.pipelineRun.name)", name="b", runAfter=["a"]),
        {
            "name": "c",
            "taskSpec": {"steps": [{**STEP, "script": "$(params.p)"}]},
            "workspaces": [{"name": "w"}],
        },
        params=[{"name": "p"}],
        workspaces=[{"name": "w"}],
        results=[{"name": "r", "value": "$(tasks.a.results.r)-$(tasks.b.results.x)"}],
        **{"finally": [given("$(tasks.status) $(tasks.a.status) $(tasks.b.results.r)", name="f")]},
    )
    assert refused(good) == []
    spec = {"tasks": [given("$(params.extra)")]}
    assert refused(piperun(pipelineSpec=spec, params=[{"name": "extra", "value": "1"}])) == []
    assert refused(piperun(timeouts={"pipeline": "0", "tasks": "3h"})) == []


@pytest.mark.parametrize(
    ("obj", "message"), PIPELINES, ids=[row[1].removeprefix("invalid value: ")[:60] for row in PIPELINES]
)
def test_each_rule_of_pipelines_is_told_alone_in_the_real_words(obj, message):
    assert refused(obj) == [message]


def test_of_a_pipeline_run_that_has_started_only_its_state_may_change():
    old = {**defaulted(piperun(), creating=True), "status": {"startTime": "2026-01-01T00:00:00Z"}}
    assert changed(old, status="Cancelled") == []
    assert changed(old, params=[{"name": "p", "value": "1"}]) == [
        "invalid value: Once the PipelineRun has started, only status updates are allowed: spec"
    ]
    old["status"]["conditions"] = [{"type": "Succeeded", "status": "False"}]
    assert changed(old, status="Cancelled") == [
        "invalid value: Once the PipelineRun is complete, no updates are allowed: spec"
    ]


def test_defaults_of_a_pipeline_run_and_of_the_fields_that_the_old_version_has():
    template = {"serviceAccountName": "default"}
    assert defaulted(piperun(), creating=True)["spec"] == {
        "pipelineRef": {"name": "p"},
        "taskRunTemplate": template,
        "timeouts": {"pipeline": "1h0m0s"},
    }
    pod = {"nodeSelector": {"a": "b"}}
    old = defaulted(piperun(serviceAccountName="robot", timeout="90s", podTemplate=pod), creating=True)
    assert old["spec"] == {
        "pipelineRef": {"name": "p"},
        "taskRunTemplate": {"serviceAccountName": "robot", "podTemplate": pod},
        "timeouts": {"pipeline": "1m30s"},
    }


def test_defaults_of_a_pipeline_reach_its_inline_tasks():
    spec = defaulted(pipeline(REF, {"name": "b", "taskSpec": {"steps": [STEP]}}), creating=True)["spec"]
    assert spec["tasks"][0]["taskRef"] == {"name": "t", "kind": "Task"}
    assert spec["tasks"][1]["taskSpec"]["steps"][0]["computeResources"] == {}


def action(**spec):
    return {"kind": "StepAction", "metadata": {"name": "s"}, "spec": {"image": "i", **spec}}


ACTIONS = [
    (action(image=""), "missing field(s): spec.Image"),
    (action(script="x", command=["y"]), "script cannot be used with command: spec.script"),
    (
        action(params=[{"name": "p"}], script="$(params.p)"),
        "param substitution in scripts is not allowed.: spec.script",
    ),
    (action(args=["$(params.typo)"]), 'non-existent variable in "$(params.typo)": spec.args[0]'),
    (
        action(script="$(step.results.ghost.path)"),
        'non-existent variable in "$(step.results.ghost.path)": spec.script',
    ),
    (
        action(script="$(results.ghost.path)"),
        'non-existent variable in "$(results.ghost.path)": spec.script',
    ),
    (
        action(volumeMounts=[{"name": "v", "mountPath": "/v"}]),
        "invalid value: v: spec.volumeMounts[0].name\nexpect the Name to be a single param reference",
    ),
    (action(params=[{"name": "p", "type": "object"}]), "missing field(s): spec.p.properties"),
    (
        action(results=[{"name": "r", "type": "number"}]),
        "invalid value: number: spec.results[0].type\ninvalid type number",
    ),
]


NAMED = [{"name": "p", "type": "array"}]
KEYED = [{"name": "o", "type": "object", "properties": {"a": {"type": "string"}}}]
ACTIONS += [
    (
        action(script="#!win powershell"),
        f"windows script support {OFF}",
    ),
    (
        action(params=[{"name": "p"}], script="$(params['p'])"),
        "param substitution in scripts is not allowed.: spec.script",
    ),
    (action(params=[{"name": "p"}, {"name": "p"}]), "parameter appears more than once: spec.params[p]"),
    (
        action(params=[{"name": "1p"}]),
        "The format of following array and string variable names is invalid: [1p]: spec.params\n"
        "String/Array Names: \nMust only contain alphanumeric characters, hyphens (-), underscores (_), "
        "and dots (.)\n"
        "Must begin with a letter or an underscore (_)",
    ),
    (
        action(params=NAMED, env=[{"name": "E", "value": "$(params.p)"}]),
        'variable type invalid in "$(params.p)": spec.env[E]',
    ),
    (
        action(params=NAMED, args=["x $(params.p[*])"]),
        'variable is not properly isolated in "x $(params.p[*])": spec.args[0]',
    ),
    (action(params=KEYED, args=["$(params.o.b)"]), 'non-existent variable in "$(params.o.b)": spec.args[0]'),
    (
        action(params=KEYED, args=["$(params.o[*])"]),
        'variable type invalid in "$(params.o[*])": spec.args[0]',
    ),
    (
        action(volumeMounts=[{"name": "$(params.v)", "mountPath": "/v"}]),
        'non-existent variable in "$(params.v)": spec.volumeMounts[0]',
    ),
]


@pytest.mark.parametrize(("obj", "message"), ACTIONS, ids=[row[1][:60] for row in ACTIONS])
def test_each_rule_of_step_actions_is_told_alone_in_the_real_words(obj, message):
    assert refused(obj) == [message]


DEFAULTS = [
    (
        [("a", "$(params.b)")],
        ['param "a" default value references param "b" which is not defined: spec.params'],
    ),
    (
        [("a", "$(params.b)"), ("b", "$(params.a)"), ("c", "$(params.a)")],
        [f'param "{name}" default value has a circular dependency: spec.params' for name in "abc"],
    ),
    ([("a", "$(params.b)-$(params.c)"), ("b", "$(params.c)"), ("c", "1")], []),
]


@pytest.mark.parametrize(("given", "told"), DEFAULTS)
def test_defaults_of_step_actions_may_name_others_where_the_older_version_looks(given, told):
    obj = action(params=[{"name": name, "default": default} for name, default in given])
    assert refused({**obj, "apiVersion": "tekton.dev/v1alpha1"}) == told
    assert refused({**obj, "apiVersion": "tekton.dev/v1beta1"}) == []


def test_a_right_step_action_passes():
    right = action(
        params=[{"name": "p"}, {"name": "v"}],
        env=[{"name": "P", "value": "$(params.p)"}],
        script="echo $P > $(step.results.r.path)",
        results=[{"name": "r"}],
        volumeMounts=[{"name": "$(params.v)", "mountPath": "/v"}],
    )
    assert refused(right) == []


# Common slips in TaskRuns, each with the message of admission; another one needs a node.
SLIPS = [
    (
        {"name": "Bad_Name", "image": "i", "command": ["true"]},
        'invalid value "Bad_Name": spec.taskSpec.steps[0].name',
    ),
    ({"name": "a", "script": "true"}, "missing field(s): spec.taskSpec.steps[0].Image"),
    (
        {**STEP, "computeResources": {"requests": {"cpu": "lots"}}},
        "cannot decode incoming new object: quantities must match the regular expression",
    ),
]


@pytest.mark.parametrize(("slip", "said"), SLIPS, ids=["name", "image", "quantity"])
def test_a_slip_is_told_where_the_object_is_created(slip, said):
    response = asked(VALIDATION_PATH, run(taskSpec={"steps": [slip]}))
    assert said in response["status"]["message"]


CLAIM = {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}}
# Objects that are valid at admission: their faults, if any, are found only when their parts are resolved.
SUBMITTED = {
    "of a resolver": {
        "taskRef": {"resolver": "git", "params": [{"name": "url", "value": "http://git/a.git"}]}
    },
    "a step action": {"taskSpec": {"steps": [{"name": "a", "ref": {"name": "sa"}}]}},
    "resources of the run": {"computeResources": {"requests": {"cpu": "10m"}}, "taskSpec": {"steps": [STEP]}},
    "resources of a step": {
        "stepSpecs": [{"name": "a", "computeResources": {"limits": {"memory": "64Mi"}}}],
        "taskSpec": {"steps": [STEP]},
    },
    "an extra parameter": {
        "taskSpec": {"params": [{"name": "a"}], "steps": [{**STEP, "script": "echo $(params.a)"}]},
        "params": [{"name": "a", "value": "x"}, {"name": "extra", "value": "y"}],
    },
    "a part of a claim": {
        "taskSpec": {
            "workspaces": [{"name": "w"}],
            "steps": [{**STEP, "script": "echo $(workspaces.w.volume) > $(workspaces.w.path)/f"}],
        },
        "workspaces": [{"name": "w", "subPath": "sub/dir", "volumeClaimTemplate": CLAIM}],
    },
}


@pytest.mark.parametrize("spec", SUBMITTED.values(), ids=SUBMITTED)
def test_what_people_submit_passes_admission(spec):
    assert asked(VALIDATION_PATH, run(**spec))["allowed"]


def with_points(**points):
    return run(debug={"breakpoints": points})


DEBUG = [
    (
        with_points(),
        "invalid value: onFailure breakpoint is empty, it is only allowed to be set as enabled: "
        "spec.debug.breakpoints.onFailure",
    ),
    (
        with_points(onFailure="on"),
        "invalid value: on is not a valid onFailure breakpoint value, onFailure breakpoint is only "
        "allowed to be set as enabled: spec.debug.breakpoints.onFailure",
    ),
    (
        with_points(onFailure="enabled", beforeSteps=["a", "b", "a"]),
        "before step must be unique, the same step: a is defined multiple times at: "
        "spec.debug.breakpoints.beforeSteps[2]",
    ),
]


@pytest.mark.parametrize(("obj", "message"), DEBUG, ids=[row[1][:60] for row in DEBUG])
def test_breakpoints_are_refused_for_the_flag_and_for_what_they_say(obj, message):
    assert refused(obj) == sorted([message, f"debug {OFF}"])


def test_results_of_a_pipeline_in_a_pipeline_are_not_handed_on():
    used = {"name": "b", "taskRef": {"name": "t"}}
    used["params"] = [{"name": "p", "value": "$(tasks.a.results.r)"}]
    said = refused(pipeline({"name": "a", "pipelineRef": {"name": "other"}}, used))
    assert (
        'invalid value: result reference to pipelineTask "a" is not supported: referenced task uses '
        "pipelineRef or pipelineSpec and result propagation from child Pipelines is not yet implemented: "
        "spec.tasks[1]"
    ) in said


@pytest.mark.parametrize("kind", ["tasks", "finally"])
def test_artifacts_of_a_task_are_behind_a_flag_in_parameters_of_others(kind):
    used = {"name": "b", "taskRef": {"name": "t"}}
    used["params"] = [{"name": "p", "value": ["$(tasks.a.outputs.image)"]}]
    first = {"name": "a", "taskRef": {"name": "t"}}
    parts = {"tasks": [first, used]} if kind == "tasks" else {"tasks": [first], "finally": [used]}
    place = f"spec.{kind}[{1 if kind == 'tasks' else 0}].params"
    said = refused({"kind": "Pipeline", "metadata": {"name": "p"}, "spec": parts})
    assert said == [f"feature flag enable-artifacts should be set to true to use artifacts feature.: {place}"]


NOBODY = "invalid value: referencing a nonexistent task: spec.results[0].value"
USING = {"name": "x", "value": "$(tasks.a.results.r) $(tasks.ghost.status)"}
TOGETHER = [
    (
        pipeline(REF, REF),
        [
            "expected exactly one, got both: spec.tasks[1].name",
            "invalid value: task a is already present in Graph, can't add it again: duplicate pipeline task: "
            "spec.tasks",
        ],
    ),
    (
        pipeline(REF, results=[{"name": "r", "value": "$(tasks.a.results.b.c.d)"}]),
        [
            "invalid value: expected all of the expressions [tasks.a.results.b.c.d] to be result expressions "
            "but only [] were: spec.results[0].value",
            NOBODY,
        ],
    ),
    (
        pipeline(results=[{"name": "r", "value": "$(params.x)"}]),
        [f"{EXPECTED} an invalid expressions was found: spec.results[0].value", NOBODY],
    ),
    (pipeline(results=[{"name": "r", "value": "it is $(tasks.a.results.r)"}]), [NOBODY]),
    (
        pipeline(results=[{"name": "r", "value": "$(tasks.a.results['r.s'])"}]),
        [
            f"{EXPECTED} an invalid expressions was found: spec.results[0].value",
            f"{EXPECTED} no expressions were found: spec.results[0].value",
            NOBODY,
        ],
    ),
    (pipeline(results=[{"name": "r", "value": ["$(tasks.a.results.r)", "x"]}]), []),
    (
        {**pipeline(), "spec": {"tasks": []}},
        [
            "expected at least one, got none: spec.description, spec.params, spec.resources, spec.tasks, "
            "spec.workspaces"
        ],
    ),
    (
        pipeline({"name": "a", "pipelineRef": {}}),
        ["missing field(s): spec.tasks[0].pipelineRef.name", f"pipelineRef {OFF}"],
    ),
    (pipeline({**REF, "params": [{"name": "$(tasks.a.results.r)", "value": "x"}]}), []),
    (
        pipeline({**REF, "params": [{"name": "a.b", "value": "$(HOME)"}]}),
        [f"{PREFIX % '$(HOME)'}: spec.tasks[0].params.[a.b].value"],
    ),
    (pipeline(REF, {"name": "f", "taskRef": {"name": "t"}, "params": [USING]}), []),
    (
        task(steps=[{"ref": {}, "image": "i"}]),
        ["image cannot be used with Ref: spec.steps[0].image", "missing field(s): spec.steps[0].name"],
    ),
    (step(workspaces=[{}]), ['undefined workspace "": spec.steps[0].workspaces[0].name']),
    (
        step(script="$(step.results.other.path)", results=[]),
        ['non-existent variable in "$(step.results.other.path)": spec.steps[0].script'],
    ),
    (run(computeResources={}, stepSpecs=[{"name": "a", "computeResources": {"limits": {}}}]), []),
    (
        run(taskRef={"name": "a" * 64}),
        ["invalid value: name part must be no more than 63 bytes: spec.taskRef.name"],
    ),
    (
        task(params=[{"name": "1p"}, {"name": "1p"}], steps=[STEP]),
        ["The format of following array and string variable names is invalid: [1p]", "parameter appears"],
    ),
]


@pytest.mark.parametrize(("obj", "messages"), TOGETHER)
def test_what_the_real_webhook_says_of_slips_that_break_several_rules(obj, messages):
    said = refused(obj)
    assert [one[: len(text)] for one, text in zip(said, messages, strict=True)] == messages


OF_ALL = {"env": [{"name": "E", "value": "$(params.typo)"}]}
INLINE = {"stepTemplate": OF_ALL, "steps": [STEP, {"name": "other", "ref": {"name": "act"}}]}
NO_SUCH = 'non-existent variable in "$(params.typo)"'


@pytest.mark.parametrize(
    ("obj", "place"),
    [
        (task(**INLINE), "spec.steps[0].env[E]"),
        (run(taskSpec=INLINE), "spec.steps[0].env[E]"),
        (pipeline({"name": "a", "taskSpec": INLINE}), "spec.tasks[0].steps[0].env[E]"),
        (piperun(pipelineSpec={"tasks": [{"name": "a", "taskSpec": INLINE}]}), "spec.steps[0].env[E]"),
    ],
)
def test_what_a_template_of_steps_refers_to_is_looked_at_in_each_step(obj, place):
    assert refused(obj) == [f"{NO_SUCH}: {place}"]

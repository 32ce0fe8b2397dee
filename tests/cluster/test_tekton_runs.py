"""TaskRuns in real pods of the local cluster."""

from __future__ import annotations

import base64
import json
import re

import pytest
from local_kit import client, cluster, condition, namespace, wait_for

from pkgops.kube import Invalid

pytestmark = pytest.mark.cluster
__all__ = ["client", "cluster", "namespace"]

API, CARTO = "tekton.dev/v1", "carto.run/v1alpha1"
NEVER = {"input": "$(params.who)", "operator": "in", "values": ["nobody"]}


class Runs:
    """Starts TaskRuns in a namespace and waits for their end."""

    def __init__(self, client, cluster, namespace):
        self.client, self.namespace, self.image = client, namespace, cluster.images["toolbox"]

    def step(self, script=None, **fields):
        return {"image": self.image, **({"script": script} if script else {}), **fields}

    def start(self, name, *steps, api=API, spec=None, **task):
        meta = {"name": name, "namespace": self.namespace}
        run = {"apiVersion": api, "kind": "TaskRun", "metadata": meta}
        body = dict(spec or {})
        if steps:
            body["taskSpec"] = {"steps": list(steps), **task}
        return self.client.create({**run, "spec": body})

    def get(self, name):
        return self.client.get(API, "TaskRun", name, self.namespace)

    def end(self, name):
        def done():
            run = self.get(name)
            return run if condition(run, "Succeeded").get("status") in ("True", "False") else None

        return wait_for(f"the end of {name}", done)

    def says(self, name, reason):
        wait_for(
            f"{name} to say {reason}", lambda: condition(self.get(name), "Succeeded").get("reason") == reason
        )

    def log(self, pod, container):
        return "\n".join(self.client.logs(self.namespace, pod, container))


@pytest.fixture(scope="module")
def runs(client, cluster, namespace):
    started = Runs(client, cluster, namespace)
    start_what_takes_long(started, cluster)
    return started


def start_what_takes_long(runs, cluster):
    """Start together, before anything waits, the runs whose end the kubelet delays."""
    runs.start("no-image", {"name": "a", "image": absent(cluster), "script": "true"})
    runs.start("slow", runs.step("sleep 600", name="a"), spec={"timeout": "20s"})
    retried = '[ "$(context.taskRun.name)-$(context.task.retry-count)" = retried-1 ]'
    runs.start("retried", runs.step(retried), spec={"retries": 2})
    runs.start("cancelled", runs.step("sleep 600"))


def absent(cluster):
    return f"{cluster.registry}/pkgops/none:1"


@pytest.fixture(scope="module")
def two_steps(runs):
    """A Task with parameters, a workspace and a result, and a run of it that has ended."""
    runs.client.create(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "words", "namespace": runs.namespace},
            "data": {"greeting.txt": "hello"},
        }
    )
    task = {
        "apiVersion": API,
        "kind": "Task",
        "metadata": {"name": "two", "namespace": runs.namespace, "labels": {"team": "x"}},
        "spec": {
            "params": [{"name": "who", "default": "nobody"}],
            "results": [{"name": "said"}, {"name": "never"}],
            "workspaces": [{"name": "source"}],
            "steps": [
                runs.step(
                    "cat greeting.txt > /workspace/both", name="first", workingDir="$(workspaces.source.path)"
                ),
                runs.step(
                    "#!/usr/bin/env bash\n"
                    'echo -n "$(cat /workspace/both) $(params.who)" | tee $(results.said.path)',
                    name="second",
                ),
            ],
        },
    }
    runs.client.create(task)
    runs.start(
        "two",
        spec={
            "taskRef": {"name": "two"},
            "params": [{"name": "who", "value": "world"}],
            "workspaces": [{"name": "source", "configMap": {"name": "words"}}],
        },
    )
    return runs.end("two")


def test_steps_run_in_order_with_their_workspace_and_leave_a_result(runs, two_steps):
    assert condition(two_steps, "Succeeded")["message"] == "All Steps have completed executing"
    assert two_steps["status"]["results"] == [{"name": "said", "type": "string", "value": "hello world"}]
    assert [step["terminationReason"] for step in two_steps["status"]["steps"]] == ["Completed", "Completed"]
    assert runs.log("two-pod", "step-second") == "hello world"


def test_the_taskrun_and_its_pod_bear_the_tasks_labels(runs, two_steps):
    pod = runs.client.get("v1", "Pod", "two-pod", runs.namespace)
    labels = {"team": "x", "tekton.dev/task": "two", "app.kubernetes.io/managed-by": "tekton-pipelines"}
    assert labels.items() <= two_steps["metadata"]["labels"].items()
    assert {**labels, "tekton.dev/taskRun": "two"}.items() <= pod["metadata"]["labels"].items()
    assert pod["metadata"]["ownerReferences"][0]["uid"] == two_steps["metadata"]["uid"]


def test_the_end_is_an_event(runs, two_steps):
    def reasons():
        events = runs.client.list("v1", "Event", runs.namespace, fields="involvedObject.kind=TaskRun").items
        return {event["reason"] for event in events if event["involvedObject"]["name"] == "two"}

    wait_for("events of the run", lambda: {"Started", "Succeeded"} <= reasons())


def test_the_first_failure_is_told_and_what_follows_is_skipped(runs):
    runs.start(
        "fails",
        runs.step("echo -n 1 > $(results.early.path); echo boom; exit 3", name="a"),
        runs.step("echo never", name="b"),
        results=[{"name": "early"}],
    )
    run = runs.end("fails")
    ended = condition(run, "Succeeded")
    assert (ended["reason"], ended["message"]) == ("StepFailed", '"step-a" exited with code 3: Error')
    assert [step["terminationReason"] for step in run["status"]["steps"]] == ["Error", "Skipped"]
    assert run["status"]["results"] == [{"name": "early", "type": "string", "value": "1"}]
    assert runs.log("fails-pod", "step-a") == "boom"
    assert "never" not in runs.log("fails-pod", "step-b")


def test_a_step_may_go_on_and_the_next_may_read_its_code(runs):
    runs.start(
        "goes-on",
        runs.step("exit 7", onError="continue"),
        runs.step("cat $(steps.step-unnamed-0.exitCode.path) > $(results.code.path)"),
        results=[{"name": "code"}],
    )
    run = runs.end("goes-on")
    assert condition(run, "Succeeded")["status"] == "True"
    assert run["status"]["results"][0]["value"] == "7"
    assert run["status"]["steps"][0]["terminationReason"] == "Continued"


def test_a_step_actions_results_reach_a_later_step_and_the_task(runs):
    action = {
        "params": [{"name": "word"}],
        "env": [{"name": "WORD", "value": "$(params.word)"}],
        "results": [{"name": "word"}],
    }
    runs.client.create(
        {
            "apiVersion": "tekton.dev/v1beta1",
            "kind": "StepAction",
            "metadata": {"name": "says", "namespace": runs.namespace},
            "spec": {**runs.step('echo -n "$WORD" > $(step.results.word.path)'), **action},
        }
    )
    runs.start(
        "passes",
        {"name": "one", "ref": {"name": "says"}, "params": [{"name": "word", "value": "hi"}]},
        runs.step(
            'echo "$WORD" > $(results.said.path)',
            env=[{"name": "WORD", "value": "<$(steps.one.results.word)>"}],
        ),
        results=[{"name": "said"}, {"name": "word", "value": "$(steps.one.results.word)"}],
        spec={"computeResources": {"requests": {"cpu": "20m"}}},
    )
    run = runs.end("passes")
    assert [entry["value"] for entry in run["status"]["results"]] == ["<hi>\n", "hi"]
    pod = runs.client.get("v1", "Pod", "passes-pod", runs.namespace)
    assert [entry["resources"] for entry in pod["spec"]["containers"]] == [{"requests": {"cpu": "10m"}}] * 2


def test_a_run_that_takes_too_long_ends_and_its_pod_goes(runs):
    message = condition(runs.end("slow"), "Succeeded")["message"]
    assert message.startswith('TaskRun "slow" failed to finish within "20s"')
    wait_for("the pod to go", lambda: not runs.client.find("v1", "Pod", "slow-pod", runs.namespace))


def test_a_step_that_takes_too_long_ends_alone(runs):
    runs.start("slow-step", runs.step(name="a", command=["sleep", "600"], timeout="1s"))
    run = runs.end("slow-step")
    assert condition(run, "Succeeded")["message"] == (
        '"step-a" exited because the step exceeded the specified timeout limit'
    )
    assert run["status"]["steps"][0]["terminationReason"] == "TimeoutExceeded"


def test_a_cancelled_run_ends_and_its_pod_goes(runs):
    runs.says("cancelled", "Running")
    patch = {"spec": {"status": "TaskRunCancelled", "statusMessage": "not now"}}
    runs.client.patch(API, "TaskRun", "cancelled", runs.namespace, patch)
    run = runs.end("cancelled")
    assert condition(run, "Succeeded")["message"] == 'TaskRun "cancelled" was cancelled. not now'
    assert run["status"]["steps"][0]["terminationReason"] == "TaskRunCancelled"
    wait_for("the pod to go", lambda: not runs.client.find("v1", "Pod", "cancelled-pod", runs.namespace))


def test_each_retry_has_its_own_pod(runs):
    run = runs.end("retried")
    assert condition(run, "Succeeded")["status"] == "True"
    assert run["status"]["podName"] == "retried-pod-retry1"
    assert [entry["podName"] for entry in run["status"]["retriesStatus"]] == ["retried-pod"]


def test_an_image_that_is_not_there(runs, cluster):
    ended = condition(runs.end("no-image"), "Succeeded")
    assert ended["reason"] == "TaskRunImagePullFailed"
    assert ended["message"].startswith(
        f'the step "a" in TaskRun "no-image" failed to pull the image "{absent(cluster)}".'
    )


def test_an_image_knows_its_own_command(runs, cluster):
    runs.start(
        "own-command", {"image": cluster.images["entrypoint"], "args": ["workingdirinit", "/workspace/x"]}
    )
    assert condition(runs.end("own-command"), "Succeeded")["status"] == "True"


def test_sidecars_are_there_before_the_steps_and_hold_up_neither_their_start_nor_the_end(runs):
    shared = [{"name": "shared", "mountPath": "/shared"}]
    sidecar = {
        "name": "writer",
        "image": runs.image,
        "script": "trap 'exit 0' TERM; echo hi > $(params.folder)/word; sleep 600 & wait",
        "workspaces": shared,
        "readinessProbe": {"exec": {"command": ["test", "-s", "/shared/word"]}, "periodSeconds": 1},
    }
    runs.start(
        "beside",
        runs.step("cat /shared/word", name="a", workspaces=shared),
        params=[{"name": "folder", "default": "/shared"}],
        sidecars=[sidecar, {"name": "ended", "image": runs.image, "script": "true"}],
        workspaces=[{"name": "shared"}],
        spec={"workspaces": [{"name": "shared", "emptyDir": {}}]},
    )
    assert condition(runs.end("beside"), "Succeeded")["status"] == "True"
    assert runs.log("beside-pod", "step-a") == "hi"


def test_registry_secrets_of_the_service_account_reach_the_step(runs):
    config = json.dumps({"auths": {"registry.example.com": {"auth": base64.b64encode(b"u:p").decode()}}})
    meta = {"namespace": runs.namespace}
    runs.client.create(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/dockerconfigjson",
            "metadata": {**meta, "name": "reg"},
            "stringData": {".dockerconfigjson": config},
        }
    )
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {**meta, "name": "pusher"}}
    runs.client.create({**account, "secrets": [{"name": "reg"}]})
    script = (
        "grep -o registry.example.com ~/.docker/config.json $(credentials.path)/.docker/config.json | wc -l"
    )
    runs.start("with-secret", runs.step(script, name="a"), spec={"serviceAccountName": "pusher"})
    assert condition(runs.end("with-secret"), "Succeeded")["status"] == "True"
    assert runs.log("with-secret-pod", "step-a").strip() == "2"


def test_a_run_of_the_old_version_has_its_results_under_the_old_name_too(runs):
    spec = {"serviceAccountName": "default"}
    step = runs.step("echo -n x > $(results.r.path)")
    runs.start("old", step, api="tekton.dev/v1beta1", spec=spec, results=[{"name": "r"}])
    runs.end("old")
    run = runs.client.get("tekton.dev/v1beta1", "TaskRun", "old", runs.namespace)
    assert run["status"]["taskResults"] == run["status"]["results"] != []


def test_a_run_of_the_same_name_gets_a_pod_of_its_own(runs):
    runs.start("again", runs.step("exec sleep 2"))
    wait_for("the first pod", lambda: runs.client.find("v1", "Pod", "again-pod", runs.namespace))
    runs.client.delete(API, "TaskRun", "again", runs.namespace)
    wait_for("the run to go", lambda: not runs.client.find(API, "TaskRun", "again", runs.namespace))
    runs.start("again", runs.step("true"))
    run = runs.end("again")
    pod = runs.client.get("v1", "Pod", "again-pod", runs.namespace)
    assert condition(run, "Succeeded")["status"] == "True"
    assert pod["metadata"]["ownerReferences"][0]["uid"] == run["metadata"]["uid"]


UNMOUNTED = {"image": "x", "script": "true", "volumeMounts": [{"name": "nope", "mountPath": "/x"}]}
REFUSALS = [
    (
        "no-volume",
        {"taskSpec": {"steps": [UNMOUNTED]}},
        "PodCreationFailed",
        'failed to create task run pod "no-volume": Pod "no-volume-pod" is invalid: '
        'spec.containers[0].volumeMounts[0].name: Not found: "nope". Maybe missing or invalid Task '
        "{namespace}/no-volume",
    ),
    (
        "no-task",
        {"taskRef": {"name": "ghost", "kind": "ClusterTask"}},
        "TaskRunResolutionFailed",
        'error when listing tasks for taskRun no-task: tasks.tekton.dev "ghost" not found',
    ),
    (
        "no-workspace",
        {"taskRef": {"name": "two"}},
        "TaskRunValidationFailed",
        '[User error] declared workspace "source" is required but has not been bound',
    ),
    (
        "no-param",
        {"taskSpec": {"params": [{"name": "a"}], "steps": [{"image": "x", "script": "true"}]}},
        "TaskRunValidationFailed",
        "[User error] invalid input params for task no-param: missing values for these params which have no "
        "default values: [a]",
    ),
    (
        "no-account",
        {"serviceAccountName": "ghost", "taskSpec": {"steps": [{"image": "x", "script": "true"}]}},
        "PodCreationFailed",
        'failed to create task run pod "no-account": pods "no-account-pod" is forbidden: error looking up '
        'service account {namespace}/ghost: serviceaccount "ghost" not found. Maybe missing or invalid Task '
        "{namespace}/no-account",
    ),
]


@pytest.mark.parametrize(("name", "spec", "reason", "message"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_runs_that_cannot_start(runs, two_steps, name, spec, reason, message):
    runs.start(name, spec=spec)
    ended = condition(runs.end(name), "Succeeded")
    assert (ended["reason"], ended["message"]) == (reason, message.format(namespace=runs.namespace))


def test_a_run_on_hold_waits(runs):
    runs.start("held", runs.step("true"), spec={"status": "TaskRunPending"})
    runs.says("held", "TaskRunPending")
    runs.client.patch(API, "TaskRun", "held", runs.namespace, {"spec": {"status": None}})
    assert condition(runs.end("held"), "Succeeded")["status"] == "True"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"taskRef": {"name": "t"}, "workspaces": [{"name": "w", "configmap": {"name": "c"}}]},
            "expected exactly one, got neither: spec.workspaces[0].configmap",
        ),
        (
            {"taskSpec": {"steps": [{"image": "i", "script": "$(params.typo)"}]}},
            'non-existent variable in "$(params.typo)": spec.steps[0].script',
        ),
        ({"taskRef": {"name": "t"}, "timeout": "soon"}, 'time: invalid duration "soon"'),
    ],
)
def test_what_the_webhooks_refuse(runs, spec, message):
    with pytest.raises(Invalid, match=re.escape(message)) as refused:
        runs.start("refused", spec=spec)
    assert "webhook.pipeline.tekton.dev" in str(refused.value)


@pytest.fixture
def pipeline_runnable(runs):
    """A Runnable that stamps a PipelineRun, with all that it needs; its template goes afterwards."""
    steps = {
        "say": runs.step("echo -n $(params.text) | tee $(results.word.path)"),
        "add": runs.step(
            'echo -n "$(params.word[0]) $(params.word[1]) $(params.who)" > $(results.said.path)'
        ),
        "tell": runs.step("echo $(params.state) > $(workspaces.out.path)/state"),
    }
    results = {"say": [{"name": "word"}], "add": [{"name": "said"}], "tell": []}
    params = {
        "say": [{"name": "text"}],
        "add": [{"name": "word", "type": "array"}, {"name": "who"}],
        "tell": [{"name": "state"}],
    }
    inline = {
        name: {"steps": [step], "results": results[name], "params": params[name]}
        for name, step in steps.items()
    }
    inline["tell"]["workspaces"] = [{"name": "out"}]
    given = [
        {"name": "word", "value": "$(tasks.say.results.word[*])"},
        {"name": "who", "value": "$(params.who)"},
    ]
    twice = [{"name": "text", "value": ["good", "day"]}]
    states = [{"name": "state", "value": "$(tasks.add.status)"}]
    # A task that is skipped gets its parameters as well: they are checked before anything starts.
    unused = [{"name": "state", "value": "unused"}]
    pipeline = {
        "params": [{"name": "who"}],
        "workspaces": [{"name": "out"}],
        "tasks": [
            {"name": "say", "taskSpec": inline["say"], "matrix": {"params": twice}},
            {"name": "never", "taskSpec": inline["tell"], "params": unused, "when": [NEVER]},
            {"name": "add", "taskSpec": inline["add"], "params": given},
        ],
        "finally": [
            {"name": "tell", "taskSpec": inline["tell"], "params": states, "workspaces": [{"name": "out"}]}
        ],
        "results": [{"name": "said", "value": "$(tasks.add.results.said)"}],
    }
    objects = [
        {"apiVersion": API, "kind": "Pipeline", "metadata": {"name": "three"}, "spec": pipeline},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "tester"}},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": "tester"},
            "rules": [{"apiGroups": ["tekton.dev"], "resources": ["pipelineruns"], "verbs": ["*"]}],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "tester"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tester"},
            "subjects": [{"kind": "ServiceAccount", "name": "tester", "namespace": runs.namespace}],
        },
    ]
    for obj in objects:
        runs.client.create({**obj, "metadata": {**obj["metadata"], "namespace": runs.namespace}})
    stamped = {
        "apiVersion": API,
        "kind": "PipelineRun",
        "metadata": {"generateName": "$(runnable.metadata.name)$-"},
        "spec": {
            "pipelineRef": {"name": "three"},
            "params": [{"name": "who", "value": "$(runnable.spec.inputs.who)$"}],
            "workspaces": [{"name": "out", "emptyDir": {}}],
        },
    }
    template = f"pipeline-{runs.namespace}"
    spec = {"template": stamped, "outputs": {"said": "status.results[0].value"}}
    runs.client.create(
        {"apiVersion": CARTO, "kind": "ClusterRunTemplate", "metadata": {"name": template}, "spec": spec}
    )
    asked = {
        "serviceAccountName": "tester",
        "runTemplateRef": {"name": template},
        "inputs": {"who": "world"},
    }
    meta = {"name": "tests", "namespace": runs.namespace}
    yield runs.client.create({"apiVersion": CARTO, "kind": "Runnable", "metadata": meta, "spec": asked})
    runs.client.delete(CARTO, "ClusterRunTemplate", template)


def test_a_runnable_stamps_a_pipeline_run_and_gets_its_results(runs, pipeline_runnable):
    def output():
        runnable = runs.client.get(CARTO, "Runnable", "tests", runs.namespace)
        return (runnable.get("status") or {}).get("outputs")

    assert wait_for("the output of the Runnable", output) == {"said": "good day world"}
    run = runs.client.list(API, "PipelineRun", runs.namespace).items[0]
    ended = condition(run, "Succeeded")
    assert (ended["status"], ended["reason"]) == ("True", "Completed")
    assert ended["message"] == "Tasks Completed: 3 (Failed: 0, Cancelled 0), Skipped: 1"
    children = [entry["name"] for entry in run["status"]["childReferences"]]
    assert children == [f"{run['metadata']['name']}-{task}" for task in ("say-0", "say-1", "add", "tell")]
    assert run["status"]["skippedTasks"][0]["name"] == "never"
    assert [owner["kind"] for owner in runs.get(children[0])["metadata"]["ownerReferences"]] == [
        "PipelineRun"
    ]

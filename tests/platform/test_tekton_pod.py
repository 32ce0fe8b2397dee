import copy

import pytest
from tekton_traces import history

from pkgops.platform.tekton.credentials import credentials_of
from pkgops.platform.tekton.pod import PROGRAM, build_pod, pod_name, working_dirs
from pkgops.platform.tekton.steps import StepContext, merge_template, script_text, step_container
from pkgops.platform.tekton.workspaces import resolve_workspaces

# Test runs of the first recording: one with a command, one with a script, a workspace and a registry secret.
RUNS = ["test-golang-sgldz", "imgpkg-push-package-bnjtc"]
SECRET = {"type": "kubernetes.io/dockerconfigjson", "metadata": {"name": "registry-credentials"}}
# What the API server adds to every pod by itself.
DEFAULTED = {
    "terminationMessagePolicy",
    "imagePullPolicy",
    "terminationGracePeriodSeconds",
    "dnsPolicy",
    "serviceAccount",
    "securityContext",
    "schedulerName",
    "tolerations",
    "priority",
    "enableServiceLinks",
    "preemptionPolicy",
    "imagePullSecrets",
    "defaultMode",
    "image",
}


def without_defaults(value):
    if isinstance(value, dict):
        if value.get("terminationMessagePath") == "/dev/termination-log":
            value = {key: entry for key, entry in value.items() if key != "terminationMessagePath"}
        if "volumeMounts" in value and value.get("resources") == {}:
            value = {key: entry for key, entry in value.items() if key != "resources"}
        return {key: without_defaults(entry) for key, entry in value.items() if key not in DEFAULTED}
    if isinstance(value, list):
        return [
            without_defaults(entry)
            for entry in value
            if not (isinstance(entry, dict) and str(entry.get("name", "")).startswith("kube-api-access"))
        ]
    return value


def rebuilt(run):
    spec = run["status"]["taskSpec"]
    workspaces = resolve_workspaces(
        spec.get("workspaces", []), run["spec"].get("workspaces", []), run["metadata"]["uid"]
    )
    credentials = credentials_of([SECRET] if run["spec"]["serviceAccountName"] != "default" else [])
    return build_pod(run, spec, workspaces, credentials, "entrypoint:1")


def recorded_pod(ending):
    """The pod as it was created, without what waited for sidecars that the Task does not have."""
    pod = copy.deepcopy(history("first-run", "Pod", f"{ending}-pod")[0])
    pod["spec"]["volumes"] = [v for v in pod["spec"]["volumes"] if v["name"] != "tekton-internal-downward"]
    step = pod["spec"]["containers"][0]
    step["volumeMounts"] = [m for m in step["volumeMounts"] if m["name"] != "tekton-internal-downward"]
    step["args"] = step["args"][3:]
    return pod


@pytest.mark.parametrize("ending", RUNS)
def test_the_step_container_is_the_recorded_one(ending):
    run = history("first-run", "TaskRun", ending)[-1]
    ours, theirs = rebuilt(run)["spec"]["containers"][0], recorded_pod(ending)["spec"]["containers"][0]
    script = theirs["args"][theirs["args"].index("-entrypoint") + 1]
    if script.startswith("/tekton/scripts/"):
        mine = ours["args"][ours["args"].index("-entrypoint") + 1]
        ours["args"] = [script if argument == mine else argument for argument in ours["args"]]
    assert without_defaults(ours) == without_defaults(theirs)


@pytest.mark.parametrize("ending", RUNS)
def test_volumes_and_pod_fields_are_the_recorded_ones(ending):
    run = history("first-run", "TaskRun", ending)[-1]
    ours, theirs = rebuilt(run)["spec"], recorded_pod(ending)["spec"]
    for part in ("containers", "initContainers"):
        ours.pop(part), theirs.pop(part)
    assert without_defaults(ours) == without_defaults(theirs)


@pytest.mark.parametrize("ending", RUNS)
def test_metadata_is_the_recorded_one(ending):
    run = history("first-run", "TaskRun", ending)[-1]
    ours, theirs = rebuilt(run)["metadata"], recorded_pod(ending)["metadata"]
    for key in ("name", "namespace", "labels", "ownerReferences"):
        assert ours[key] == theirs[key]
    assert ours["annotations"].pop("tekton.dev/ready") == "READY"
    assert ours["annotations"] == theirs["annotations"]


@pytest.mark.parametrize("ending", RUNS)
def test_init_containers_have_the_recorded_names_and_mounts(ending):
    run = history("first-run", "TaskRun", ending)[-1]
    ours, theirs = rebuilt(run)["spec"]["initContainers"], recorded_pod(ending)["spec"]["initContainers"]
    assert [c["name"] for c in ours] == [c["name"] for c in theirs]
    for mine, recorded in zip(ours, theirs, strict=True):
        assert without_defaults(mine["volumeMounts"]) == without_defaults(recorded["volumeMounts"])
    assert ours[0]["command"] == theirs[0]["command"]
    assert [c["image"] for c in ours] == ["entrypoint:1"] * len(ours)


def run_of(**spec):
    meta = {"name": "r", "namespace": "ns", "uid": "u-1", "labels": {}, "annotations": {}}
    kind = {"apiVersion": "tekton.dev/v1", "kind": "TaskRun"}
    return {**kind, "metadata": meta, "spec": {"serviceAccountName": "default", **spec}, "status": {}}


def test_a_retry_has_a_pod_of_its_own():
    run = run_of()
    assert pod_name(run) == "r-pod"
    run["status"]["retriesStatus"] = [{}, {}]
    assert pod_name(run) == "r-pod-retry2"


def test_a_long_name_is_shortened_as_kmeta_does():
    run = run_of()
    run["metadata"]["name"] = "a" * 63
    assert len(pod_name(run)) == 63
    assert pod_name(run).endswith("-pod")


@pytest.mark.parametrize(
    ("timeout", "deadline"), [("1h0m0s", 5400), ("10s", 15), ("0s", 2147483647), ("0", 2147483647)]
)
def test_the_pod_may_live_half_as_long_again_as_the_timeout(timeout, deadline):
    pod = build_pod(
        run_of(timeout=timeout), {"steps": [{"image": "i", "script": "x"}]}, [], credentials_of([]), "e"
    )
    assert pod["spec"]["activeDeadlineSeconds"] == deadline


def test_the_steps_follow_one_another():
    steps = [
        {"image": "i", "command": ["a"], "args": ["1"]},
        {"name": "two", "image": "i", "command": ["b", "c"]},
    ]
    first, second = (step_container(steps, index, StepContext(run_uid="u")) for index in range(2))
    assert first["name"] == "step-unnamed-0"
    assert "-wait_file" not in first["args"]
    assert second["args"][:2] == ["-wait_file", "/tekton/run/0/out"]
    assert second["args"][second["args"].index("-entrypoint") :] == ["-entrypoint", "b", "--", "c"]


def test_a_step_may_write_only_its_own_run_folder():
    steps = [{"image": "i", "command": ["a"]}, {"image": "i", "command": ["b"]}]
    mounts = {m["mountPath"]: m for m in step_container(steps, 1, StepContext(run_uid="u"))["volumeMounts"]}
    assert mounts["/tekton/run/0"]["readOnly"] is True
    assert "readOnly" not in mounts["/tekton/run/1"]


def test_a_step_that_mounts_workspace_itself_keeps_its_mount():
    steps = [{"image": "i", "command": ["a"], "volumeMounts": [{"name": "mine", "mountPath": "/workspace"}]}]
    mounts = [m["name"] for m in step_container(steps, 0, StepContext(run_uid="u"))["volumeMounts"]]
    assert "mine" in mounts
    assert "tekton-internal-workspace" not in mounts


def test_options_reach_the_entrypoint():
    step = {
        "image": "i",
        "command": ["a"],
        "timeout": "5s",
        "onError": "continue",
        "results": [{"name": "r"}],
    }
    arguments = step_container([step], 0, StepContext(run_uid="u", results=("x", "y")))["args"]
    assert " ".join(arguments).count("-timeout 5s -on_error continue -results x,y -step_results r") == 1


def test_scripts_get_a_first_line_only_where_they_have_none():
    assert script_text({"script": "echo 1"}) == "#!/bin/sh\nset -e\necho 1"
    assert script_text({"script": "#!/usr/bin/env bash\necho 1"}) == "#!/usr/bin/env bash\necho 1"


def test_the_same_run_always_gives_the_same_pod():
    spec = {"steps": [{"image": "i", "script": "x"}]}
    first, again = (build_pod(run_of(), copy.deepcopy(spec), [], credentials_of([]), "e") for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([None], []),
        (["/workspace/b", "/workspace/a/", "/tmp"], ["/workspace/a", "/workspace/b"]),
        (["relative"], ["/workspace/relative"]),
        (["/workspace/../etc"], []),
    ],
)
def test_only_folders_below_workspace_are_made(given, expected):
    assert working_dirs([{"workingDir": folder} for folder in given]) == expected


def test_step_template_is_merged_by_names():
    template = {
        "image": "t",
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}],
        "workingDir": "/x",
    }
    merged = merge_template(template, {"image": "s", "env": [{"name": "B", "value": "2"}]})
    assert merged == {
        "image": "s",
        "workingDir": "/x",
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    }


def test_a_sidecar_starts_first_and_its_readiness_gates_the_steps():
    probe = {"tcpSocket": {"port": 1}}
    spec = {
        "steps": [{"image": "i", "script": "x"}],
        "sidecars": [{"name": "db", "image": "d", "readinessProbe": probe}],
    }
    sidecar = build_pod(run_of(), spec, [], credentials_of([]), "e")["spec"]["initContainers"][-1]
    assert (sidecar["name"], sidecar["restartPolicy"]) == ("sidecar-db", "Always")
    assert sidecar["startupProbe"] == probe


def test_pod_template_reaches_the_pod():
    template = {
        "nodeSelector": {"a": "b"},
        "env": [{"name": "X", "value": "1"}],
        "volumes": [{"name": "v"}],
        "bogus": 1,
    }
    pod = build_pod(
        run_of(podTemplate=template), {"steps": [{"image": "i", "script": "x"}]}, [], credentials_of([]), "e"
    )
    assert pod["spec"]["nodeSelector"] == {"a": "b"}
    assert pod["spec"]["volumes"][-1] == {"name": "v"}
    assert pod["spec"]["containers"][0]["env"] == [{"name": "X", "value": "1"}]
    assert "bogus" not in pod["spec"]


def test_last_applied_stays_on_the_taskrun():
    run = run_of()
    run["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b"}
    pod = build_pod(run, {"steps": [{"image": "i", "script": "x"}]}, [], credentials_of([]), "e")
    assert pod["metadata"]["annotations"] == {"a": "b", "tekton.dev/ready": "READY"}


def test_the_program_is_where_the_image_has_it():
    pod = build_pod(run_of(), {"steps": [{"image": "i", "script": "x"}]}, [], credentials_of([]), "e")
    assert all(c["command"][0] == PROGRAM for c in pod["spec"]["initContainers"])


def test_a_step_gets_its_conditions_as_the_real_entrypoint_does():
    when = [{"input": "a", "operator": "in", "values": ["a", "b"]}]
    argv = step_container([{"image": "i", "command": ["x"], "when": when}], 0, StepContext(run_uid="1"))[
        "args"
    ]
    given = argv[argv.index("-when_expressions") + 1]
    assert given == '[{"input":"a","operator":"in","values":["a","b"]}]'


def test_a_template_counts_where_a_step_says_nothing_and_maps_are_merged():
    template = {
        "computeResources": {"requests": {"cpu": "1m", "memory": "1Mi"}},
        "securityContext": {"runAsUser": 1, "capabilities": {"drop": ["ALL"]}},
        "args": ["a"],
    }
    assert merge_template(template, {"computeResources": {}, "args": []}) == template
    own = {
        "computeResources": {"requests": {"cpu": "2m"}, "limits": {"cpu": "3m"}},
        "securityContext": {"runAsUser": 0},
    }
    assert merge_template(template, own) == {
        "computeResources": {"requests": {"cpu": "2m", "memory": "1Mi"}, "limits": {"cpu": "3m"}},
        "securityContext": {"runAsUser": 0, "capabilities": {"drop": ["ALL"]}},
        "args": ["a"],
    }

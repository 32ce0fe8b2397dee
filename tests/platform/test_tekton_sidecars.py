import base64

from pkgops.platform.tekton.credentials import credentials_of
from pkgops.platform.tekton.pod import build_pod
from pkgops.platform.tekton.workspaces import resolve_workspaces

META = {"name": "r", "namespace": "ns", "uid": "u-1", "labels": {}, "annotations": {}}
RUN = {"apiVersion": "tekton.dev/v1", "kind": "TaskRun", "metadata": META, "spec": {}, "status": {}}


def pod_with(*sidecars, steps=({"image": "i", "command": ["x"]},), workspaces=()):
    spec = {"steps": list(steps), "sidecars": list(sidecars)}
    bound = [{"name": name, "emptyDir": {}} for name in workspaces]
    found = resolve_workspaces([{"name": name} for name in workspaces], bound, "u-1")
    return build_pod(RUN, spec, found, credentials_of([]), "e")["spec"]


def container(pod, name):
    return next(entry for entry in [*pod["initContainers"], *pod["containers"]] if entry["name"] == name)


def paths(entry):
    return {mount["mountPath"] for mount in entry.get("volumeMounts", [])}


def test_a_sidecars_script_is_placed_and_run():
    pod = pod_with({"name": "web", "image": "w", "script": "serve", "args": ["1"]})
    path, text = container(pod, "place-scripts")["args"]
    assert path.startswith("/tekton/scripts/sidecar-script-0-")
    assert base64.b64decode(text).decode() == "#!/bin/sh\nset -e\nserve"
    web = container(pod, "sidecar-web")
    assert web["command"] == ["/tekton/bin/entrypoint"]
    assert web["args"] == ["-stay", "-entrypoint", path, "--", "1"]
    assert paths(web) == {"/tekton/scripts", "/tekton/bin"}
    assert "script" not in web
    assert {"name": "tekton-internal-scripts", "emptyDir": {}} in pod["volumes"]


def test_a_command_stays_when_it_has_ended_and_an_images_own_is_left_to_the_image():
    pod = pod_with(
        {"name": "a", "image": "i", "command": ["b", "c"]}, {"name": "d", "image": "i", "args": ["x"]}
    )
    assert container(pod, "sidecar-a")["args"] == ["-stay", "-entrypoint", "b", "--", "c"]
    plain = container(pod, "sidecar-d")
    assert (plain.get("command"), plain["args"], paths(plain)) == (None, ["x"], set())


def test_a_sidecar_gets_the_workspaces_that_nobody_names_and_those_that_it_names():
    steps = [{"image": "i", "command": ["x"], "workspaces": [{"name": "mine"}]}]
    naming = {"name": "n", "image": "i", "workspaces": [{"name": "its", "mountPath": "/its"}]}
    pod = pod_with(naming, {"name": "s", "image": "i"}, steps=steps, workspaces=["all", "mine", "its"])
    assert paths(container(pod, "sidecar-n")) == {"/workspace/all", "/its"}
    assert paths(container(pod, "sidecar-s")) == {"/workspace/all"}
    step = paths(container(pod, "step-unnamed-0"))
    assert {"/workspace/all", "/workspace/mine"} < step
    assert not {"/its", "/workspace/its"} & step
    assert "workspaces" not in container(pod, "sidecar-n")


def test_a_sidecars_own_mount_comes_before_a_workspace_at_the_same_place():
    mine = {"name": "v", "mountPath": "/workspace/all"}
    pod = pod_with({"name": "s", "image": "i", "volumeMounts": [mine]}, workspaces=["all"])
    assert container(pod, "sidecar-s")["volumeMounts"] == [mine]

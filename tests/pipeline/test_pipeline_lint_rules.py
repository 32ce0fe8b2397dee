"""Each rule on an object that has it, on others that look alike and have it not, and what it corrects."""

from __future__ import annotations

import copy

import pytest

from pkgops.pipeline import lint

FLUX = "image.toolkit.fluxcd.io/v1"
CARVEL = "packaging.carvel.dev/v1alpha1"
SERVING = "serving.knative.dev/v1"


def template(stamped, kind="ClusterTemplate", name="t", **spec):
    return {
        "apiVersion": "carto.run/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"template": stamped, **spec},
    }


def stamps(kind, api, spec, template_kind="ClusterTemplate", **more):
    return template({"apiVersion": api, "kind": kind, "spec": spec}, template_kind, **more)


def task(*steps, kind="Task", **spec):
    return {
        "apiVersion": "tekton.dev/v1",
        "kind": kind,
        "metadata": {"name": "task"},
        "spec": {"steps": list(steps), **spec},
    }


def plan(kind, *resources):
    return {
        "apiVersion": "carto.run/v1alpha1",
        "kind": kind,
        "metadata": {"name": "plan"},
        "spec": {"resources": list(resources)},
    }


def resource(name, kind, template_name, **inputs):
    return {"name": name, "templateRef": {"kind": kind, "name": template_name}, **inputs}


def names(*objects, **around):
    return [one.name for one in lint.findings(objects, lint.Surroundings(**around))]


def corrected(*objects, **around):
    """The corrected form of the only object that is to be corrected."""
    (one,) = lint.corrections(objects, lint.Surroundings(**around))
    return one.after


@pytest.mark.parametrize(
    ("kind", "api", "period", "full"),
    [
        ("PackageInstall", CARVEL, "3m", "3m0s"),
        ("PackageRepository", CARVEL, "1h", "1h0m0s"),
        ("App", "kappctrl.k14s.io/v1alpha1", "90s", "1m30s"),
        ("PackageInstall", CARVEL, "1h30s", "1h0m30s"),
        ("PackageInstall", CARVEL, "0s", None),
        ("PackageInstall", CARVEL, "3m0s", None),
        ("PackageInstall", CARVEL, "$(params.period)$", None),
        ("PackageInstall", CARVEL, "", None),
        # Flux keeps durations as they are written.
        ("ImageRepository", FLUX, "3m", None),
    ],
)
def test_a_duration_that_its_controller_writes_in_another_form(kind, api, period, full):
    found = stamps(kind, api, {"syncPeriod": period})
    assert names(found) == (["duration-not-normal"] if full else [])
    if full:
        assert corrected(found)["spec"]["template"]["spec"]["syncPeriod"] == full


@pytest.mark.parametrize(
    ("kind", "paused", "count"),
    [
        ("PackageRepository", True, 1),
        ("PackageInstall", True, 1),
        ("App", True, 1),
        ("PackageRepository", False, 0),
        ("PackageRepository", None, 0),
        ("Image", True, 0),
    ],
)
def test_what_is_paused_does_nothing(kind, paused, count):
    found = stamps(kind, CARVEL, {} if paused is None else {"paused": paused})
    assert names(found) == ["paused"] * count
    if count:
        assert "paused" not in corrected(found)["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    ("policy", "count"),
    [
        ({"semver": {"range": ">=0.0.0"}}, 1),
        ({"semver": {"range": "0.1.x"}}, 1),
        ({"semver": {"range": "$(params.semver)$"}}, 0),
        ({"semver": {"range": "$(params.other)$"}}, 0),
        ({"numerical": {"order": "asc"}}, 0),
        ({}, 0),
    ],
)
def test_a_fixed_version_rule_cannot_be_pinned(policy, count):
    found = stamps("ImagePolicy", FLUX, {"policy": policy}, "ClusterSourceTemplate")
    assert names(found) == ["not-pinnable"] * count
    if count:
        after = corrected(found)["spec"]
        assert after["template"]["spec"]["policy"]["semver"]["range"] == "$(params.semver)$"
        assert after["params"] == [{"name": "semver", "default": policy["semver"]["range"]}]


def test_the_parameters_that_a_template_has_stay():
    found = stamps(
        "ImagePolicy", FLUX, {"policy": {"semver": {"range": "*"}}}, params=[{"name": "own", "default": 1}]
    )
    assert [one["name"] for one in corrected(found)["spec"]["params"]] == ["own", "semver"]


MANIFEST = f"apiVersion: {SERVING}\nkind: Service\n"


def config(kind="ClusterConfigTemplate", **spec):
    return {
        "apiVersion": "carto.run/v1alpha1",
        "kind": kind,
        "metadata": {"name": "config"},
        "spec": {"configPath": ".data", **spec},
    }


@pytest.mark.parametrize(
    ("found", "count"),
    [
        (config(ytt=MANIFEST), 1),
        (config(template={"data": {"app.yaml": MANIFEST}}), 1),
        (config(template={"data": {"app.yaml": f"{MANIFEST}---\nrebaseRules: []\n"}}), 0),
        (config(ytt=f"{MANIFEST}# rebaseRules\n"), 0),
        (config(ytt="apiVersion: apps/v1\nkind: Deployment\n"), 0),
        # A Route alone is no Service that Knative would refuse.
        (config(ytt=f"apiVersion: {SERVING}\nkind: Route\n"), 0),
        (config(kind="ClusterTemplate", ytt=MANIFEST), 0),
    ],
)
def test_a_bundle_that_knative_refuses_the_second_time(found, count):
    assert names(found) == ["no-rebase-rules"] * count


@pytest.mark.parametrize("written", [{"ytt": MANIFEST}, {"template": {"data": {"app.yaml": MANIFEST}}}])
def test_the_rebase_rules_are_added_where_the_bundle_is_written(written):
    after = corrected(config(**written))["spec"]
    if "ytt" in written:
        assert after["ytt"].startswith(MANIFEST.rstrip("\n"))
        assert "\n  kapp-config.yaml: |\n    apiVersion: kapp.k14s.io/v1alpha1\n" in after["ytt"]
    else:
        assert after["template"]["data"]["kapp-config.yaml"].startswith("apiVersion: kapp.k14s.io/v1alpha1\n")
        assert "\nrebaseRules:\n- path: " in after["template"]["data"]["kapp-config.yaml"]


@pytest.mark.parametrize(
    ("script", "count"),
    [
        ("#!/bin/sh\n[[ -z x ]]", 1),
        ("[[ -z x ]]", 1),
        ("\n\n#!/bin/sh -e\n[[ -z x ]]", 1),
        ("#!/bin/bash\n[[ -z x ]]", 0),
        ("#!/usr/bin/env bash\n[[ -z x ]]", 0),
        ("#!/bin/sh\n[ -z x ]", 0),
        ("", 0),
        (None, 0),
    ],
)
def test_a_script_that_only_bash_understands(script, count):
    assert names(task({"name": "push", "script": script})) == ["script-needs-bash"] * count


@pytest.mark.parametrize(
    ("script", "after"),
    [
        ("#!/bin/sh\n[[ -z x ]]", "[[ -z x ]]"),
        ("[[ -z x ]]\necho", "[[ -z x ]]\necho"),
    ],
)
def test_a_corrected_script_keeps_its_lines_and_stops_at_errors(script, after):
    first, fixed = corrected(task({"name": "ok", "script": "echo"}, {"script": script}))["spec"]["steps"]
    assert first["script"] == "echo"
    assert fixed["script"] == f"#!/usr/bin/env bash\nset -euo pipefail\n{after}"


@pytest.mark.parametrize("key", ["configmap", "configMap"])
def test_a_workspace_key_in_another_case_is_pruned(key):
    found = stamps("Runnable", "carto.run/v1alpha1", {"inputs": {"workspaces": [{key: {"name": "x"}}]}})
    assert names(found) == (["workspace-key"] if key == "configmap" else [])
    if key == "configmap":
        workspaces = corrected(found)["spec"]["template"]["spec"]["inputs"]["workspaces"]
        assert workspaces == [{"configMap": {"name": "x"}}]


def test_a_cluster_task_becomes_a_task_and_who_refers_to_it_too():
    old = {**task({"name": "x"}, kind="ClusterTask"), "apiVersion": "tekton.dev/v1beta1"}
    after = corrected(old)
    assert (after["kind"], after["apiVersion"]) == ("Task", "tekton.dev/v1")
    run = template(
        {"apiVersion": "tekton.dev/v1beta1", "kind": "TaskRun", "spec": {"taskRef": {"kind": "ClusterTask"}}},
        "ClusterRunTemplate",
    )
    after = corrected(run)["spec"]["template"]
    assert (after["apiVersion"], after["spec"]["taskRef"]["kind"]) == ("tekton.dev/v1", "Task")
    assert names(template({"spec": {"taskRef": {"kind": "Task"}}}, "ClusterRunTemplate")) == []


def runnable(*params, workspaces=(), run=None, **more):
    spec = {"inputs": {"params": list(params), "workspaces": list(workspaces)}}
    spec |= {"runTemplateRef": {"name": run}} if run else {}
    return stamps("Runnable", "carto.run/v1alpha1", spec, "ClusterImageTemplate", name="push", **more)


def run_template(text, name="run"):
    return template({"spec": {"params": text}}, "ClusterRunTemplate", name)


def chain(**inputs):
    return plan(
        "ClusterSupplyChain",
        resource("fetch", "ClusterSourceTemplate", "fetch"),
        resource("push", "ClusterImageTemplate", "push", **inputs),
    )


FROM = [{"name": "x", "resource": "fetch"}]


@pytest.mark.parametrize(
    ("inputs", "found", "count"),
    [
        ({"configs": FROM}, [runnable()], 1),
        ({"configs": FROM}, [runnable({"name": "c", "value": "$(config)$"})], 0),
        ({"configs": FROM}, [runnable({"name": "c", "value": "$(configs.x.config)$"})], 0),
        ({"configs": FROM}, [runnable({"name": "c", "value": "$(params.config)$"})], 1),
        ({"images": FROM}, [runnable({"name": "c", "value": "$(image)$"})], 0),
        ({"images": FROM}, [runnable({"name": "c", "value": "$(config)$"})], 1),
        ({"sources": FROM}, [runnable({"name": "c", "value": "$(source.url)$"})], 0),
        ({"sources": FROM, "images": FROM}, [runnable()], 2),
        ({}, [runnable()], 0),
        # The input is in an input that its runs are not made of.
        (
            {"configs": FROM},
            [
                runnable({"value": "$(config)$"}, run="run"),
                run_template("$(runnable.spec.inputs.workspaces)$"),
            ],
            1,
        ),
        (
            {"configs": FROM},
            [runnable({"value": "$(config)$"}, run="run"), run_template("$(runnable.spec.inputs.params)$")],
            0,
        ),
        (
            {"configs": FROM},
            [runnable({"value": "$(config)$"}, run="run"), run_template("$(runnable.spec.inputs)$")],
            0,
        ),
        (
            {"configs": FROM},
            [
                runnable({"value": "$(config)$"}, run="run"),
                run_template("$(runnable.spec.inputs.paramsets)$"),
            ],
            1,
        ),
    ],
)
def test_a_runnable_whose_runs_do_not_change_with_an_input(inputs, found, count):
    assert names(chain(**inputs), *found) == ["input-not-read"] * count


def test_what_is_no_runnable_reads_what_it_likes():
    image = stamps("Image", "kpack.io/v1alpha2", {}, "ClusterImageTemplate", name="push")
    assert names(chain(sources=FROM), image) == []


@pytest.mark.parametrize(
    ("inputs", "value"),
    [
        ({"sources": FROM}, "$(source.revision)$"),
        ({"configs": FROM}, "of $(workload.metadata.name)$: $(config)$"),
        ({"images": FROM}, "of $(workload.metadata.name)$: $(image)$"),
    ],
)
def test_an_input_that_is_not_read_becomes_a_parameter(inputs, value):
    after = corrected(chain(**inputs), runnable({"name": "own", "value": "1"}))
    params = after["spec"]["template"]["spec"]["inputs"]["params"]
    assert [one["value"] for one in params] == ["1", value]


def delivery(kind, **deployment):
    return plan(
        "ClusterDelivery",
        resource("choose", "ClusterSourceTemplate", "choose"),
        resource("fetch", kind, "fetch", sources=[{"name": "s", "resource": "choose"}]),
        resource("install", "ClusterDeploymentTemplate", "install", **deployment),
    )


@pytest.mark.parametrize(
    ("kind", "named", "count"),
    [
        ("ClusterTemplate", "fetch", 1),
        ("ClusterConfigTemplate", "fetch", 1),
        ("ClusterSourceTemplate", "fetch", 0),
        ("ClusterDeploymentTemplate", "fetch", 0),
        ("ClusterTemplate", "choose", 0),
        ("ClusterTemplate", "nobody", 0),
    ],
)
def test_a_deployment_waits_for_a_resource_that_has_an_output(kind, named, count):
    found = delivery(kind, deployment={"resource": named})
    assert names(found) == ["deployment-without-source"] * count
    if count:
        assert corrected(found)["spec"]["resources"][2]["deployment"]["resource"] == "choose"


def test_where_no_source_is_known_the_plan_stays_and_is_told():
    found = plan(
        "ClusterDelivery",
        resource("fetch", "ClusterTemplate", "fetch"),
        resource("install", "ClusterDeploymentTemplate", "install", deployment={"resource": "fetch"}),
    )
    assert names(found) == ["deployment-without-source"]
    assert lint.corrections([found]) == []


def policy(url, revision=".status.latestRef.tag"):
    spec = {"policy": {"semver": {"range": "$(params.semver)$"}}}
    return stamps(
        "ImagePolicy", FLUX, spec, "ClusterSourceTemplate", name="choose", urlPath=url, revisionPath=revision
    )


@pytest.mark.parametrize(
    ("url", "revision", "count"),
    [
        (".status.latestImage", ".status.latestRef.tag", 1),
        (".status.latestRef.name", ".status.latestImage", 1),
        (".status.latestRef.name", ".status.latestRef.tag", 0),
    ],
)
def test_a_field_that_is_gone_from_the_api(url, revision, count):
    found = policy(url, revision)
    assert names(found) == ["latest-image-gone"] * count
    if count:
        after = corrected(found)["spec"]
        assert (after["urlPath"], after["revisionPath"]) == (
            ".status.latestRef.name",
            ".status.latestRef.tag",
        )


def reader(image):
    return stamps("PackageRepository", CARVEL, {"fetch": {"imgpkgBundle": {"image": image}}}, name="fetch")


@pytest.mark.parametrize(
    ("image", "names_found"),
    [
        ("$(source.url)$", ["image-without-tag"]),
        ("$(source.url)$:$(source.revision)$", []),
        ("$(params.image)$", []),
    ],
)
def test_a_name_without_a_tag_is_completed_where_it_is_read(image, names_found):
    objects = [delivery("ClusterTemplate"), policy(".status.latestRef.name"), reader(image)]
    assert names(*objects) == names_found
    if names_found:
        fetch = corrected(*objects)["spec"]["template"]["spec"]["fetch"]
        assert fetch["imgpkgBundle"]["image"] == "$(source.url)$:$(source.revision)$"


def test_who_does_not_read_the_policy_may_take_a_url_for_the_whole():
    other = plan("ClusterDelivery", resource("fetch", "ClusterTemplate", "fetch", sources=FROM))
    assert names(other, policy(".status.latestRef.name"), reader("$(source.url)$")) == []


IMAGES = {"test": "r/go", "package": "r/imgpkg"}
DOWNLOAD = "wget http://x/imgpkg > /bin/imgpkg\nchmod +x /bin/imgpkg\nimgpkg push"


@pytest.mark.parametrize(
    ("step", "images", "count"),
    [
        ({"image": "alpine", "script": DOWNLOAD}, IMAGES, 1),
        ({"image": "alpine", "script": DOWNLOAD}, {}, 0),
        ({"image": "alpine", "script": DOWNLOAD}, {"test": "r/go"}, 0),
        ({"image": "r/imgpkg", "script": DOWNLOAD}, IMAGES, 0),
        ({"image": "alpine", "script": "imgpkg push"}, IMAGES, 0),
        ({"image": "alpine", "script": "wget http://x/data\nimgpkg push"}, IMAGES, 0),
        ({"image": "golang", "script": "curl -o go http://x\nchmod +x go\ngo test ./..."}, IMAGES, 1),
    ],
)
def test_a_step_that_downloads_its_programs(step, images, count):
    assert names(task(step), images=images) == ["step-downloads"] * count


def test_a_step_that_downloads_gets_the_image_and_needs_no_claim_any_more():
    volumes = [{"name": "bin", "persistentVolumeClaim": {"claimName": "bin"}}, {"name": "x", "secret": {}}]
    found = task({"image": "alpine", "script": DOWNLOAD}, volumes=volumes)
    after = corrected(found, images=IMAGES)["spec"]
    assert after["steps"][0]["image"] == "r/imgpkg"
    assert after["volumes"] == [{"name": "bin", "emptyDir": {}}, {"name": "x", "secret": {}}]


@pytest.mark.parametrize(
    ("image", "images", "count"),
    [
        ("docker.io/bitnami/golang:1.22", IMAGES, 1),
        ("bitnami/golang", IMAGES, 1),
        ("bitnami/golang", {}, 0),
        ("docker.io/library/golang", IMAGES, 0),
        ("r.example.com/bitnami/golang", IMAGES, 0),
    ],
)
def test_an_image_that_is_not_published_any_more(image, images, count):
    found = task({"image": image, "args": ["-c", "go test ./..."]})
    assert names(found, images=images) == ["image-withdrawn"] * count
    if count:
        assert corrected(found, images=images)["spec"]["steps"][0]["image"] == "r/go"


GONE = {f"{FLUX}beta2": FLUX}


@pytest.mark.parametrize(
    ("found", "count"),
    [
        ({**policy(".status.latestRef.name"), "apiVersion": f"{FLUX}beta2"}, 1),
        (stamps("ImageRepository", f"{FLUX}beta2", {}), 1),
        (stamps("ImageRepository", FLUX, {}), 0),
        (template({"text": f"see {FLUX}beta2"}), 0),
    ],
)
def test_a_version_that_is_not_served_here(found, count):
    assert names(found, versions=GONE) == ["version-not-served"] * count
    assert names(found) == []
    if count:
        assert f"{FLUX}beta2" not in str(corrected(found, versions=GONE))


def test_all_that_is_wrong_with_one_object_is_corrected_together():
    found = stamps("PackageInstall", CARVEL, {"syncPeriod": "3m", "paused": True})
    before = copy.deepcopy(found)
    other = stamps("PackageInstall", CARVEL, {"syncPeriod": "3m0s"}, name="other")
    (one,) = lint.corrections([other, found])
    assert [reason.name for reason in one.findings] == ["duration-not-normal", "paused"]
    assert one.after["spec"]["template"]["spec"] == {"syncPeriod": "3m0s"}
    assert one.before == found == before


def test_findings_come_in_the_order_of_the_objects():
    first = task({"script": "[[ x ]]"})
    second = stamps("App", "kappctrl.k14s.io/v1alpha1", {"syncPeriod": "3m", "paused": True}, name="second")
    assert names(first, second) == ["script-needs-bash", "duration-not-normal", "paused"]
    assert names(second, first) == ["duration-not-normal", "paused", "script-needs-bash"]


def test_each_finding_says_what_happens_because_of_it():
    for one in lint.findings(
        [task({"name": "push", "script": "[[ x ]]"}), stamps("App", CARVEL, {"paused": True})]
    ):
        assert one.what
        assert one.object.name in ("task", "t")

"""The fields of an Image for its builds, in the Build and in its pod."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pkgops.kube import Obj
from pkgops.platform.kpack.bindings import Binding, BindingRefused, bindings_of
from pkgops.platform.kpack.buildspec import make_build
from pkgops.platform.kpack.credentials import Account
from pkgops.platform.kpack.pod import PodImages, build_pod

NOW = datetime(2026, 1, 1, tzinfo=UTC)
META = {"name": "web", "namespace": "apps", "uid": "1", "generation": 1}
BUILDER = {"status": {"latestImage": "r.io/builder@sha256:a", "stack": {"runImage": "r.io/run"}}}
SECRET = {"kind": "Secret", "name": "db"}
QUEUE = {"apiVersion": "queues.io/v1", "kind": "Queue", "name": "jobs"}


def stamped(build: Obj | None = None, last: Obj | None = None, **spec: object) -> Obj:
    kind = {"kind": "ClusterBuilder", "name": "b"}
    image = {"apiVersion": "kpack.io/v1alpha2", "kind": "Image", "metadata": META}
    whole = {"tag": "r.io/web", "builder": kind, "build": build or {}, **spec}
    made = make_build({**image, "spec": whole}, {"blob": {"url": "u"}}, BUILDER, last, [], 1, NOW)
    made["metadata"] |= {"uid": "2", "creationTimestamp": "2023-11-14T22:13:20Z"}
    return made


def pod_of(build: Obj, *bindings: Binding) -> Obj:
    spec: Obj = build_pod(build, Account("sa"), PodImages("i", "c", "r"), bindings)["spec"]
    return spec


def phase(pod: Obj, name: str) -> Obj:
    found: Obj = next(one for one in pod["initContainers"] if one["name"] == name)
    return found


def test_services_are_bound_where_buildpacks_look() -> None:
    build = stamped({"services": [SECRET, QUEUE]})
    asked: list[Obj] = []

    def provider(service: Obj) -> Obj:
        asked.append(service)
        return {"status": {"binding": {"name": "jobs-access"}}}

    found = bindings_of(build, [{"secrets": [{"name": "push"}]}], provider)
    assert (found, asked) == ([Binding("db", "db"), Binding("jobs", "jobs-access")], [QUEUE])
    pod = pod_of(build, *found, Binding("not-yet", ""))
    volumes = [one for one in pod["volumes"] if one["name"].startswith("binding-")]
    assert volumes == [
        {"name": "binding-db", "secret": {"secretName": "db"}},
        {"name": "binding-jobs", "secret": {"secretName": "jobs-access"}},
    ]
    mount = {"name": "binding-db", "mountPath": "/platform/bindings/db", "readOnly": True}
    seen = [one["name"] for one in pod["initContainers"] if mount in one["volumeMounts"]]
    assert seen == ["detect", "build"]


def test_the_secrets_of_accounts_are_for_no_service() -> None:
    build = stamped({"services": [SECRET]})
    with pytest.raises(BindingRefused) as caught:
        bindings_of(build, [{}, {"secrets": [{"name": "db"}]}], lambda service: {})
    assert str(caught.value) == 'build rejected: service "db" uses forbidden secret "db"'


def test_a_cache_image_is_read_as_it_was_left_and_written_under_its_tag() -> None:
    status = {"latestImage": "r.io/web@sha256:a", "stack": {"id": "s"}, "latestCacheImage": "r.io/c@sha256:b"}
    last = {"status": {**status, "conditions": [{"type": "Succeeded", "status": "True"}]}, "spec": {}}
    for before, read in ((None, "r.io/c"), (last, "r.io/c@sha256:b")):
        build = stamped(last=before, cache={"registry": {"tag": "r.io/c"}})
        assert build["spec"]["cache"] == {"registry": {"tag": "r.io/c"}}
        pod = pod_of(build)
        for name in ("analyze", "restore"):
            assert f"-cache-image={read}" in phase(pod, name)["args"]
        assert "-cache-image=r.io/c" in phase(pod, "export")["args"]
        assert {"name": "CACHE_TAG", "value": "r.io/c"} in pod["containers"][0]["env"]


def test_process_and_date_reach_the_exporter() -> None:
    export = phase(pod_of(stamped({"creationTime": "now"}, defaultProcess="worker")), "export")
    assert "-process-type=worker" in export["args"]
    assert {"name": "SOURCE_DATE_EPOCH", "value": "1700000000"} in export["env"]
    export = phase(pod_of(stamped({"creationTime": "12"})), "export")
    assert {"name": "SOURCE_DATE_EPOCH", "value": "12"} in export["env"]


def test_a_pod_keeps_what_says_where_it_runs() -> None:
    build = stamped({"nodeSelector": {"a": "b"}, "schedulerName": "s", "buildTimeout": 60})
    build["spec"]["priorityClassName"] = "high"
    pod = pod_of(build)
    assert (pod["nodeSelector"], pod["schedulerName"]) == ({"a": "b"}, "s")
    assert (pod["activeDeadlineSeconds"], pod["priorityClassName"]) == (60, "high")

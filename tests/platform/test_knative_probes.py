"""Rules of Knative's webhook for containers, probes and the annotations of a template; its defaults."""

from __future__ import annotations

from typing import Any

import pytest

from pkgops.platform.knative.review import defaulted, problems

Obj = dict[str, Any]
SPEC = "spec.template.spec"
PLACE = f"{SPEC}.containers[0]"
NOTES = "spec.template.metadata.annotations"
A, S, Q = "autoscaling.knative.dev", "serving.knative.dev", "queue.sidecar.serving.knative.dev"
DNS = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
    "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)


def service(container: Obj | None = None, notes: Obj | None = None, **pod: Any) -> Obj:
    template: Obj = {"spec": {"containers": [{"image": "web", **(container or {})}], **pod}}
    if notes:
        template["metadata"] = {"annotations": notes}
    return {"kind": "Service", "metadata": {"name": "web"}, "spec": {"template": template}}


def refused(obj: Obj, old: Obj | None = None) -> list[str]:
    before = defaulted(old, None, "me") if old else None
    return problems(defaulted(obj, before, "me"), before)


def test_probes_that_are_right_pass() -> None:
    for probe in (
        {},
        {"httpGet": {"path": "/"}},
        {"httpGet": {"path": "/", "port": 8080}},
        {"grpc": {}},
        {"exec": {"command": ["true"]}, "periodSeconds": 5},
    ):
        assert refused(service({"readinessProbe": probe})) == []
    named = {"ports": [{"name": "h2c", "containerPort": 80}]}
    assert refused(service({**named, "startupProbe": {"tcpSocket": {"port": "h2c"}}})) == []


@pytest.mark.parametrize(
    ("container", "text"),
    [
        (
            {"livenessProbe": {}},
            f"expected exactly one, got neither: {PLACE}.livenessProbe.exec, {PLACE}.livenessProbe.grpc, "
            f"{PLACE}.livenessProbe.httpGet, {PLACE}.livenessProbe.tcpSocket",
        ),
        (
            {"startupProbe": {"httpGet": {}, "tcpSocket": {}}},
            f"expected exactly one, got both: {PLACE}.startupProbe.httpGet, {PLACE}.startupProbe.tcpSocket",
        ),
        (
            {"livenessProbe": {"httpGet": {"port": "web"}}},
            f"invalid value: web: {PLACE}.livenessProbe.httpGet.port\nProbe port must match container port",
        ),
        (
            {"readinessProbe": {"periodSeconds": -1}},
            f"expected 0 <= -1 <= 2147483647: {PLACE}.readinessProbe.periodSeconds",
        ),
        (
            {"readinessProbe": {"initialDelaySeconds": -1}},
            f"expected 0 <= -1 <= 2147483647: {PLACE}.readinessProbe.initialDelaySeconds",
        ),
        (
            {"readinessProbe": {"successThreshold": -2}},
            f"expected 1 <= -2 <= 2147483647: {PLACE}.readinessProbe.successThreshold",
        ),
        (
            {"readinessProbe": {"failureThreshold": 2}},
            "failureThreshold is disallowed when periodSeconds is zero: "
            f"{PLACE}.readinessProbe.failureThreshold",
        ),
        (
            {"readinessProbe": {"timeoutSeconds": 2}},
            f"timeoutSeconds is disallowed when periodSeconds is zero: {PLACE}.readinessProbe.timeoutSeconds",
        ),
        (
            {"readinessProbe": {"periodSeconds": 1, "timeoutSeconds": -1}},
            f"expected 1 <= -1 <= 2147483647: {PLACE}.readinessProbe.timeoutSeconds",
        ),
        ({"name": "queue-proxy"}, f'"queue-proxy" is a reserved container name: {PLACE}.name'),
        (
            {"image": "Web"},
            f"Failed to parse image reference: {PLACE}.image\n"
            'image: "Web", error: could not parse reference: Web',
        ),
        ({"env": [{"value": "x"}]}, f"missing field(s): {PLACE}.env[0].name"),
        (
            {"env": [{"name": "IP", "valueFrom": {"fieldRef": {}}}]},
            f"must not set the field(s): {PLACE}.env[0].valueFrom.fieldRef",
        ),
        (
            {"envFrom": [{}]},
            f"expected exactly one, got neither: {PLACE}.envFrom.configMapRef, {PLACE}.envFrom.secretRef",
        ),
        (
            {"ports": [{"containerPort": 8012}]},
            f"invalid value: 8012 is a reserved port: {PLACE}.ports.containerPort\n"
            "8012 is a reserved port, please use a different value",
        ),
        (
            {"ports": [{"containerPort": 70000}]},
            f"expected 0 <= 70000 <= 65535: {PLACE}.ports.containerPort",
        ),
        (
            {"ports": [{"containerPort": 53, "protocol": "UDP"}]},
            f"invalid value: UDP: {PLACE}.ports.protocol",
        ),
        (
            {"ports": [{"name": "web", "containerPort": 80}]},
            f"Port name web is not allowed: {PLACE}.ports\nName must be empty, or one of: 'h2c', 'http1'",
        ),
        (
            {"securityContext": {"privileged": True}},
            f"must not set the field(s): {PLACE}.securityContext.privileged",
        ),
        (
            {"securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}},
            f"must not set the field(s): {PLACE}.securityContext.capabilities.add",
        ),
        (
            {"securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}}},
            f"must not set the field(s): {PLACE}.securityContext.capabilities.add",
        ),
        (
            {"image": "a"},
            f"Failed to parse image reference: {PLACE}.image\n"
            'image: "a", error: could not parse reference: a',
        ),
        (
            {"securityContext": {"runAsUser": -1}},
            f"expected 0 <= -1 <= 2147483647: {PLACE}.securityContext.runAsUser",
        ),
        (
            {"terminationMessagePolicy": "Never"},
            f"invalid value: Never: {PLACE}.terminationMessagePolicy",
        ),
    ],
)
def test_containers(container: Obj, text: str) -> None:
    assert refused(service(container)) == [text]


def test_only_the_container_that_serves_is_probed() -> None:
    serving = {"image": "web", "ports": [{"containerPort": 80}]}
    helper = {"image": "helper", "livenessProbe": {"exec": {}}}
    place = f"{SPEC}.containers[1].livenessProbe"
    assert refused(service(containers=[serving, helper])) == [f"must not set the field(s): {place}"]
    helper = {"image": "helper", "startupProbe": {"grpc": {}, "periodSeconds": 0, "timeoutSeconds": 1}}
    places = [f"{SPEC}.containers[1].startupProbe{key}" for key in ("", ".timeoutSeconds")]
    said = f"must not set the field(s): {', '.join(places)}"
    assert refused(service(containers=[serving, helper])) == [said]


def test_containers_have_names_of_their_own() -> None:
    serving = {"name": "a", "image": "web", "ports": [{"containerPort": 80}]}
    found = refused(service(containers=[serving, {"name": "a", "image": "helper"}]))
    assert found == [f'duplicate container name "a": {SPEC}.containers[1].name']


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ({"secret": {"items": [{"key": "a"}]}}, "missing field(s): {}.items[0].path"),
        ({"configMap": {"items": [{"path": "a"}]}}, "missing field(s): {}.items[0].key"),
        ({"emptyDir": {"medium": "Disk"}}, "invalid value: Disk: {}.emptyDir.medium"),
        ({"emptyDir": {"sizeLimit": "-1"}}, "invalid value: -1: {}.emptyDir.sizeLimit"),
        ({"projected": {"sources": [{"secret": {}}]}}, "missing field(s): {}.projected[0].secret.name"),
        (
            {"projected": {"sources": [{"serviceAccountToken": {}}]}},
            "missing field(s): {}.projected[0].serviceAccountToken.path",
        ),
        (
            {"projected": {"sources": [{}]}},
            "expected exactly one, got neither: {0}.projected[0].configMap, {0}.projected[0].downwardAPI, "
            "{0}.projected[0].secret, {0}.projected[0].serviceAccountToken",
        ),
    ],
)
def test_what_volumes_hold(source: Obj, text: str) -> None:
    mounts = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    found = refused(service(mounts, volumes=[{"name": "v", **source}]))
    assert found == [text.format(f"{SPEC}.volumes[0]")]


def test_mounts_do_not_propagate() -> None:
    mount = {"name": "v", "mountPath": "/v", "mountPropagation": "Bidirectional"}
    found = refused(service({"volumeMounts": [mount]}, volumes=[{"name": "v", "emptyDir": {}}]))
    off = "Volume Mount Propagation support is disabled, but found volume mount v with mount propagation"
    place = f"{PLACE}.volumeMounts[0]"
    unfit = "mount propagation should be set to None or HostToContainer"
    assert found == [
        f"{off}: ",
        f"{unfit}: {place}.mountPropagation",
        f"must not set the field(s): {place}.mountPropagation",
    ]


@pytest.mark.parametrize(
    ("notes", "text"),
    [
        ({f"{A}/class": "x.knative.dev"}, f"invalid value: x.knative.dev: {NOTES}.{A}/class"),
        ({f"{A}/activation-scale": "x"}, f"invalid value: x: {NOTES}.{A}/activation-scale"),
        (
            {f"{A}/activation-scale": "1"},
            f"activation-scale=1 must be greater than 1: {NOTES}.{A}/activation-scale",
        ),
        (
            {f"{A}/activation-scale": "2", f"{A}/min-scale": "3"},
            f"min-scale=3 is greater than activation-scale=2: {NOTES}.{A}/activation-scale",
        ),
        (
            {f"{A}/activation-scale": "4", f"{A}/max-scale": "3"},
            f"max-scale=3 is less than activation-scale=4: {NOTES}.{A}/activation-scale",
        ),
        ({f"{A}/panic-window-percentage": "x"}, f"invalid value: x: {NOTES}.{A}/panic-window-percentage"),
        (
            {f"{A}/panic-threshold-percentage": "100"},
            f"expected 110 <= 100 <= 1000: {NOTES}.{A}/panic-threshold-percentage",
        ),
        ({f"{A}/target": "0"}, f"target 0 should be at least 0.01: {NOTES}.{A}/target"),
        (
            {f"{A}/target-utilization-percentage": "101"},
            f"expected 1 <= 101 <= 100: {NOTES}.{A}/target-utilization-percentage",
        ),
        ({f"{A}/target-burst-capacity": "-2"}, f"invalid value: -2: {NOTES}.{A}/target-burst-capacity"),
        ({f"{A}/window": "5s"}, f"expected 6s <= 5s <= 1h0m0s: {NOTES}.{A}/window"),
        ({f"{A}/window": "x"}, f"invalid value: x: {NOTES}.{A}/window"),
        (
            {f"{A}/window": "6500ms"},
            f"must be specified with at most second precision: {NOTES}.{A}/window",
        ),
        (
            {f"{A}/scale-down-delay": "2h"},
            f"expected 0s <= 2h <= 1h0m0s: {NOTES}.{A}/scale-down-delay",
        ),
        (
            {f"{A}/scale-to-zero-pod-retention-period": "-1s"},
            f"expected 0s <= -1s <= 1h0m0s: {NOTES}.{A}/scale-to-zero-pod-retention-period",
        ),
        ({f"{A}/metric": "cpu"}, f"invalid value: cpu: {NOTES}.{A}/metric"),
        (
            {f"{A}/class": f"kpa.{A}", f"{A}/metric-aggregation-algorithm": "x"},
            f"invalid value: x: {NOTES}.{A}/metric-aggregation-algorithm",
        ),
        (
            {f"{S}/progress-deadline": "1500ms"},
            f"progress-deadline=1500ms is not at second precision: {NOTES}.{S}/progress-deadline",
        ),
        (
            {f"{S}/progress-deadline": "-1s"},
            f"progress-deadline=-1s must be positive: {NOTES}.{S}/progress-deadline",
        ),
        (
            {f"{Q}/resource-percentage": "200"},
            f"expected 0.1 <= 200 <= 100: {NOTES}.[{Q}/resource-percentage]",
        ),
        (
            {f"{Q}/cpu-resource-limit": "much"},
            f"invalid value: much: {NOTES}.[{Q}/cpu-resource-limit]",
        ),
    ],
)
def test_annotations_of_the_template(notes: Obj, text: str) -> None:
    assert refused(service(notes=notes)) == [text]


def test_annotations_that_are_right_pass() -> None:
    notes = {
        f"{A}/class": f"hpa.{A}",
        f"{A}/metric": "cpu",
        f"{A}/target": "70",
        f"{A}/window": "60s",
        f"{A}/target-burst-capacity": "-1",
        f"{S}/progress-deadline": "5m",
        f"{Q}/memory-resource-request": "64Mi",
    }
    assert refused(service(notes=notes)) == []


def test_names_and_durations_of_the_object_itself() -> None:
    obj = service()
    obj["metadata"] = {"name": "Web", "annotations": {f"{S}/rollout-duration": "x"}}
    assert refused(obj) == [
        f"invalid value: x: metadata.annotations.{S}/rollout-duration",
        f"not a DNS 1035 label: [{DNS}]: metadata.name",
    ]


def test_a_template_that_changes_takes_another_name() -> None:
    old, new = service(), service({"env": [{"name": "A", "value": "b"}]})
    for obj in (old, new):
        obj["spec"]["template"]["metadata"] = {"name": "web-one"}
    new["metadata"]["annotations"] = {f"{S}/creator": "me", f"{S}/lastModifier": "me"}
    text = "Saw the following changes without a name change (-old +new)"
    assert refused(new, old) == [f"{text}: spec.template.metadata.name"]
    new["spec"]["template"]["metadata"]["name"] = "web-two"
    assert refused(new, old) == []


def test_a_label_that_names_an_owner_needs_it() -> None:
    owner = {"kind": "Service", "name": "web"}
    obj = {**service(), "kind": "Configuration"}
    obj["metadata"] = {"name": "web", "labels": {f"{S}/service": "web"}}
    assert refused(obj) == [f"missing field(s): metadata.labels.{S}/service"]
    obj["metadata"]["ownerReferences"] = [owner]
    assert refused(obj) == []


def test_a_revision_does_not_change() -> None:
    spec = {"containers": [{"image": "web"}]}
    old = {"kind": "Revision", "metadata": {"name": "web-1"}, "spec": spec}
    assert refused(old) == []
    new = {**old, "spec": {"containers": [{"image": "other"}]}}
    assert problems(new, old) == ["Immutable fields changed (-old +new): spec"]
    hidden = {**old, "spec": {**spec, "hostNetwork": True}}
    assert refused(hidden) == ["must not set the field(s): spec.hostNetwork"]


def test_a_robots_name_is_a_subdomain() -> None:
    [found] = refused(service(serviceAccountName="Robot"))
    assert found.startswith(
        f"invalid value: Robot: {SPEC}.serviceAccountName\na lowercase RFC 1123 subdomain"
    )


def test_defaults_of_a_template() -> None:
    serving = {
        "image": "web",
        "ports": [{"containerPort": 80}],
        "readinessProbe": {"grpc": {}, "periodSeconds": 5},
        "volumeMounts": [{"name": "conf", "mountPath": "/c"}, {"name": "work", "mountPath": "/w"}],
    }
    other = {"name": "user-container-0", "image": "helper"}
    volumes = [{"name": "conf", "configMap": {"name": "c"}}, {"name": "work", "emptyDir": {}}]
    made = defaulted(service(containers=[serving, other], volumes=volumes, timeoutSeconds=0), None, "me")
    spec = made["spec"]["template"]["spec"]
    assert (spec["timeoutSeconds"], spec["containerConcurrency"]) == (300, 0)
    first, second = spec["containers"]
    assert (first["name"], second["name"], "readinessProbe" in second) == (
        "user-container-1", "user-container-0", False,
    )  # fmt: skip
    assert first["readinessProbe"] == {
        "grpc": {"service": ""},
        "periodSeconds": 5,
        "successThreshold": 1,
        "failureThreshold": 3,
        "timeoutSeconds": 1,
    }
    assert [mount.get("readOnly") for mount in first["volumeMounts"]] == [True, None]


@pytest.mark.parametrize(("given", "filled"), [(300, None), (301, 300), (600, 300), (0, None)])
def test_an_answer_begins_in_time_where_the_whole_may_take_longer(given: int, filled: int | None) -> None:
    made = defaulted(service(containers=[{"image": "web"}], timeoutSeconds=given), None, "me")
    assert made["spec"]["template"]["spec"].get("responseStartTimeoutSeconds") == filled
    own = service(containers=[{"image": "web"}], timeoutSeconds=600, responseStartTimeoutSeconds=7)
    spec = defaulted(own, None, "me")["spec"]["template"]["spec"]
    assert spec["responseStartTimeoutSeconds"] == 7


def test_what_nobody_owns_is_signed() -> None:
    route: Obj = {"kind": "Route", "metadata": {"name": "web"}, "spec": {}}
    assert defaulted(route, None, "me")["metadata"]["annotations"][f"{S}/creator"] == "me"
    owned = {**route, "metadata": {"name": "web", "ownerReferences": [{"kind": "Service"}]}}
    assert "annotations" not in defaulted(owned, None, "me")["metadata"]

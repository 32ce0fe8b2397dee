"""Each rule of Knative's validating webhook, with the real messages."""

from typing import Any

import pytest

from pkgops.platform.knative.admission import WEBHOOKS
from pkgops.platform.knative.review import defaulted, problems
from pkgops.platform.knative.warnings import warnings

Obj = dict[str, Any]
SPEC = "spec.template.spec"
NOTES = "spec.template.metadata.annotations"
QUEUE = "queue.sidecar.serving.knative.dev"
DNS = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
    "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)


def service(pod: Obj | None = None, *, meta: Obj | None = None, traffic: list[Obj] | None = None) -> Obj:
    template: Obj = {"spec": {"containers": [{"image": "registry/web"}], **(pod or {})}}
    if meta:
        template["metadata"] = meta
    spec: Obj = {"template": template}
    if traffic is not None:
        spec["traffic"] = traffic
    return {"kind": "Service", "metadata": {"name": "web", "namespace": "apps"}, "spec": spec}


def refused(obj: Obj) -> list[str]:
    """The refusals of an object as it comes to the validating webhook: after the defaults."""
    return problems(defaulted(obj, None, "me"), None)


def test_a_plain_service_and_one_with_all_that_is_allowed_pass() -> None:
    assert refused(service()) == []
    assert refused(service(traffic=[])) == []
    pod = {
        "timeoutSeconds": 600,
        "containerConcurrency": 1000,
        "serviceAccountName": "robot",
        "automountServiceAccountToken": False,
        "hostNetwork": False,
        "schedulerName": "",
        "volumes": [
            {"name": "a", "secret": {"secretName": "s"}},
            {"name": "b", "configMap": {"name": "c"}},
            {"name": "c", "emptyDir": {}},
            {"name": "d", "projected": {"sources": []}},
        ],
        "containers": [
            {"image": "web", "ports": [{"containerPort": 8080}], "volumeMounts": mounts("a", "b")},
            {"image": "helper", "env": [{"name": "PORT", "value": "1"}], "volumeMounts": mounts("c", "d")},
        ],
    }
    notes = {
        "autoscaling.knative.dev/min-scale": "2",
        "autoscaling.knative.dev/max-scale": "3",
        "networking.knative.dev/http-protocol": "redirected",
    }
    traffic = [
        {"tag": "current", "revisionName": "web-v1", "percent": 100},
        {"tag": "candidate", "latestRevision": True},
    ]
    assert refused(service(pod, meta={"name": "web-v2", "annotations": notes}, traffic=traffic)) == []


def mounts(*names: str) -> list[Obj]:
    return [{"name": name, "mountPath": f"/{name}"} for name in names]


@pytest.mark.parametrize(
    ("targets", "text"),
    [
        ([{"percent": 60}], "Traffic targets sum to 60, want 100: spec.traffic"),
        ([{"percent": 101}, {"percent": -1}], "expected 0 <= -1 <= 100: spec.traffic[1].percent"),
        (
            [{"percent": 100, "tag": "Not_DNS"}],
            f"invalid value: not a DNS 1035 label: [{DNS}]: spec.traffic.tag[0]",
        ),
        (
            [{"percent": 100, "tag": "a" * 64}],
            "invalid value: not a DNS 1035 label: [must be no more than 63 characters]: spec.traffic.tag[0]",
        ),
        (
            [{"percent": 100, "tag": "a"}, {"tag": "a"}],
            'Multiple definitions for "a": spec.traffic[0].tag, spec.traffic[1].tag',
        ),
        (
            [{"percent": 100, "latestRevision": False}],
            'may not set revisionName "" when latestRevision is false: spec.traffic[0].latestRevision',
        ),
        (
            [{"percent": 100, "revisionName": "web-1", "latestRevision": True}],
            'may not set revisionName "web-1" when latestRevision is true: spec.traffic[0].latestRevision',
        ),
        (
            [{"percent": 100, "configurationName": "web"}],
            "must not set the field(s): spec.traffic[0].configurationName",
        ),
        ([{"percent": 100, "url": "http://x"}], "must not set the field(s): spec.traffic[0].url"),
    ],
)
def test_traffic(targets: list[Obj], text: str) -> None:
    assert text in refused(service(traffic=targets))


def route(*targets: Obj) -> Obj:
    return {"kind": "Route", "metadata": {"name": "r"}, "spec": {"traffic": list(targets)}}


def test_a_route_says_whose_revision_it_means() -> None:
    assert refused(route({"configurationName": "web", "percent": 100})) == []
    fields = "spec.traffic[0].configurationName, spec.traffic[0].revisionName"
    assert refused(route({"percent": 100})) == [f"expected exactly one, got neither: {fields}"]
    both = {"percent": 100, "configurationName": "web", "revisionName": "web-1"}
    assert refused(route(both)) == [f"expected exactly one, got both: {fields}"]


def test_a_route_names_what_can_be_named() -> None:
    [found] = refused(route({"revisionName": "web_", "percent": 100}))
    assert found.startswith(
        'invalid key name "web_": spec.traffic[0].revisionName\nname part must consist of'
    )
    [found] = refused(route({"configurationName": "-", "percent": 100}))
    assert found.startswith(
        'invalid key name "-": spec.traffic[0].configurationName\nname part must consist of'
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("other-v1", 'invalid value: "other-v1" must have prefix "web-"'),
        ("web", 'invalid value: "web" must have prefix "web-"'),
        ("web-V1", f"invalid value: not a DNS 1035 label: [{DNS}]"),
    ],
)
def test_name_of_the_template(name: str, text: str) -> None:
    assert refused(service(meta={"name": name})) == [f"{text}: spec.template.metadata.name"]
    configuration = {**service(meta={"name": name}), "kind": "Configuration"}
    assert refused(configuration) == [f"{text}: spec.template.metadata.name"]


@pytest.mark.parametrize(
    ("notes", "text"),
    [
        (
            {"minScale": "5", "maxScale": "2"},
            f"max-scale=2 is less than min-scale=5: {NOTES}.autoscaling.knative.dev/max-scale, "
            f"{NOTES}.autoscaling.knative.dev/min-scale",
        ),
        ({"minScale": "many"}, f"invalid value: many: {NOTES}.autoscaling.knative.dev/minScale"),
        ({"max-scale": "1.5"}, f"invalid value: 1.5: {NOTES}.autoscaling.knative.dev/max-scale"),
        (
            {"min-scale": "-1"},
            f"expected 0 <= -1 <= 2147483647: {NOTES}.autoscaling.knative.dev/min-scale",
        ),
        (
            {"max-scale": "2147483648"},
            f"expected 0 <= 2147483648 <= 2147483647: {NOTES}.autoscaling.knative.dev/max-scale",
        ),
        ({"initial-scale": "one"}, f"invalid value: one: {NOTES}.autoscaling.knative.dev/initial-scale"),
        (
            {"initial-scale": "-2"},
            f"invalid value: -2: {NOTES}.autoscaling.knative.dev/initial-scale must be greater than 0",
        ),
        (
            {"initialScale": "0"},
            f"invalid value: 0: {NOTES}.autoscaling.knative.dev/initialScale=0 not allowed by cluster",
        ),
    ],
)
def test_scale(notes: dict[str, str], text: str) -> None:
    named = {f"autoscaling.knative.dev/{key}": value for key, value in notes.items()}
    assert refused(service(meta={"annotations": named})) == [text]


def test_no_upper_limit_is_not_below_the_lower_one() -> None:
    notes = {"autoscaling.knative.dev/min-scale": "5", "autoscaling.knative.dev/max-scale": "0"}
    assert refused(service(meta={"annotations": notes})) == []


def test_annotations_in_the_wrong_place() -> None:
    obj = service(meta={"annotations": {"networking.knative.dev/visibility": "cluster-local"}})
    assert refused(obj) == [f'invalid key name "networking.knative.dev/visibility": {NOTES}']
    obj = service()
    obj["metadata"]["annotations"] = {"autoscaling.knative.dev/minScale": "1"}
    assert refused(obj) == [
        'invalid key name "autoscaling.knative.dev/minScale": metadata.annotations\n'
        'autoscaling annotations must be put under "spec.template.metadata.annotations" to work'
    ]


def test_any_value_of_the_visibility_label_passes_as_in_knative() -> None:
    obj = service()
    obj["metadata"]["labels"] = {"networking.knative.dev/visibility": "my-visibility"}
    assert refused(obj) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("affinity", {}),
        ("dnsConfig", {}),
        ("dnsPolicy", "Default"),
        ("hostAliases", [{"ip": "10.0.0.1"}]),
        ("hostIPC", True),
        ("hostNetwork", True),
        ("hostPID", True),
        ("nodeSelector", {"a": "b"}),
        ("priorityClassName", "high"),
        ("runtimeClassName", "kata"),
        ("schedulerName", "mine"),
        ("securityContext", {}),
        ("shareProcessNamespace", False),
        ("tolerations", [{"operator": "Exists"}]),
        ("topologySpreadConstraints", [{"maxSkew": 1}]),
        ("automountServiceAccountToken", True),
    ],
)
def test_pod_fields_behind_feature_flags(field: str, value: object) -> None:
    assert refused(service({field: value})) == [f"must not set the field(s): {SPEC}.{field}"]


def test_several_pod_fields_are_one_sentence() -> None:
    assert refused(service({"hostNetwork": True, "nodeSelector": {"a": "b"}})) == [
        f"must not set the field(s): {SPEC}.hostNetwork, {SPEC}.nodeSelector"
    ]


def test_init_containers() -> None:
    assert refused(service({"initContainers": [{"image": "web-a"}]})) == [
        f"must not set the field(s): {SPEC}.initContainers",
        "pod spec support for init-containers is off, but found 1 init containers: ",
    ]


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("timeoutSeconds", 9999, "expected 0 <= 9999 <= 600"),
        ("timeoutSeconds", -1, "expected 0 <= -1 <= 600"),
        ("containerConcurrency", 1001, "expected 0 <= 1001 <= 1000"),
    ],
)
def test_bounds(field: str, value: int, text: str) -> None:
    assert refused(service({field: value})) == [f"{text}: {SPEC}.{field}"]


ITEM = f"{SPEC}.volumes[0].projected[0].downwardAPI.items[0]"


def downward(item: Obj) -> Obj:
    """Return a volume with one file about the pod itself."""
    return {"projected": {"sources": [{"downwardAPI": {"items": [item]}}]}}


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        (
            {"hostPath": {"path": "/tmp"}},
            [
                "HostPath volume support is disabled, but found HostPath volume v: ",
                f"must not set the field(s): {SPEC}.volumes[0].hostPath",
            ],
        ),
        (
            {"csi": {"driver": "d"}},
            [
                "CSI volume support is disabled, but found CSI volume v: ",
                f"must not set the field(s): {SPEC}.volumes[0].csi",
            ],
        ),
        (
            {"persistentVolumeClaim": {"claimName": "c"}},
            [
                "Persistent volume claim support is disabled, but found persistent volume claim c: ",
                "Persistent volume write support is disabled, but found persistent volume claim c "
                "that is not read-only: ",
                f"must not set the field(s): {SPEC}.volumes[0].persistentVolumeClaim",
            ],
        ),
        (
            {},
            [
                f"expected exactly one, got neither: {SPEC}.volumes[0].configMap, "
                f"{SPEC}.volumes[0].emptyDir, {SPEC}.volumes[0].projected, {SPEC}.volumes[0].secret"
            ],
        ),
        (
            {"secret": {}, "configMap": {}},
            [f"expected exactly one, got both: {SPEC}.volumes[0].configMap, {SPEC}.volumes[0].secret"],
        ),
        (
            downward({"path": "a"}),
            [f"expected exactly one, got neither: {ITEM}.fieldRef, {ITEM}.resourceFieldRef"],
        ),
        (
            downward({"path": "a", "fieldRef": {}, "resourceFieldRef": {}}),
            [f"Within a single item, cannot set both: {ITEM}.fieldRef, {ITEM}.resourceFieldRef"],
        ),
        (downward({"fieldRef": {}}), [f"missing field(s): {ITEM}.path"]),
    ],
)
def test_sources_of_volumes(source: Obj, texts: list[str]) -> None:
    pod = {
        "volumes": [{"name": "v", **source}],
        "containers": [{"image": "web-a", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
    }
    assert refused(service(pod)) == texts


@pytest.mark.parametrize("empty", [{"nodeSelector": {}}, {"tolerations": []}, {"affinity": {}}])
def test_what_needs_a_flag_is_refused_although_it_is_empty(empty: Obj) -> None:
    assert refused(service(empty)) == [f"must not set the field(s): {SPEC}.{next(iter(empty))}"]


def test_of_a_pods_security_context_each_field_is_refused_and_its_bounds_are_told() -> None:
    place = f"{SPEC}.securityContext"
    assert refused(service({"securityContext": {"fsGroup": 1, "supplementalGroups": [1, -1]}})) == [
        f"expected 0 <= -1 <= 2147483647: {place}.supplementalGroups[1]",
        f"must not set the field(s): {place}, {place}.fsGroup, {place}.supplementalGroups",
    ]


def test_volumes_of_images_and_claims_that_are_read_only() -> None:
    def said(source: Obj) -> list[str]:
        mount = {"name": "v", "mountPath": "/v"}
        volumes = [{"name": "v", **source}]
        return refused(
            service({"volumes": volumes, "containers": [{"image": "web", "volumeMounts": [mount]}]})
        )

    place = f"{SPEC}.volumes[0].image"
    assert {
        f"missing field(s): {place}.reference",
        f"invalid value: x: {place}.pullPolicy",
    } <= set(said({"image": {"pullPolicy": "x"}}))
    where = f"{SPEC}.containers[0].volumeMounts[0].readOnly"
    only = {"persistentVolumeClaim": {"claimName": "c", "readOnly": True}}
    assert f"volume is readOnly but volume mount is not: {where}" in said(only)


def test_names_that_a_template_has_made_up() -> None:
    assert refused(service(meta={"generateName": "web-"})) == []
    assert refused(service(meta={"generateName": "We_"})) == [
        f"invalid value: not a DNS 1035 label prefix: [{DNS}]: spec.template.metadata.generateName"
    ]


SECURE = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "seccompProfile": {"type": "RuntimeDefault"},
    "capabilities": {"drop": ["ALL"]},
}
INSECURE = "Kubernetes default value is insecure, Knative may default this to secure in a future release"
CONTEXT = f"{SPEC}.containers[0].securityContext"


@pytest.mark.parametrize(
    ("context", "left"),
    [
        ({}, ["allowPrivilegeEscalation", "capabilities", "runAsNonRoot", "seccompProfile"]),
        ({**SECURE, "seccompProfile": {}, "capabilities": {}}, ["capabilities.drop", "seccompProfile.type"]),
        (SECURE, []),
    ],
)
def test_defaults_that_are_not_secure_are_told_and_refuse_nothing(context: Obj, left: list[str]) -> None:
    obj = service({"containers": [{"image": "registry/web", "securityContext": context}]})
    places = ", ".join(f"{CONTEXT}.{key}" for key in left)
    told = [f"{INSECURE}: {places}"] if left else []
    assert warnings(obj) == told
    request = {"uid": "1", "object": defaulted(obj, None, "me"), "operation": "CREATE"}
    response = WEBHOOKS.respond(WEBHOOKS.validation_path, {"request": request})["response"]
    assert (response["allowed"], response.get("warnings", [])) == (True, told)


def test_a_capability_that_is_misspelt_and_an_old_annotation_are_told() -> None:
    pod = {"containers": [{"image": "w", "securityContext": {**SECURE, "capabilities": {"drop": ["all"]}}}]}
    notes = {f"{QUEUE}/resource-percentage": "20"}
    assert warnings(service(pod, meta={"annotations": notes})) == [
        "Queue proxy resource percentage annotation is deprecated. Please use the available annotations to "
        "explicitly set resource values per service: ",
        f"invalid value: all: {CONTEXT}.capabilities.drop\nMust be spelled as 'ALL'",
    ]


def test_names_of_volumes() -> None:
    volumes = [{"name": "A", "secret": {}}, {"secret": {}}, {"name": "b", "secret": {}}] * 2
    pod = {"volumes": volumes[:4], "containers": [{"image": "web-a", "volumeMounts": mounts("A", "x")}]}
    place = f"{SPEC}.volumes"
    assert refused(service(pod)) == [
        f'duplicate volume name "A": {place}[3].name',
        f"invalid value: A: {place}[0].name, {place}[3].name",
        f"missing field(s): {place}[1].name",
        f'volume with name "" not mounted: {place}[1].name',
        f'volume with name "b" not mounted: {place}[2].name',
        f"volumeMount has no matching volume: {SPEC}.containers[0].volumeMounts[1].name",
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/dev/", 'mountPath "/dev" is a reserved path'),
        ("data", "invalid value: data"),
        ("", "missing field(s)"),
        ("/first/.", 'invalid value: "/first/." must be unique'),
    ],
)
def test_places_of_mounts(path: str, text: str) -> None:
    found = [{"name": "v", "mountPath": "/first"}, {"name": "v", "mountPath": path}]
    pod = {
        "volumes": [{"name": "v", "emptyDir": {}}],
        "containers": [{"image": "web-a", "volumeMounts": found}],
    }
    assert refused(service(pod)) == [f"{text}: {SPEC}.containers[0].volumeMounts[1].mountPath"]


@pytest.mark.parametrize(
    ("containers", "text"),
    [
        ([], f"missing field(s): {SPEC}.containers"),
        ([{"name": "a"}], f"missing field(s): {SPEC}.containers[0].image"),
        (
            [{"image": "web-a", "ports": [{}]}, {"image": "web-b", "ports": [{}]}],
            f"more than one container port is set: {SPEC}.containers[*].ports\n"
            "Only a single port is allowed across all containers",
        ),
        ([{"image": "web-a"}, {"image": "web-b"}], f"missing field(s): {SPEC}.containers[*].ports"),
        (
            [{"image": "web-a", "env": [{"name": "X"}, {"name": "PORT"}]}],
            f'"PORT" is a reserved environment variable: {SPEC}.containers[0].env[1].name',
        ),
    ],
)
def test_containers(containers: list[Obj], text: str) -> None:
    assert refused(service({"containers": containers})) == [text]


def test_the_answer_has_every_refusal_on_a_line() -> None:
    obj = defaulted(service({"timeoutSeconds": 601}, traffic=[{"percent": 1}]), None, "me")
    request: Obj = {"uid": "u", "object": obj, "oldObject": None, "userInfo": {"username": "me"}}
    assert WEBHOOKS.respond(WEBHOOKS.validation_path, {"request": request})["response"]["status"][
        "message"
    ] == (
        "validation failed: Traffic targets sum to 1, want 100: spec.traffic\n"
        f"expected 0 <= 601 <= 600: {SPEC}.timeoutSeconds"
    )


def test_what_is_being_deleted_can_let_go_of_its_finalizers() -> None:
    obj = service({"timeoutSeconds": 601})
    obj["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    request: Obj = {"uid": "u", "object": obj, "oldObject": obj, "userInfo": {"username": "me"}}
    assert WEBHOOKS.respond(WEBHOOKS.validation_path, {"request": request})["response"]["allowed"]


@pytest.mark.parametrize("way", ["None", "Bidirectional"])
def test_how_mounts_propagate(way: str) -> None:
    mount = {"name": "v", "mountPath": "/v", "mountPropagation": way}
    pod = {
        "volumes": [{"name": "v", "secret": {}}],
        "containers": [{"image": "web", "volumeMounts": [mount]}],
    }
    place = f"{SPEC}.containers[0].volumeMounts[0].mountPropagation"
    said = f"mount propagation should be set to None or HostToContainer: {place}"
    assert (said in refused(service(pod))) is (way == "Bidirectional")

"""Children of a Knative Service against those that the real controllers made."""

from datetime import UTC, datetime
from typing import Any

from carvel_traces import history

from pkgops.platform.knative import children, workload
from pkgops.platform.knative import labels as kn

Obj = dict[str, Any]
API = "serving.knative.dev"
NOW = datetime(2026, 11, 22, 17, 58, 23, tzinfo=UTC)


def recorded(kind: str, api: str = API) -> Obj:
    return history(kind, api, "apps-prod")[0]


def service() -> Obj:
    """The Service as it was when the controllers first saw it (kapp's notes were just added)."""
    return history("Service", API, "apps-prod")[1]


def same(made: Obj, found: Obj, *, annotations: bool = True) -> None:
    for key in ("name", "namespace", "labels", "ownerReferences"):
        assert made["metadata"][key] == found["metadata"][key], key
    if annotations:
        assert made["metadata"]["annotations"] == found["metadata"]["annotations"]
    assert made["spec"] == found["spec"]


def test_configuration() -> None:
    same(children.configuration(service()), recorded("Configuration"), annotations=False)
    made = children.configuration(service())["metadata"]["annotations"]
    found = recorded("Configuration")["metadata"]["annotations"]
    assert {key: made.get(key) for key in found} == found


def test_configuration_keeps_routes_that_are_noted() -> None:
    present = {"metadata": {"annotations": {"serving.knative.dev/routes": "another"}}}
    made = children.configuration(service(), present)
    assert made["metadata"]["annotations"]["serving.knative.dev/routes"] == "another,hello-go-web2pkg"


def test_route() -> None:
    same(children.route(service()), recorded("Route"), annotations=False)


def test_revision() -> None:
    same(children.revision(recorded("Configuration"), NOW), recorded("Revision"))


def test_names_come_from_the_generation_or_the_template() -> None:
    config = recorded("Configuration")
    later = {**config, "metadata": {**config["metadata"], "generation": 12}}
    assert children.revision(later, NOW)["metadata"]["name"] == "hello-go-web2pkg-00012"
    template = {**config["spec"]["template"], "metadata": {"name": "mine"}}
    named = {**config, "spec": {"template": template}}
    assert children.revision(named, NOW)["metadata"]["name"] == "mine"


def deployment() -> tuple[Obj, Obj]:
    revision = recorded("Revision")
    found = recorded("Deployment", "apps")
    image = found["spec"]["template"]["spec"]["containers"][0]["image"]
    return workload.deployment(revision, 1, 600, {"workload": image}), found


def test_deployment() -> None:
    made, found = deployment()
    assert made["metadata"]["name"] == found["metadata"]["name"]
    labels = dict(found["metadata"]["labels"])
    labels.pop("serving.knative.dev/deployment-hash")
    assert made["metadata"]["labels"] == labels
    assert made["metadata"]["annotations"] == found["metadata"]["annotations"]
    for key in ("replicas", "selector", "strategy", "revisionHistoryLimit", "progressDeadlineSeconds"):
        assert made["spec"][key] == found["spec"][key], key
    assert made["spec"]["template"]["metadata"] == found["spec"]["template"]["metadata"]


def test_application_container_is_the_recorded_one_but_for_the_missing_proxy() -> None:
    made, found = (item["spec"]["template"]["spec"] for item in deployment())
    mine, theirs = made["containers"][0], found["containers"][0]
    assert [item["name"] for item in made["containers"]] == ["workload"]
    for key in ("name", "image", "ports", "env", "resources", "terminationMessagePolicy", "securityContext"):
        assert mine[key] == theirs[key], key
    assert mine["readinessProbe"] == {"successThreshold": 1, "tcpSocket": {"port": 8080}, "periodSeconds": 1}
    for key in ("affinity", "imagePullSecrets", "enableServiceLinks", "terminationGracePeriodSeconds"):
        assert made[key] == found[key], key


def test_services_of_a_revision_lead_to_its_pods() -> None:
    revision = recorded("Revision")
    public, private = workload.services(revision)
    assert [item["metadata"]["name"] for item in (public, private)] == [
        "hello-go-web2pkg-00001",
        "hello-go-web2pkg-00001-private",
    ]
    for item in (public, private):
        assert item["spec"]["selector"] == {"serving.knative.dev/revisionUID": revision["metadata"]["uid"]}
        assert [(port["port"], port["targetPort"]) for port in item["spec"]["ports"]] == [(80, 8080)]


def test_placeholder_leads_to_the_revision() -> None:
    made = workload.placeholder(recorded("Route"), "hello-go-web2pkg-00001")
    assert made["spec"]["externalName"] == "hello-go-web2pkg-00001.apps-prod.svc.cluster.local"
    assert made["metadata"]["labels"]["serving.knative.dev/route"] == "hello-go-web2pkg"


def test_sidecars_get_no_port() -> None:
    revision = recorded("Revision")
    containers = [{"name": "side", "image": "s"}, *revision["spec"]["containers"]]
    both = {**revision, "spec": {**revision["spec"], "containers": containers}}
    side, main = workload.pod_spec(both, {})["containers"]
    assert "ports" not in side
    assert "PORT" not in {item["name"] for item in side["env"]}
    assert {item["name"]: item.get("value") for item in main["env"]}["PORT"] == "8080"


def test_the_route_of_a_private_service_is_private() -> None:
    shown = service()
    private = {**shown, "metadata": {**shown["metadata"], "labels": {kn.VISIBILITY: kn.CLUSTER_LOCAL}}}
    assert kn.is_cluster_local(children.route(private))

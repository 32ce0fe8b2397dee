"""What people meet besides the happy way: rights, drift, orphans, late parts, restarts, retention."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterator

import pytest
from carto_kit import PlatformProcess, Scene, carto, scene, wait_for

from pkgops.kube import Client, Obj

pytestmark = pytest.mark.cluster
__all__ = ["carto"]

CONFIG_MAP = """
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {{name: {name}}}
spec:
  configPath: .data
  {more}
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {meta}
    data: {data}
"""
CHAIN = """
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {{name: {name}}}
spec:
  selector: {{chain: {name}}}
  resources:
    - name: first
      templateRef: {{kind: ClusterConfigTemplate, name: {name}}}
"""
WORKLOAD = """
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {{name: {workload}, labels: {{chain: {name}}}}}
spec: {{params: [{{name: p, value: {value}}}], serviceAccountName: {account}}}
"""
RUN = """
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {{name: {name}}}
spec:
  outputs: {{p: .data.p}}
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {{generateName: run-}}
    data: {{p: $(runnable.spec.inputs.p)$}}
"""
RUNNABLE = """
apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {{name: r}}
spec: {{runTemplateRef: {{name: {name}}}, inputs: {{p: {value}}}}}
"""


@pytest.fixture
def at(carto: PlatformProcess, carto_client: Client) -> Iterator[Scene]:
    with scene(carto_client, "behaviour") as made:
        yield made


@pytest.fixture
def name() -> str:
    return f"t{secrets.token_hex(4)}"


def template(
    at: Scene, name: str, meta: str = "{name: $(workload.metadata.name)$}", data: str = "", more: str = ""
) -> None:
    at.apply_text(CONFIG_MAP.format(name=name, meta=meta, data=data or '{p: "$(params.p)$"}', more=more))


def workload(at: Scene, name: str, value: str = "one", account: str = "default") -> None:
    at.apply_text(WORKLOAD.format(name=name, workload="w", value=value, account=account))


def stamped(at: Scene) -> list[Obj]:
    maps = at.list("ConfigMap", "v1")
    return [found for found in maps if found["metadata"].get("ownerReferences")]


def data(at: Scene, name: str = "w") -> Obj:
    return dict((at.get("ConfigMap", name, "v1") or {}).get("data") or {})


def versions(at: Scene) -> dict[str, str]:
    return {found["metadata"]["name"]: found["metadata"]["resourceVersion"] for found in stamped(at)}


def test_a_template_that_comes_late(at: Scene, name: str) -> None:
    at.grant()
    at.apply_text(CHAIN.format(name=name))
    workload(at, name)
    found = at.wait_condition("Workload", "w", "False", "TemplatesNotFound")
    assert found["message"] == "did not find the template of the resource(s) [first]"
    template(at, name)
    at.wait_condition("Workload", "w", "True", "Ready")


def test_foreign_fields_stay_own_former_ones_go_and_drift_is_put_right(at: Scene, name: str) -> None:
    at.grant()
    template(at, name, data='{p: "$(params.p)$", extra: x}')
    at.apply_text(CHAIN.format(name=name))
    workload(at, name)
    at.wait_condition("Workload", "w", "True")
    change = {"metadata": {"annotations": {"mine": "kept"}}, "data": {"foreign": "kept", "p": "drifted"}}
    at.client.patch("v1", "ConfigMap", "w", at.namespace, change)
    wait_for("the drift to be put right", lambda: data(at).get("p") == "one")
    template(at, name)
    wanted = {"p": "one", "foreign": "kept"}
    wait_for("the former field to go", lambda: data(at) == wanted)
    assert at.get("ConfigMap", "w", "v1")["metadata"]["annotations"]["mine"] == "kept"


def test_nothing_is_rewritten_when_nothing_changed(at: Scene, name: str) -> None:
    at.grant()
    template(at, name)
    at.apply_text(CHAIN.format(name=name))
    workload(at, name)
    at.wait_condition("Workload", "w", "True")
    before, status = versions(at), at.get("Workload", "w")["metadata"]["resourceVersion"]
    at.client.patch(
        "carto.run/v1alpha1", "ClusterSupplyChain", name, "", {"metadata": {"labels": {"a": "b"}}}
    )
    _barrier(at, name)
    assert versions(at).items() >= before.items()
    assert at.get("Workload", "w")["metadata"]["resourceVersion"] == status


def _barrier(at: Scene, name: str) -> None:
    """Wait until the platform has worked off what was queued before."""
    for _ in range(2):
        other = f"b{secrets.token_hex(3)}"
        at.apply_text(WORKLOAD.format(name=name, workload=other, value="x", account="default"))
        at.wait_condition("Workload", other, "True")


def test_a_missing_service_account_is_named_and_noticed_when_it_comes(at: Scene, name: str) -> None:
    at.grant()
    template(at, name)
    at.apply_text(CHAIN.format(name=name))
    workload(at, name, account="late")
    found = at.wait_condition("Workload", "w", "False", "ServiceAccountError")
    where = f"[{at.namespace}/late]"
    assert found["message"] == (
        f"failed to get service account object from api server {where}: "
        f'failed to get object {where} from api server: ServiceAccount "late" not found'
    )
    types = [entry["type"] for entry in at.get("Workload", "w")["status"]["conditions"]]
    assert types == ["SupplyChainReady", "ResourcesSubmitted", "Ready"]
    at.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "late"}})
    at.wait_condition("Workload", "w", "True")


def test_missing_rights_are_told_and_noticed_when_they_come(at: Scene, name: str) -> None:
    template(at, name)
    at.apply_text(CHAIN.format(name=name))
    workload(at, name)
    found = at.wait_condition("Workload", "w", "False", "TemplateRejectedByAPIServer")
    account = f"system:serviceaccount:{at.namespace}:default"
    assert found["message"].startswith(
        f"unable to apply object [{at.namespace}/w] for resource [first] in supply chain [{name}]: "
        f"failed to get unstructured [{at.namespace}/w] from api server: "
        f'configmaps "w" is forbidden: User "{account}" cannot get resource "configmaps"'
    )
    at.grant(verbs=["get"])
    wait_for(
        "the refusal to create",
        lambda: "]: create: configmaps is forbidden" in at.condition("Workload", "w")["message"],
    )
    at.grant()
    at.wait_condition("Workload", "w", "True")


def test_what_is_deleted_comes_again(at: Scene, name: str) -> None:
    at.grant()
    template(at, name)
    at.apply_text(CHAIN.format(name=name))
    workload(at, name)
    at.wait_condition("Workload", "w", "True")
    before = at.get("ConfigMap", "w", "v1")["metadata"]["uid"]
    at.client.delete("v1", "ConfigMap", "w", at.namespace)

    def fresh() -> bool:
        found = at.get("ConfigMap", "w", "v1")
        return found is not None and found["metadata"]["uid"] != before

    wait_for("a new object", fresh)


def test_a_renamed_object_leaves_no_orphan(at: Scene, name: str) -> None:
    at.grant()
    template(at, name)
    at.apply_text(CHAIN.format(name=name))
    workload(at, name)
    at.wait_condition("Workload", "w", "True")
    template(at, name, meta='{name: "$(workload.metadata.name)$-new"}')
    wait_for("the orphan to go", lambda: list(versions(at)) == ["w-new"])


def test_deleting_the_owner_deletes_what_it_stamped(at: Scene, name: str) -> None:
    at.grant()
    template(at, name)
    at.apply_text(CHAIN.format(name=name))
    workload(at, name)
    at.wait_condition("Workload", "w", "True")
    at.client.delete("carto.run/v1alpha1", "Workload", "w", at.namespace)
    wait_for("garbage collection", lambda: not stamped(at))


def test_a_blueprint_that_goes_leaves_what_was_stamped(at: Scene, name: str) -> None:
    at.grant()
    template(at, name)
    at.apply_text(CHAIN.format(name=name))
    workload(at, name)
    at.wait_condition("Workload", "w", "True")
    at.client.delete("carto.run/v1alpha1", "ClusterSupplyChain", name)
    found = at.wait_condition("Workload", "w", "False", "SupplyChainNotFound")
    labels = f"map[chain:{name}]"
    assert found["message"] == f"no supply chain found where full selector is satisfied by labels: {labels}"
    status = at.get("Workload", "w")["status"]
    assert status["supplyChainRef"]["name"] == name
    assert [entry["name"] for entry in status["resources"]] == ["first"]
    assert stamped(at)


IMMUTABLE = """lifecycle: immutable
  retentionPolicy: {maxSuccessfulRuns: 2, maxFailedRuns: 1}"""


def test_an_immutable_resource_makes_new_objects_and_keeps_as_many_as_it_should(at: Scene, name: str) -> None:
    at.grant()
    template(at, name, meta="{generateName: run-}", more=IMMUTABLE)
    at.apply_text(CHAIN.format(name=name))
    for value in ("one", "two", "three"):
        workload(at, name, value)
        wait_for(value, lambda v=value: any(found["data"]["p"] == v for found in stamped(at)))
        at.wait_condition("Workload", "w", "True")
    wait_for("retention", lambda: sorted(found["data"]["p"] for found in stamped(at)) == ["three", "two"])
    output = at.get("Workload", "w")["status"]["resources"][0]["outputs"][0]
    assert output["preview"] == "p: three\n"


def test_a_restart_stamps_nothing_anew(at: Scene, name: str, carto: PlatformProcess) -> None:
    at.grant()
    template(at, name, meta="{generateName: run-}", more="lifecycle: immutable")
    at.apply_text(CHAIN.format(name=name))
    at.apply_text(RUN.format(name=name))
    at.apply_text(RUNNABLE.format(name=name, value="one"))
    workload(at, name)
    at.wait_condition("Workload", "w", "True")
    wait_for("the run", lambda: len(stamped(at)) == 2)
    before = versions(at)
    carto.stop(signal.SIGKILL)
    carto.start()
    after = f"{name}-after"
    template(at, after, meta="{name: after}")
    at.apply_text(CHAIN.format(name=after))
    at.apply_text(WORKLOAD.format(name=after, workload="after", value="x", account="default"))
    at.wait_condition("Workload", "after", "True")
    assert {key: value for key, value in versions(at).items() if key != "after"} == before


def test_a_runnable_stamps_again_when_its_inputs_change_only(at: Scene, name: str) -> None:
    at.grant()
    at.apply_text(RUNNABLE.format(name=name, value="one"))
    found = at.wait_condition("Runnable", "r", "False", "RunTemplateNotFound")
    assert (
        f"failed to get run template object from api server [ClusterRunTemplate/{name}]" in found["message"]
    )
    at.apply_text(RUN.format(name=name))
    at.wait_condition("Runnable", "r", "Unknown", "Unknown")
    at.client.patch("carto.run/v1alpha1", "Runnable", "r", at.namespace, {"metadata": {"labels": {"a": "b"}}})
    at.apply_text(RUNNABLE.format(name=name, value="two"))
    wait_for("the second run", lambda: len(stamped(at)) == 2)
    assert sorted(found["data"]["p"] for found in stamped(at)) == ["one", "two"]
    labels = stamped(at)[0]["metadata"]["labels"]
    assert labels == {"carto.run/runnable-name": "r", "carto.run/run-template-name": name}


def test_a_selected_object_that_comes_late_is_noticed(at: Scene, name: str) -> None:
    at.grant()
    at.apply_text(RUN.format(name=name).replace("$(runnable.spec.inputs.p)$", "$(selected.data.v)$"))
    selector = '{resource: {apiVersion: v1, kind: ConfigMap}, matchingLabels: {pick: "me"}}'
    text = RUNNABLE.format(name=name, value="x").replace("spec: {", f"spec: {{selector: {selector}, ")
    at.apply_text(text)
    found = at.wait_condition("Runnable", "r", "False", "TemplateStampFailure")
    assert found["message"] == (
        "unable to resolve selector [map[pick:me]], apiVersion [v1], kind [ConfigMap]: "
        "selector did not match any objects"
    )
    picked = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "s", "labels": {"pick": "me"}}}
    at.apply({**picked, "data": {"v": "selected"}})
    wait_for("the run", lambda: [found["data"]["p"] for found in stamped(at)] == ["selected"])

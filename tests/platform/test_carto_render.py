from typing import Any

import pytest

from pkgops.platform.carto.context import input_names, resource_inputs, run_context, template_context
from pkgops.platform.carto.labels import resource_labels, run_labels, selector
from pkgops.platform.carto.render import StampError, render, render_run
from pkgops.platform.carto.template import Template

OWNER = {
    "apiVersion": "carto.run/v1alpha1",
    "kind": "Workload",
    "metadata": {"name": "w", "namespace": "ns", "uid": "u-1", "labels": {"x": "y"}},
    "spec": {"source": {"git": {"url": "https://git"}}},
}
RESOURCE = {
    "name": "r",
    "templateRef": {"kind": "ClusterSourceTemplate", "name": "t"},
    "sources": [{"name": "one", "resource": "a"}, {"name": "two", "resource": "b"}],
    "images": [{"name": "img", "resource": "c"}],
    "configs": [{"name": "cfg", "resource": "d"}],
}
OUTPUTS = {
    "a": {"url": "ua", "revision": "ra"},
    "b": {},
    "c": {"image": "i"},
    "d": {"config": {"k": "v"}},
}


def test_inputs_without_output_are_absent() -> None:
    assert resource_inputs(RESOURCE, OUTPUTS) == {
        "sources": {"one": {"url": "ua", "revision": "ra", "name": "one"}},
        "images": {"img": {"image": "i", "name": "img"}},
        "configs": {"cfg": {"config": {"k": "v"}, "name": "cfg"}},
        "deployment": None,
    }


def test_singular_roots_exist_where_exactly_one_is_available() -> None:
    context = template_context(OWNER, {"p": 1}, resource_inputs(RESOURCE, OUTPUTS), {"l": "1"})
    assert context["source"] == {"url": "ua", "revision": "ra", "name": "one"}
    assert context["image"] == "i"
    assert context["config"] == {"k": "v"}
    both = template_context(OWNER, {}, resource_inputs(RESOURCE, {**OUTPUTS, "b": OUTPUTS["a"]}), {})
    assert "source" not in both
    assert set(both["sources"]) == {"one", "two"}


def test_deployment_input() -> None:
    resource = {"name": "r", "deployment": {"resource": "a"}}
    assert resource_inputs(resource, OUTPUTS)["deployment"] == {"url": "ua", "revision": "ra", "name": ""}
    assert resource_inputs(resource, {"a": {}})["deployment"] is None


def test_input_names_in_the_order_of_the_status() -> None:
    assert input_names({**RESOURCE, "deployment": {"resource": "e"}}) == ["a", "b", "c", "e", "d"]


def test_labels_name_owner_blueprint_resource_and_template() -> None:
    assert resource_labels(OWNER, "chain", RESOURCE, "tekton") == {
        "carto.run/workload-name": "w",
        "carto.run/workload-namespace": "ns",
        "carto.run/supply-chain-name": "chain",
        "carto.run/resource-name": "r",
        "carto.run/template-kind": "ClusterSourceTemplate",
        "carto.run/cluster-template-name": "t",
        "carto.run/template-lifecycle": "tekton",
    }
    options = {"name": "r", "templateRef": {"kind": "ClusterTemplate", "options": []}}
    labels = resource_labels({**OWNER, "kind": "Deliverable"}, "del", options, "mutable")
    assert labels["carto.run/cluster-template-name"] == ""
    assert labels["carto.run/delivery-name"] == "del"
    assert selector({"b": "2", "a": ""}) == "a=,b=2"


def stamp(**spec: object) -> dict[str, Any]:
    context = template_context(OWNER, {"p": [1]}, resource_inputs(RESOURCE, OUTPUTS), {"l": "1"})
    return render(Template("ClusterTemplate", "t", spec), context, OWNER, {"l": "1"})


def test_a_rendering_gets_namespace_owner_and_labels() -> None:
    stamped = stamp(
        template={
            "kind": "ConfigMap",
            "metadata": {"name": "$(workload.metadata.name)$-x", "labels": {"l": "overruled", "own": "o"}},
            "data": {"p": "$(params.p)$", "lab": "$(labels.l)$"},
        }
    )
    assert stamped["metadata"] == {
        "name": "w-x",
        "namespace": "ns",
        "labels": {"l": "1", "own": "o"},
        "ownerReferences": [
            {
                "apiVersion": "carto.run/v1alpha1",
                "kind": "Workload",
                "name": "w",
                "uid": "u-1",
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }
    assert stamped["data"] == {"p": [1], "lab": "1"}


def test_the_owners_namespace_may_be_named_and_no_other() -> None:
    assert stamp(template={"metadata": {"namespace": "ns"}})["metadata"]["namespace"] == "ns"
    with pytest.raises(StampError, match="cannot set namespace in resource template"):
        stamp(template={"metadata": {"namespace": "other"}})


def test_exactly_one_of_template_and_ytt() -> None:
    for spec in ({}, {"template": {"kind": "K"}, "ytt": "kind: K"}):
        with pytest.raises(StampError, match="expected either template or ytt"):
            stamp(**spec)


def test_run_templates_read_runnable_and_selected() -> None:
    runnable = {
        **OWNER,
        "kind": "Runnable",
        "spec": {"runTemplateRef": {"name": "rt"}, "inputs": {"i": {"deep": True}}},
    }
    template = {
        "spec": {
            "template": {
                "metadata": {"generateName": "g-"},
                "spec": {"i": "$(runnable.spec.inputs.i)$", "s": "$(selected.spec.x)$"},
            }
        }
    }
    labels = run_labels(runnable, "rt")
    stamped = render_run(template, run_context(runnable, {"spec": {"x": 7}}), runnable, labels)
    assert stamped["spec"] == {"i": {"deep": True}, "s": 7}
    assert stamped["metadata"]["labels"] == {
        "carto.run/runnable-name": "w",
        "carto.run/run-template-name": "rt",
    }
    with pytest.raises(StampError, match=r"jsonpath returned empty list: selected\.spec\.x"):
        render_run(template, run_context(runnable, None), runnable, labels)


def test_an_input_that_a_runnable_does_not_have_is_named() -> None:
    runnable = {
        "apiVersion": "carto.run/v1alpha1",
        "kind": "Runnable",
        "metadata": {"name": "r", "namespace": "ns", "uid": "u-1"},
        "spec": {"runTemplateRef": {"name": "t"}},
    }
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "a-"}}
    template = {"spec": {"template": {**made, "data": {"a": "$(runnable.spec.inputs.x)$"}}}}
    with pytest.raises(StampError, match=r"runnable\.spec\.inputs"):
        render_run(template, run_context(runnable, None), runnable, {})


def test_ytt_reads_the_same_roots_and_values_nested() -> None:
    text = """
#@ load("@ytt:data", "data")
kind: ConfigMap
metadata:
  name: #@ data.values.workload.metadata.name
data:
  first: #@ data.values.params.p[0]
  url: #@ data.values.sources["one"].url
  image: #@ data.values.image
  label: #@ data.values.labels["l"]
  env: #@ "set" if hasattr(data.values.workload.spec, "env") else "unset"
  deployment: #@ data.values.deployment
"""
    assert stamp(ytt=text)["data"] == {
        "first": 1,
        "url": "ua",
        "image": "i",
        "label": "1",
        "env": "unset",
        "deployment": None,
    }


def test_what_ytt_gave_before_is_given_again_and_changed_by_nobody() -> None:
    text = """
#@ load("@ytt:data", "data")
kind: ConfigMap
data: #@ data.values.params
"""
    first = stamp(ytt=text)
    first["data"]["p"].append(2)
    assert stamp(ytt=text)["data"] == {"p": [1]}
    context = template_context(OWNER, {"p": [3]}, resource_inputs(RESOURCE, OUTPUTS), {"l": "1"})
    other = render(Template("ClusterTemplate", "t", {"ytt": text}), context, OWNER, {"l": "1"})
    assert other["data"] == {"p": [3]}


def test_ytt_errors_are_told_in_the_programs_words() -> None:
    text = "#@ load('@ytt:data', 'data')\nkind: #@ data.values.imagf\n"
    with pytest.raises(StampError) as caught:
        stamp(ytt=text)
    message = str(caught.value)
    assert message.startswith("unable to apply ytt template: ytt: Error: \n- struct has no .imagf field")
    assert "stdin.yml:2" in message
    assert message.endswith("\n")


def test_ytt_must_give_one_object() -> None:
    with pytest.raises(StampError, match="expected one object, found 2 documents"):
        stamp(ytt="a: 1\n---\nb: 2\n")


@pytest.mark.parametrize("metadata", ["text", {"labels": "text"}])
def test_metadata_that_is_no_map_is_refused(metadata: object) -> None:
    with pytest.raises(StampError, match="is not a map"):
        stamp(template={"kind": "ConfigMap", "metadata": metadata})

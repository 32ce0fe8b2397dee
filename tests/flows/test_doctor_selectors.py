"""What a Runnable selects is looked for in the templates, then on the cluster."""

from __future__ import annotations

import pytest
from registry_fixtures import *  # noqa: F403

TEMPLATE = """\
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: git-writer}
spec:
  urlPath: .status.outputs.url
  revisionPath: .status.outputs.revision
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: {name: writer}
    spec:
      runTemplateRef: {name: writer}
      selector:
        resource: {apiVersion: tekton.dev/v1, kind: Task}
        matchingLabels: %s
"""
TASK = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: git-cli, labels: {task: git-cli}}\n"
FIXED = "{task: git-cli, language: $(params.language)$}"
WHAT = "clustersourcetemplate git-writer selects a Task with task=git-cli"


def found(commands, registry, labels, *more, user="admin"):
    commands.configure(registry)
    folder = commands.folder / "mine"
    folder.mkdir()
    (folder / "all.yaml").write_text("---\n".join([TEMPLATE % labels, *more]))
    ran = commands("doctor", "--templates", str(folder), "-o", "json", user=user)
    return [(one["result"], one["message"]) for one in ran.json()["checks"] if one["name"] == "selectors"]


@pytest.mark.parametrize("labels", ["{language: $(params.language)$}", "{}"])
def test_what_inputs_decide_is_not_looked_for(commands, registry, labels):
    assert found(commands, registry, labels) == []


def test_an_object_of_the_templates_is_enough(commands, registry):
    assert found(commands, registry, FIXED, TASK) == [("ok", f"{WHAT}: there is one")]


def test_one_of_the_cluster_is_enough(commands, registry):
    commands.serve_all()
    task = {
        "apiVersion": "tekton.dev/v1",
        "kind": "Task",
        "metadata": {"name": "git-cli", "namespace": "default", "labels": {"task": "git-cli"}},
    }
    commands.api.objects.write(commands.api.of("tekton.dev/v1", "Task"), task)
    assert found(commands, registry, FIXED) == [("ok", f"{WHAT}: there is one")]


def test_what_is_nowhere_is_named(commands, registry):
    assert found(commands, registry, FIXED) == [("warning", f"{WHAT}, and there is none in default")]


def test_where_it_may_not_be_listed_it_is_unknown(commands, registry):
    commands.serve_all()
    for served in commands.api.served:
        verbs = ("get",) if served.plural == "tasks" else ("*",)
        rule = {"apiGroups": [served.group], "resources": [served.plural], "verbs": list(verbs)}
        commands.api.bind("jane", [rule], "*")
    told = found(commands, registry, FIXED, user="jane")
    assert told == [("unknown", f"{WHAT}: jane may not list tasks in default")]

"""What a stage is called: the same before anything is stamped and afterwards, wherever its template tells."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

import pytest
from shared_traces import lines

from pkgops.flows.next_command import next_command
from pkgops.pipeline import Scope, Tracker, kinds

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ENVIRONMENTS = (("apps-dev", "apps-dev"), ("apps-prod", "apps-prod"))
EVERY = 25
"""Events between two looks: each costs a reading of all objects."""


@pytest.mark.parametrize("name", ["first-run", "fourth-run"])
def test_no_stage_of_a_recorded_run_changes_its_title(name):
    tracker = Tracker(Scope("default", "hello-go-web2pkg", ENVIRONMENTS), next_command)
    titles, unstamped = defaultdict(set), set()
    for number, line in enumerate(line for line in lines(name) if line["object"]["kind"] != "Event"):
        tracker.apply(line["type"], line["object"])
        for stage in tracker.snapshot(NOW).all_stages if number % EVERY == 0 else ():
            titles[stage.scope, stage.name].add(stage.title)
            if stage.object is None:
                unstamped.add((stage.scope, stage.name))
    assert unstamped, "some are shown before anything is stamped for them"
    assert {key: found for key, found in titles.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    ("name", "template_kind", "template", "expected"),
    [
        ("source-provider", "ClusterSourceTemplate", "workload-git-repository", "Fetch source"),
        ("source-tester", "ClusterSourceTemplate", "", "Test source"),
        ("image-builder", "ClusterImageTemplate", "workload-kpack-image", "Build image"),
        ("config-provider", "ClusterConfigTemplate", "app-config", "Generate configuration"),
        ("imgpkg-bundler", "ClusterImageTemplate", "imgpkg-bundle", "Publish package"),
        ("source-detector", "ClusterSourceTemplate", "deliverable-image-repository", "Detect packages"),
        ("source-provider", "ClusterSourceTemplate", "deliverable-image-policy", "Choose version"),
        ("package-provider", "ClusterTemplate", "deliverable-package-repository", "Fetch package"),
        ("deployer", "ClusterDeploymentTemplate", "deliverable-package-install", "Install package"),
        ("notifier", "ClusterTemplate", "chat", "Notifier"),
    ],
)
def test_before_anything_is_stamped_the_template_names_the_stage_and_nothing_its_tool(
    name, template_kind, template, expected
):
    assert kinds.title("", "", name, template_kind, template) == (expected, "")

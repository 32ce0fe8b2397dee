"""Templates of years ago that write to Git, deliver from there, or deploy at once: corrected by overlays."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from pkgops import ytt
from pkgops.flows import template_fixes
from pkgops.formats import yaml
from pkgops.pipeline import lint

TEMPLATES = Path(__file__).parents[1] / "data" / "older-git-templates"
SERVED = {
    "tekton.dev/v1beta1": "tekton.dev/v1",
    "source.toolkit.fluxcd.io/v1beta1": "source.toolkit.fluxcd.io/v1",
}
AROUND = lint.Surroundings(SERVED, {"test": "r.example.com/go", "package": "r.example.com/toolbox"})


def rendered(*folders: Path):
    paths = [path for folder in folders for path in sorted(folder.glob("*.yaml"))]
    return yaml.parse_all(
        ytt.render(
            [ytt.InputFile(path=path.name, content=path.read_text()) for path in paths], ytt.DataValues()
        ),
        "out",
    )


@pytest.fixture(scope="module")
def fixes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("older") / "fixes"
    template_fixes.write(lint.corrections(rendered(TEMPLATES), AROUND), folder, [str(TEMPLATES)])
    return folder


def test_all_that_has_changed_since_is_named():
    found = defaultdict(set)
    for one in lint.findings(rendered(TEMPLATES), AROUND):
        found[one.object.name].add(one.name)
    assert found == {
        "older-source": {"version-not-served"},
        "older-shape": {"no-rebase-rules"},
        "older-writer": {"cluster-task", "workspace-key", "input-not-read", "version-not-served"},
        "older-writer-run": {"task-results", "version-not-served"},
        "older-git": {"cluster-task"},
        "older-written": {"version-not-served"},
    }


def test_images_that_only_the_local_cluster_has_are_named():
    step = {"name": "push", "image": "bitnami/x", "script": "imgpkg push"}
    before = {"apiVersion": "tekton.dev/v1", "kind": "Task", "metadata": {"name": "push"}}
    found = lint.corrections([{**before, "spec": {"steps": [step]}}], AROUND)
    image = AROUND.images["package"]
    said = template_fixes.readme(found, Path("fixes"), ["templates"], [image])
    assert "## On another cluster" in said
    assert f"- task-push.yaml: `{image}`" in said
    for images in ([], ["r.example.com/unused"]):
        said = template_fixes.readme(found, Path("fixes"), ["templates"], images)
        assert "another cluster" not in said


def test_with_the_overlays_nothing_is_found(fixes):
    assert lint.findings(rendered(TEMPLATES, fixes), AROUND) == []


def test_what_was_right_is_left_as_it_is(fixes):
    before = {obj["metadata"]["name"]: obj for obj in rendered(TEMPLATES)}
    after = {obj["metadata"]["name"]: obj for obj in rendered(TEMPLATES, fixes)}
    for name in ("older-to-git", "older-from-git", "older-delivered", "older-running", "older-reached"):
        assert after[name] == before[name]
    assert after["older-git"]["kind"] == "Task"
    assert "serving.knative.dev/lastModifier" in after["older-shape"]["spec"]["ytt"]

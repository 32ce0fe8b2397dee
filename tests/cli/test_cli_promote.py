"""``pkgops promote`` as a person runs it, as far as nothing has to be installed for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from package_versions import pushed
from registry_fixtures import *  # noqa: F403
from typed_kit import *  # noqa: F403

from pkgops import oci
from pkgops.cli import boundary
from pkgops.cli.app import app
from pkgops.flows.releases import release
from pkgops.flows.releases.release import Action, Record, Release
from pkgops.formats import yaml
from pkgops.oci.image import empty_image


@pytest.mark.parametrize("argv", [("promote",), ("promote", "--dry-run", "--plan", "plan.json")])
def test_where_to_promote_must_be_said_where_no_plan_says_it(argv, capsys):
    assert boundary.run(app, list(argv)) == 2
    assert "Missing option '--to' / '--env'." in capsys.readouterr().err


@pytest.fixture
def pkgops(registry, memory, typed, tmp_path):
    """Run pkgops where a workload has one package version, which runs nowhere."""
    text = yaml.dump_all([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "greeting"}}])
    pushed(registry, tmp_path, "0.1.1", {"delivery.yml": text})
    values = {
        "registry": {"tagPrefix": f"{registry.host}/apps/"},
        "workload": {"name": "hello"},
        "git": {"url": "https://git.example.com/hello.git"},
        "steps": {"test": {"image": "r/go"}, "package": {"image": "r/toolbox"}},
    }
    (tmp_path / "config.yaml").write_text(yaml.dump_all([values]))
    yield lambda *argv: typed("promote", *argv)
    assert not any(method in ("POST", "PATCH", "PUT") for method, _ in memory.requests)


def test_a_dry_run_shows_what_would_change(pkgops):
    code, out, _ = pkgops("--to", "apps-prod", "--version", "0.1.1", "--dry-run")
    assert code == 0
    assert "  added ConfigMap greeting" in out.splitlines()
    code, out, _ = pkgops("--to", "apps-prod", "--version", "0.1.1", "--dry-run", "-o", "json")
    found = json.loads(out)
    assert (code, found["kind"]) == (0, "Promotion")
    assert [change["subject"] for change in found["changes"]["objects"]] == ["ConfigMap greeting"]


COMMIT = "00830f981fb0e501d215a39aeb318f426a856e5d"
ARCHIVE = (
    f"http://source-controller.flux-system.svc.cluster.local./gitrepository/default/hello/{COMMIT}.tar.gz"
)
SOURCES = {
    "an archive of Flux": {"type": "blob", "metadata": {"url": ARCHIVE}, "version": {"sha256sum": "a" * 64}},
    "a repository": {"type": "git", "metadata": {"revision": "main"}, "version": {"commit": COMMIT}},
}


def built(registry, labels):
    """Push an image with labels, of which no build is left, and return it by digest."""
    ref = oci.ImageRef.parse(f"{registry.host}/apps/hello:b1")
    digest = oci.write_image(oci.RegistryClient(), empty_image(Labels=labels), [ref])
    return f"{registry.host}/apps/hello@{digest}"


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_the_commit_of_a_version_whose_build_is_gone_is_read_from_its_image(
    pkgops, registry, tmp_path, source
):
    image = built(registry, {"io.buildpacks.project.metadata": json.dumps({"source": source})})
    pushed(registry, tmp_path, "0.1.2", {}, image=image)
    code, out, _ = pkgops("--to", "apps-prod", "--version", "0.1.2", "--dry-run", "-o", "json")
    assert (code, json.loads(out)["after"]["revision"]) == (0, COMMIT)


@pytest.mark.parametrize(
    "labels",
    [{}, {"io.buildpacks.project.metadata": "{"}, {"io.buildpacks.project.metadata": '{"source": 3}'}],
    ids=["none", "torn", "another form"],
)
def test_an_image_that_does_not_say_its_commit_leaves_it_unknown(pkgops, registry, tmp_path, labels):
    pushed(registry, tmp_path, "0.1.2", {}, image=built(registry, labels))
    code, out, _ = pkgops("--to", "apps-prod", "--version", "0.1.2", "--dry-run", "-o", "json")
    assert (code, json.loads(out)["after"]["revision"]) == (0, "")


def test_what_no_image_says_is_read_from_the_records(pkgops, registry, memory, tmp_path):
    image = built(registry, {})
    pushed(registry, tmp_path, "0.1.2", {}, image=image)
    ran = Release(version="0.1.2", image=image, revision=f"main@sha1:{COMMIT}")
    record = Record(
        name="hello-release-1", workload="default/hello", environment="apps-dev", action=Action.UP,
        by="jane", planned=datetime(2026, 1, 1, tzinfo=UTC), before=Release(), after=ran,
    )  # fmt: skip
    memory.put(release.config_map(record, "apps-dev"))
    code, out, _ = pkgops("--to", "apps-prod", "--version", "0.1.2", "--dry-run", "-o", "json")
    assert (code, json.loads(out)["after"]["revision"]) == (0, f"main@sha1:{COMMIT}")


def test_a_plan_that_no_longer_holds_is_refused_with_what_moved(pkgops, tmp_path):
    file = tmp_path / "plan.json"
    assert pkgops("--to", "apps-prod", "--version", "0.1.1", "--dry-run", "--plan", str(file))[0] == 0
    kept = json.loads(file.read_text())
    assert (kept["environment"], kept["after"]["version"]) == ("apps-prod", "0.1.1")
    kept["before"]["version"] = "0.1.0"
    file.write_text(json.dumps(kept))
    code, out, err = pkgops("--plan", str(file), "--yes")
    assert (code, out) == (5, "")
    assert "error: plan-moved\n" in err
    assert "version that runs in apps-prod: 0.1.0 when planned, none now" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--to", "apps-dev"), "the plan is for apps-prod, not for apps-dev\nnext: leave out --to"),
        (("--version", "0.1.2"), "the plan is for 0.1.1, not for 0.1.2\nnext: leave out --version"),
        (("other",), "the plan is for hello, not for other\nnext: leave out NAME"),
    ],
)
def test_what_is_named_beside_a_plan_must_be_what_it_plans(pkgops, tmp_path, words, told):
    file = tmp_path / "plan.json"
    assert pkgops("--to", "apps-prod", "--version", "0.1.1", "--dry-run", "--plan", str(file))[0] == 0
    code, out, err = pkgops("--plan", str(file), "--yes", *words)
    assert (code, out) == (2, "")
    assert told in err


def test_what_is_no_plan_is_refused(pkgops, tmp_path):
    code, _, err = pkgops("--plan", str(tmp_path / "none.json"))
    assert code == 2
    assert "error: bad-plan\n" in err
    assert "\nNo such file or directory\n" in err

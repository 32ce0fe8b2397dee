"""A rollback by the page's own server, from the button to its end, against the API server in memory."""

from __future__ import annotations

import json

import pytest
from recorded_promotion import NAME, OTHER, VERSION, publish, rollable
from registry_fixtures import *  # noqa: F403
from served_page_kit import end, served

from pkgops.formats import yaml

ROLLBACK = {"action": "rollback", "environment": "apps-prod"}
HIDDEN = "s3cret"


def files(version):
    """What a version brings: a setting, and a password in every form that a Secret may have."""
    told = {"VERSION": version}
    held = {"password": f"{HIDDEN}-{version}"}
    objects = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "greeting"}, "data": told},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": held},
    ]
    return {"config/all.yml": yaml.dump_all(objects)}


def test_what_runs_and_is_held_there_is_nothing_to_roll_back_to(page):
    for more in ([], ["--dry-run"]):
        refused = page.commands("rollback", "--env", "apps-prod", "--to", VERSION, "--yes", *more)
        assert refused.code == 5, refused
        told = f"there is nothing to roll back: apps-prod runs {VERSION} already, and is pinned to it\n"
        assert told in refused.err
        assert "next: pkgops history --env apps-prod shows what ran before" in refused.err
    assert not page.commands.changed()


@pytest.fixture
def page(commands, registry, tmp_path):
    publish(registry, tmp_path / "bundles", files)
    with served(commands, registry, rollable) as found:
        yield found


def test_it_is_looked_at_agreed_to_and_followed_to_its_end(page):
    planned = page.plan(ROLLBACK)
    words = ["rollback", NAME, "--env", "apps-prod", "--to", OTHER, "--context", "memory"]
    assert planned["command"] == " ".join(["pkgops", *words])
    assert planned["text"].strip() == page.commands(*words[:-2], "--dry-run").out.strip()
    assert planned["question"] == f"Change apps-prod on context memory to {OTHER}?"
    assert planned["refused"] == ""
    before = page.history()
    told = page.run(planned)
    begun = next(one for one in told if one["notes"])
    assert begun["notes"][0].endswith("updated deliverable/hello-go-from-pkg in apps-prod")
    page.cluster.goes_on.set()
    ended = end(told)
    assert (ended["state"], ended["error"], ended["command"]) == ("done", None, planned["command"])
    # Two stages that end in the same moment are printed in either order.
    assert "Serve application" in "\n".join(ended["notes"]), ended
    assert ended["text"].splitlines()[-1].split() == ["pinned", "to", VERSION, OTHER]
    assert page.history() == [("rollback", "succeeded", OTHER), *before]


def test_what_is_secret_is_masked_in_what_is_shown_before_and_after(page):
    planned = page.plan(ROLLBACK)
    assert f"-  VERSION: {VERSION}" in planned["text"]
    assert "<masked, changed>" in planned["text"]
    page.cluster.goes_on.set()
    told = page.run(planned)
    seen = [planned]
    while seen[-1].get("state") not in ("done", "failed"):
        seen.append(next(told))
    assert seen[-1]["state"] == "done", seen[-1]
    assert HIDDEN not in json.dumps(seen)


def test_what_has_moved_since_the_look_is_not_done(page):
    """Meanwhile the rollback was made elsewhere."""
    planned = page.plan(ROLLBACK)
    page.cluster.goes_on.set()
    made = page.commands("rollback", "--env", "apps-prod", "--yes")
    assert made.code == 0, made
    error = end(page.run(planned))["error"]
    assert error["slug"] == "runs-already", error
    assert error["what"] == (
        f"there is nothing to roll back: apps-prod runs {OTHER} already, and is pinned to it"
    )
    assert [one[0] for one in page.history()].count("rollback") == 1

"""A rollback and a rerun from the page of ``pkgops ui``, by keyboard, and what is secret meanwhile."""

from __future__ import annotations

import pytest
from browser_axe import axe
from memory_api import MemoryApi
from pipeline_kinds import serve_all
from recorded_promotion import NAME, OTHER, VERSION, publish, rollable
from registry_fixtures import *  # noqa: F403
from ui_kit import focused, page_of

from pkgops.formats import yaml

pytestmark = pytest.mark.browser
HIDDEN = "s3cret"


def files(version):
    held = {"password": f"{HIDDEN}-{version}"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": held}
    return {"config/key.yml": yaml.dump_all([secret])}


@pytest.fixture
def cluster():
    """A promotion that has ended in apps-prod, over another version that was healthy there."""
    api = MemoryApi()
    serve_all(api)
    with rollable(api) as found:
        yield found
    api.close()


@pytest.fixture
def page(chromium, cluster, registry, tmp_path):
    """The page, which nothing secret may ever come to, and that must not complain."""
    publish(registry, tmp_path / "bundles", files)
    context, complaints, received = chromium.new_context(), [], []
    with page_of(cluster.api, tmp_path, registry.host) as address:
        found = context.new_page()
        found.on("pageerror", lambda error: complaints.append(str(error)))
        found.on("response", lambda answer: received.append(answer) if "changes" in answer.url else None)
        found.goto(address)
        yield found
        cluster.goes_on.set()
        shown = found.content() + "".join(answer.text() for answer in received)
        context.close()
    assert HIDDEN not in shown
    assert complaints == []


def test_a_rollback_is_shown_agreed_to_and_followed_to_its_end(cluster, page):
    changing = page.locator(".changing")
    page.get_by_role("button", name="Roll back apps-prod").press("Enter")
    page.get_by_role("heading", name=f"Change apps-prod on context memory to {OTHER}?").wait_for()
    assert "<masked, changed>" in changing.inner_text()
    words = ["rollback", NAME, "--env", "apps-prod", "--to", OTHER]
    assert changing.locator("code").inner_text() == " ".join(["pkgops", *words, "--context", "memory"])
    focused(page, "changing")
    assert axe(page) == []
    page.get_by_role("button", name="Yes, do this").press("Enter")
    changing.get_by_text("updated deliverable/hello-go-from-pkg").wait_for()
    cluster.goes_on.set()
    changing.locator(".state.done").wait_for()
    page.get_by_label("What was changed").get_by_text(VERSION).first.wait_for()
    row = page.locator("section[aria-labelledby=matrix] tbody tr", has_text="apps-prod")
    row.get_by_text(f"pinned to {OTHER}").wait_for()
    page.locator("section[aria-labelledby=releases] tr", has_text="rollback").first.wait_for()
    page.get_by_label("earlier runs").check()
    before = page.locator(".timeline tbody[data-key=apps-prod] tr.before", has_text="configmap/")
    before.nth(1).wait_for()
    page.locator(".timeline tbody[data-key=apps-prod] tr.stage", has_text="Release").wait_for()


def test_a_stage_is_started_again_after_a_question(cluster, page):
    kind = cluster.api.of("tekton.dev/v1", "TaskRun")
    before = len(cluster.api.objects.all(kind))
    page.locator(".node[aria-label*='Test source']").press("Enter")
    again = page.get_by_role("button", name="Start Test source again")
    again.press("Enter")
    page.get_by_role("heading", name="Start Test source (source-tester)").wait_for()
    page.get_by_role("button", name="No, change nothing").press("Enter")
    page.locator(".changing").wait_for(state="detached")
    assert len(cluster.api.objects.all(kind)) == before
    focused(page, "Start Test source again")
    again.press("Enter")
    page.get_by_role("button", name="Yes, do this").press("Enter")
    page.get_by_label("What was changed").get_by_text("started again as taskrun/").wait_for()
    assert len(cluster.api.objects.all(kind)) == before + 1

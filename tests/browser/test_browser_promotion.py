"""A promotion from the page of ``pkgops ui``, by keyboard: refused, then made and followed to its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from browser_axe import axe
from memory_api import MemoryApi
from pipeline_kinds import serve_all
from recorded_promotion import VERSION, promotable

pytestmark = pytest.mark.browser


@pytest.fixture
def cluster():
    """A finished run in apps-dev, with nothing in apps-prod so far."""
    api = MemoryApi()
    serve_all(api)
    with promotable(api) as found:
        yield found
    api.close()


@pytest.fixture
def address(cluster, tmp_path):
    """Where the command serves the page of it."""
    registry = {"server": "http://127.0.0.1:9", "tagPrefix": "127.0.0.1:9/demo/"}
    steps = {step: {"image": "example.com/tools"} for step in ("test", "package")}
    git = {"url": "https://git.example.com/demo/hello-go.git"}
    (tmp_path / "pkgops.yaml").write_text(json.dumps({"registry": registry, "steps": steps, "git": git}))
    kubeconfig = cluster.api.kubeconfig(tmp_path / "kubeconfig")
    words = ["ui", "--no-open", "--allow-changes", "--context", "memory"]
    process = subprocess.Popen(
        [sys.executable, "-c", "from pkgops.cli.main import main; main()", *words],
        env={**os.environ, "KUBECONFIG": str(kubeconfig), "XDG_STATE_HOME": str(tmp_path / "state")},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process.stdout.readline().strip()
    cluster.goes_on.set()
    process.send_signal(signal.SIGINT)
    assert process.wait() == 0


def focused(page, name):
    """Wait until the part of this name has the focus: it is given once the server has answered."""
    active = "document.activeElement.getAttribute('aria-label') || document.activeElement.id"
    page.wait_for_function(f"name => ({active}) === name", arg=name)


def test_it_is_refused_then_made_and_seen_by_everybody(chromium, cluster, address):
    context = chromium.new_context()
    page, other = context.new_page(), context.new_page()
    complaints = []
    try:
        for one in (page, other):
            one.on("pageerror", lambda error: complaints.append(str(error)))
            one.goto(address)
        changing = page.locator(".changing")
        promote = page.get_by_role("button", name="Promote to apps-prod")
        cluster.status = 500
        promote.press("Enter")
        changing.get_by_text("does not pass: healthy", exact=True).wait_for()
        assert "HTTP 500" in changing.inner_text()
        focused(page, "changing")
        assert page.get_by_role("button", name="Yes, do this").count() == 0
        page.get_by_role("button", name="Close").press("Enter")
        assert changing.count() == 0
        focused(page, "Promote to apps-prod")

        cluster.status = 200
        promote.press("Enter")
        page.get_by_role("heading", name=f"Change apps-prod on context memory to {VERSION}?").wait_for()
        assert f"{VERSION} to apps-prod: every gate passes" in changing.inner_text()
        words = ["promote", "hello-go-web2pkg", "--to", "apps-prod", "--version", VERSION]
        assert changing.locator("code").inner_text() == " ".join(["pkgops", *words, "--context", "memory"])
        page.get_by_role("button", name="Yes, do this").press("Enter")
        for one in (page, other):
            one.locator(".changing").get_by_text("created deliverable/hello-go-from-pkg").wait_for()
        focused(page, "changing")
        cluster.goes_on.set()
        for one in (page, other):
            one.locator(".changing .state:not(.working)").wait_for()
            assert one.locator(".changing .state.done").count() == 1, one.locator(".changing").inner_text()
            one.get_by_label("What was changed").get_by_text(VERSION).first.wait_for()
            row = one.locator("section[aria-labelledby=matrix] tbody tr", has_text="apps-prod")
            row.get_by_text(f"pinned to {VERSION}").wait_for()
            one.locator("section[aria-labelledby=releases] tr", has_text="succeeded").wait_for()
        assert axe(page) == []
        page.set_viewport_size({"width": 360, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    finally:
        context.close()
    assert complaints == []

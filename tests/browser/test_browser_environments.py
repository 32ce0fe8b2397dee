"""The environments on the page: what is known to be nothing, and what may be done there."""

from __future__ import annotations

import pytest
from shared_traces import recorded

from pkgops.cli.report_files import shown_of
from pkgops.flows import report as flow
from pkgops.view import page, report

pytestmark = pytest.mark.browser
ABOUT = {"title": "hello", "source": "recording", "version": "0", "length": 0.0}


@pytest.fixture(scope="module")
def moment():
    """A run that has ended in the first environment, before anything was delivered to the second."""
    found = shown_of([one for one in flow.recorded(recorded("fourth-run")) if one.seconds <= 107][-1])
    for key, name in (("environments", "name"), ("stages", "part"), ("times", "part")):
        found[key] = [one for one in found[key] if one[name] != "apps-prod"]
    return found


@pytest.fixture
def rows(visit, tmp_path):
    def shown(moment, **about):
        path = tmp_path / "page.html"
        path.write_text(report.document(page.packed([moment], {**ABOUT, **about})), encoding="utf-8")
        found = visit(path).page.locator("section[aria-labelledby=matrix] table")
        head = found.locator("thead th").all_inner_texts()
        rows = [one.locator("th, td").all_inner_texts() for one in found.locator("tbody tr").all()]
        return [dict(zip(head, row, strict=True)) for row in rows]

    return shown


def test_the_first_promotion_can_be_begun_where_nothing_was_delivered(rows, moment):
    assert [one["name"] for one in moment["environments"]] == ["apps-dev"]
    first, second = rows(moment, environments=["apps-dev", "apps-prod"], mayChange=True)
    assert (first["Environment"], "Promote" in first["Change"]) == ("apps-dev", False)
    assert (second["Environment"], second["Change"].strip()) == ("apps-prod", "Promote…")
    assert "nothing is delivered" in second["Health"]


@pytest.mark.parametrize(("state", "verdict", "version", "commit"), [
    ("waiting", "working", "none is installed", "-"),
    ("unknown", "unknown", "unknown", "unknown"),
    ("unknown", "failed", "unknown", "unknown"),
])  # fmt: skip
def test_that_nothing_is_installed_is_told_from_what_is_unknown(
    rows, moment, state, verdict, version, commit
):
    stages = [{**one, "state": state} if one["part"] == "apps-dev" else one for one in moment["stages"]]
    empty = {"version": "", "revision": "", "image": "", "verdict": verdict}
    environments = [{**one, **empty} for one in moment["environments"]]
    (row,) = rows({**moment, "stages": stages, "environments": environments})
    assert (row["Version"], row["Commit"]) == (version, commit)


def test_a_stage_took_as_long_as_its_bar_shows(visit, tmp_path, moment):
    path = tmp_path / "page.html"
    path.write_text(report.document(page.packed([moment], ABOUT)), encoding="utf-8")
    seen = visit(path).page
    serve = seen.locator(".node[aria-label*='Serve application']").get_attribute("aria-label").split(", ")
    bar = seen.locator(".timeline tr.stage", has_text="Serve application").locator("td").all_inner_texts()
    assert serve[2:4] == ["done", bar[2]]

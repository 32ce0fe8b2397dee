"""The report in a real browser: from disk, offline, by mouse and keyboard, in every size and colour."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

import pytest
from browser_axe import axe
from browser_fixtures import TOO_WIDE
from shared_traces import recorded

from pkgops.cli.report_files import shown_of
from pkgops.flows import report as flow
from pkgops.view import history, page, report, text, timeline

pytestmark = pytest.mark.browser
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
FAILED = 22
"""The second of the fifth recording at which its first test has failed."""


@cache
def moments(name):
    return tuple(flow.recorded(recorded(name)))


def at(name, seconds):
    """The moment that the page of a recording shows at a time."""
    return [one for one in moments(name) if one.seconds <= seconds][-1]


def state(visit):
    return visit.page.locator("h1 .state").inner_text().split()[-1]


def node(visit, title, scope="supply-chain"):
    return visit.page.locator(f'.node[aria-label^="{scope}, {title}"]')


def test_a_recording_opens_at_its_end_and_shows_what_the_terminal_shows(visit, reports):
    seen = visit(reports("fifth-run"))
    end = at("fifth-run", 1e9).snapshot
    assert state(seen) == str(end.verdict)
    assert seen.page.locator(".node").count() == len(end.all_stages)
    for stage in end.all_stages:
        carried = "older" if stage.still else "current"
        assert carried in node(seen, stage.title, stage.scope).get_attribute("class").split()
    rows = seen.page.locator("section[aria-labelledby=matrix] tbody tr").all_inner_texts()
    assert [row.split()[0] for row in rows] == [env.name for env in end.environments]


def test_the_slider_goes_through_the_recording_by_keyboard(visit, reports):
    seen = visit(reports("fifth-run"))
    slider = seen.page.get_by_role("slider", name="Time")
    slider.focus()
    slider.press("Home")
    assert slider.get_attribute("aria-valuetext").startswith("0s of 7m59s")
    assert seen.page.get_by_role("button", name="◀ change").is_disabled()
    seen.page.get_by_role("button", name="change ▶").click()
    assert not slider.get_attribute("aria-valuetext").startswith("0s of")
    slider.focus()
    slider.press("End")
    assert state(seen) == "ready"
    assert seen.page.get_by_role("button", name="change ▶").is_disabled()


def test_a_failure_shows_its_cause_and_the_next_command(visit, reports):
    seen = visit(reports("fifth-run"))
    assert not seen.page.get_by_role("heading", name="What holds it up").is_visible()
    seen.seek(FAILED)
    cause = seen.page.locator(".cause.failed").first
    snapshot = at("fifth-run", FAILED).snapshot
    assert state(seen) == "failed"
    assert snapshot.blockage.cause in cause.inner_text()
    commands = cause.locator("code").all_inner_texts()
    assert commands == [snapshot.blockage.next, snapshot.blockage.again]
    assert [one.split()[:2] for one in commands] == [["pkgops", "logs"], ["pkgops", "rerun"]]
    seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for command, button in zip(commands, cause.get_by_role("button", name="Copy").all(), strict=True):
        button.press("Enter")
        seen.page.wait_for_function(
            "async (text) => await navigator.clipboard.readText() === text", arg=command
        )
    # What failed is looked at first.
    assert node(seen, "Test source").get_attribute("aria-pressed") == "true"
    assert "TaskRun" in seen.page.locator(".details").inner_text()


def test_a_recording_says_that_it_holds_no_logs(visit, reports):
    seen = visit(reports("fifth-run"))
    node(seen, "Build image").click()
    seen.page.locator(".logs").get_by_role("button", name="export").click()
    assert "this page holds no log of it" in seen.page.locator(".log").inner_text()


def test_a_report_of_a_cluster_shows_the_ends_of_logs(visit, tmp_path):
    from hostile_page import hostile

    path = tmp_path / "logs.html"
    data = hostile("step")
    (place,) = data["moments"][0]["logs"]
    data["pool"][place] |= {"lines": [f"line {number}" for number in range(200)], "unknown": ""}
    path.write_text(report.document(data), encoding="utf-8")
    seen = visit(path)
    seen.page.locator(".logs button").click()
    lines = seen.page.locator("pre.lines")
    assert lines.inner_text().splitlines()[-1] == "line 199"
    assert lines.evaluate("box => box.scrollTop + box.clientHeight >= box.scrollHeight - 40"), "its end"
    seen.page.get_by_label("Search").fill("LINE 19")
    assert seen.page.locator(".log output").inner_text() == "11 of 200 lines"
    assert lines.inner_text().split() == ["line", "19"] + [
        word for number in range(190, 200) for word in ("line", str(number))
    ]


@pytest.mark.parametrize("running", ["", "v3", "v4"])
def test_history_is_the_terminal_s_with_what_came_without_a_record(visit, tmp_path, running):
    passed = {"gate": "tested", "type": "verification", "state": "fail", "evidence": "HTTP 500"}
    passed |= {"overridden": "urgent"}
    before, after = ({"version": version, "revision": f"{version}0000000"} for version in ("v1", "v2"))
    at_hour = partial(datetime, 2026, 11, 22, tzinfo=UTC)
    row = history.Row(
        record="r",
        action="promote",
        when=at_hour(11),
        by="ann",
        seconds=5.0,
        before=before,
        after=after,
        result="succeeded",
        message="",
        gates=[passed],
    )
    came = [
        history.Rollout(when=at_hour(12), object="app-00003", version="", image="", revision=""),
        history.Rollout(when=at_hour(10), object="app-00001", version="v1", image="", revision=""),
    ]
    if running == "v4":
        came[0] = history.Rollout(
            when=at_hour(12), object="app-00003", version="v3", image="", revision="v30000000"
        )
    past = history.Past(environment="apps-prod", rows=[row], version=running, revision="", came=came)
    end = at("fifth-run", 1e9)
    shown = page.moment(end.snapshot, end.times, end.objects, details=page.Details(pasts=[past]))
    about = {"title": "hello", "source": "recording", "version": "0", "length": 0.0}
    path = tmp_path / "history.html"
    path.write_text(report.document(page.packed([shown], about)), encoding="utf-8")
    found = visit(path).page.locator("section[aria-labelledby=releases]")
    cells = [one.locator("th, td").all_inner_texts() for one in found.locator("tbody tr").all()]
    rows, note = history.table([past]).splitlines()[1:-1], history.table([past]).splitlines()[-1]
    # The times are written in other forms, so the order tells.
    told = [[cell.strip() for cell in re.split(r"  +", row)] for row in rows]
    assert [[one[0], *one[2:8], one[8] or "-"] for one in cells] == [[one[0], *one[2:]] for one in told]
    assert found.locator("li").all_inner_texts() == [note]


def test_a_stage_is_chosen_by_keyboard(visit, reports):
    seen = visit(reports("fifth-run"))
    build = node(seen, "Build image")
    build.focus()
    build.press("Enter")
    assert build.get_attribute("aria-pressed") == "true"
    details = seen.page.locator(".details")
    assert details.get_by_role("row").count() >= 3
    assert "hello-go-web2pkg-build-3" in details.inner_text()
    assert build.evaluate("one => one === document.activeElement"), "drawing again keeps the focus"


def test_the_scale_is_the_terminal_s(visit, reports):
    seen = visit(reports("fifth-run"))
    for seconds in (FAILED, 120, 479):
        seen.seek(seconds)
        window = timeline.of_window(at("fifth-run", seconds).times)
        shown = seen.page.locator(".timeline thead th").last.inner_text()
        long = text.duration(window.end - window.begin)
        assert shown == f"{window.begin:%H:%M:%S} to {window.end:%H:%M:%S} UTC ({long})"


def test_what_has_the_keyboard_keeps_it_while_the_run_goes_on(visit, tmp_path):
    """Whatever comes and goes beside it, a button does what it did when somebody was about to press it."""
    seconds = (FAILED, 120, 479)
    shown = [{**shown_of(at("fifth-run", one)), "t": float(one)} for one in seconds]
    about = {"title": "hello", "source": "recording", "version": "0", "length": 479.0, "mayChange": True}
    path = tmp_path / "changing.html"
    path.write_text(report.document(page.packed(shown, about)), encoding="utf-8")
    seen = visit(path)
    controls = (
        node(seen, "Build image"),
        seen.page.get_by_role("button", name="Roll back apps-dev"),
        seen.page.locator(".scroll:has(.timeline)"),
    )
    for control in controls:
        seen.seek(FAILED)
        control.focus()
        before = seen.page.evaluate_handle("document.activeElement")
        for second in (*seconds, *reversed(seconds)):
            seen.seek(second)
            assert seen.page.evaluate("one => one === document.activeElement", before), (control, second)


FOCUSED = """() => {
  const one = document.activeElement;
  if (one === document.body) return null;
  const style = getComputedStyle(one);
  const rect = one.querySelector("rect");
  const framed = rect && parseFloat(getComputedStyle(rect).strokeWidth) > 3;
  const ring = one.matches(".node") ? framed : style.outlineStyle !== "none";
  const name = one.getAttribute("aria-label") || one.textContent || one.labels?.[0]?.textContent;
  const place = [...document.querySelectorAll("*")].indexOf(one);
  return { place, ring, named: Boolean(name && name.trim()) };
}"""
CONTROLS = """() => {
  const all = [...document.querySelectorAll("*")];
  const wanted = "[data-action], a[href], summary, .scroll, pre[tabindex]";
  const reachable = (one) => one.matches(wanted) && !one.disabled && one.checkVisibility();
  return all.map((one, place) => [one, place]).filter(([one]) => reachable(one)).map(([, place]) => place);
}"""


@pytest.mark.parametrize("seconds", [FAILED, 479])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(visit, reports, seconds):
    seen = visit(reports("fifth-run"))
    seen.seek(seconds)
    wanted = seen.page.evaluate(CONTROLS)
    reached = []
    for _ in range(len(wanted) + 1):
        seen.page.keyboard.press("Tab")
        if (found := seen.page.evaluate(FOCUSED)) is None:
            break
        assert found["ring"]
        assert found["named"]
        reached.append(found["place"])
    assert reached == sorted(reached), "in the order in which it is read"
    assert set(reached) == set(wanted)


def test_earlier_runs_are_shown_on_demand(visit, reports):
    seen = visit(reports("fifth-run"))
    assert seen.page.locator("tr.before").count() == 0
    seen.page.get_by_label("earlier runs").check()
    assert seen.page.locator("tr.before").count() > 8


def test_no_width_needs_the_page_to_be_moved_sideways(visit, reports):
    seen = visit(reports("fifth-run"))
    for width in (360, 768, 1280, 3840):
        seen.page.set_viewport_size({"width": width, "height": 900})
        for seconds in (0, FAILED, 479):
            seen.seek(seconds)
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_narrow_page_nothing_is_wider_than_it_is(visit, reports, scheme):
    seen = visit(reports("fifth-run"), width=360, color_scheme=scheme)
    seen.page.get_by_label("earlier runs").check()
    for seconds in (0, FAILED, 479):
        seen.seek(seconds)
        seen.page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
        if seconds:
            seen.page.locator(".logs button").first.click()
        assert seen.page.evaluate(TOO_WIDE) == []


OVER_THE_EDGE = """() => [...document.querySelectorAll(".node")].flatMap((one) => {
  const frame = one.querySelector("rect").getBoundingClientRect();
  const outside = (box) => box.left < frame.left || box.right > frame.right || box.bottom > frame.bottom;
  return [...one.querySelectorAll("text")].filter((text) => outside(text.getBoundingClientRect()))
    .map((text) => text.textContent);
})"""
"""The texts of stages that are not inside of their frames."""
PLACES = """() => [...document.querySelectorAll('.node[aria-label^="supply-chain"]')].map((one) => {
  const frame = one.querySelector("rect").getBoundingClientRect();
  return [Math.round(frame.left), Math.round(frame.top)];
})"""


@pytest.mark.parametrize(("width", "in_a_row"), [(360, False), (768, False), (1280, True), (3840, True)])
def test_the_graph_is_a_row_where_there_is_room_and_its_texts_are_inside(visit, reports, width, in_a_row):
    seen = visit(reports("fifth-run"), width=width, height=2160)
    for seconds in (FAILED, 479):
        seen.seek(seconds)
        assert seen.page.evaluate(OVER_THE_EDGE) == []
        places = seen.page.evaluate(PLACES)
        assert len({top for _, top in places}) == (1 if in_a_row else len(places))
        assert [left for left, _ in places] == sorted(left for left, _ in places)


def test_on_a_very_large_screen_everything_grows_and_most_of_it_is_used(visit, reports):
    seen = visit(reports("fifth-run"), width=3840, height=2160)
    seen.page.get_by_label("earlier runs").check()
    shown = seen.page.locator("#page").bounding_box()
    assert shown["width"] > 3840 * 0.6
    assert shown["x"] == pytest.approx(3840 - shown["x"] - shown["width"], abs=20), "in the middle"
    for seconds in (0, FAILED, 479):
        seen.seek(seconds)
        seen.page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
        assert seen.page.evaluate(TOO_WIDE) == []
    size = "one => parseFloat(getComputedStyle(one).fontSize)"
    text, cell = (seen.page.locator(one).first.evaluate(size) for one in ("body", ".environments td"))
    drawn = node(seen, "Test source").locator(".title")
    grown = drawn.evaluate("one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a")
    assert (text >= 18, cell >= 16, grown >= 18) == (True, True, True)
    assert axe(seen.page) == []


def test_what_runs_is_followed_back_hop_by_hop(visit, reports):
    seen = visit(reports("fifth-run"))
    found = seen.page.locator("section[aria-labelledby=provenance]")
    one = moments("fifth-run")[-1].details.chains[0]
    found.locator("summary").first.click()
    rows = found.locator("details").first.locator("tbody tr")
    assert rows.locator("th").all_inner_texts() == [step.name for step in one.steps]
    for row, step in zip(rows.all(), one.steps, strict=True):
        assert str(step.match) in row.inner_text()
        assert step.value in row.inner_text()


@pytest.mark.parametrize(
    ("scheme", "width", "seconds"), [("light", 1280, FAILED), ("dark", 1280, 479), ("dark", 360, FAILED)]
)
def test_nothing_serious_is_in_the_way_of_anybody(visit, reports, scheme, width, seconds):
    seen = visit(reports("fifth-run"), width=width, color_scheme=scheme)
    seen.seek(seconds)
    for summary in seen.page.locator("summary").all():
        summary.click()
    seen.page.locator(".logs button").first.click()
    # The page's policy allows no script but its own; the rules are run past it.
    assert axe(seen.page) == []


MOVING = """() => {
  const moves = (one) => [null, "::before", "::after"].some((part) => {
    const { transitionDuration, animationDuration, scrollBehavior } = getComputedStyle(one, part);
    const times = `${transitionDuration},${animationDuration}`.split(",");
    return times.some((time) => parseFloat(time)) || scrollBehavior === "smooth";
  });
  return [...new Set([...document.querySelectorAll("*")].filter(moves).map((one) => one.tagName))];
}"""
"""The elements that could move by themselves, or scroll smoothly."""
BEGUN = "getComputedStyle(one.querySelector('rect')).fill; return document.getAnimations().length; }"


def test_motion_is_left_out_for_who_wants_none(visit, reports):
    still = visit(reports("fifth-run"), reduced_motion="reduce")
    moving = visit(reports("fifth-run"), reduced_motion="no-preference")
    assert still.page.evaluate(MOVING) == []
    assert moving.page.evaluate(MOVING) == ["rect"]
    for seen, count in ((still, 0), (moving, 1)):
        build = node(seen, "Build image")
        build.focus()
        # In one go, since an animation is over soon.
        begun = "one => { one.dispatchEvent(new MouseEvent('click', { bubbles: true })); " + BEGUN
        assert min(build.evaluate(begun), 1) == count


HOSTILE = (
    "</script><script>alert(1)</script><img src=http://192.0.2.1/x onerror=alert(2)>"
    " \x1b[31mred\x1b[0m \u2028 '\"`${x}"
)


def test_what_a_cluster_says_is_text(visit, tmp_path):
    from hostile_page import hostile

    path = tmp_path / "hostile.html"
    path.write_text(report.document(hostile(HOSTILE)), encoding="utf-8")
    seen = visit(path)
    for summary in seen.page.locator("summary").all():
        summary.click()
    seen.page.locator(".logs button").click()
    seen.page.get_by_label("Search").fill("alert")
    assert seen.page.locator("mark").all_inner_texts() == ["alert", "alert"]
    assert seen.page.locator("main img, main script, main iframe").count() == 0
    seen.page.get_by_label("Search").fill("")
    shown = seen.page.locator("main").inner_text()
    plain = HOSTILE.replace("\x1b[31m", "").replace("\x1b[0m", "").replace("\u2028", " ")
    assert " ".join(plain.split()) in " ".join(shown.replace("\u2028", " ").split())
    assert seen.page.locator("main img, main script, main iframe").count() == 0
    links = seen.page.locator("a").evaluate_all("all => all.map((one) => one.href)")
    assert all(link.startswith("http") for link in links)


@pytest.mark.parametrize(
    ("name", "recording", "seconds", "how"),
    [
        ("running", "fourth-run", 70, {"color_scheme": "light"}),
        ("failed", "fifth-run", FAILED, {"color_scheme": "dark"}),
        ("done", "fourth-run", 107, {"color_scheme": "light"}),
        ("narrow", "fourth-run", 30, {"color_scheme": "dark", "width": 360, "height": 1100}),
    ],
)
def test_pictures(visit, reports, tmp_path, name, recording, seconds, how):
    """With ``PKGOPS_PICTURES=write`` they become those of the documentation."""
    seen = visit(reports(recording), **how)
    seen.seek(seconds)
    seen.page.locator("h1").click()
    folder = PICTURES if os.environ.get("PKGOPS_PICTURES") == "write" else tmp_path
    folder.mkdir(exist_ok=True)
    picture = folder / f"report-{name}.png"
    seen.page.screenshot(path=picture)
    assert picture.stat().st_size > 10_000
    assert (PICTURES / picture.name).exists()

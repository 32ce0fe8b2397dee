"""The colours of the page: enough contrast for WCAG AA, in light and dark, computed from the style itself."""

from __future__ import annotations

import re

import pytest

from pkgops.view import report

STYLE = (report.WEB / "page.css").read_text()
COLOURS = re.compile(r"--([\w-]+): (#[0-9a-f]{6})")
TEXT, GRAPHICS = 4.5, 3.0
"""The ratios of AA: for text, and for what has to be told apart without being text."""
GROUNDS = ("page", "panel")
TEXTS = ("text", "quiet", "strong", "done", "working", "waiting", "failed", "unknown")
"""Each is the colour of some text; the states also fill a chosen stage with 14 % of themselves."""
STATES = TEXTS[3:]
CHOSEN, MARKED = 0.14, 0.3


def schemes():
    light, dark = STYLE.split("@media (prefers-color-scheme: dark)")[:2]
    found = {"light": dict(COLOURS.findall(light))}
    return found | {"dark": found["light"] | dict(COLOURS.findall(dark.partition("* {")[0]))}


SCHEMES = schemes()


def rgb(colour):
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def mixed(colour, ground, share):
    """Return what ``color-mix(in srgb, ...)`` makes."""
    return [one * share + other * (1 - share) for one, other in zip(colour, ground, strict=True)]


def luminance(colour):
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_ratio_is_that_of_wcag():
    assert ratio(rgb("#000000"), rgb("#ffffff")) == pytest.approx(21)
    assert ratio(rgb("#777777"), rgb("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_stands_out(scheme, ground, text):
    colours = SCHEMES[scheme]
    assert ratio(rgb(colours[text]), rgb(colours[ground])) >= TEXT


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("state", STATES)
def test_text_in_a_chosen_stage_stands_out(scheme, state):
    colours = SCHEMES[scheme]
    ground = mixed(rgb(colours[state]), rgb(colours["page"]), CHOSEN)
    for text in (state, "text", "quiet"):
        assert ratio(rgb(colours[text]), ground) >= TEXT


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_a_search_found_stands_out(scheme):
    colours = SCHEMES[scheme]
    ground = mixed(rgb(colours["strong"]), rgb(colours["page"]), MARKED)
    assert ratio(rgb(colours["text"]), ground) >= TEXT


@pytest.mark.parametrize("scheme", SCHEMES)
def test_waiting_and_working_are_told_apart_from_each_other_and_from_the_page(scheme):
    colours = SCHEMES[scheme]
    bar, strong, page = (rgb(colours[name]) for name in ("bar", "strong", "page"))
    assert ratio(strong, page) >= GRAPHICS
    assert ratio(bar, page) >= GRAPHICS
    assert ratio(strong, bar) >= 1.5


def test_no_colour_is_written_past_these():
    assert set(COLOURS.findall(STYLE)) >= {("page", "#ffffff"), ("page", "#0d1117")}
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", STYLE)) == {colour for _, colour in COLOURS.findall(STYLE)}
    shares = {int(found) / 100 for found in re.findall(r"(\d+)%, var\(--page\)", STYLE)}
    assert shares == {CHOSEN, MARKED}
    used = set(re.findall(r"var\(--([\w-]+)\)", STYLE))
    assert used - {*GROUNDS, *TEXTS} == {"line", "bar"}

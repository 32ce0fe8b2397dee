"""The report as a file: its policy, its size, texts from a cluster, and what JUnit is told."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from xml.etree import ElementTree

import pytest
import view_snapshots
from hostile_page import hostile
from hypothesis import given
from hypothesis import strategies as st
from shared_traces import recorded

from pkgops.flows import replay
from pkgops.flows import report as flow
from pkgops.model import Evidence
from pkgops.values import replace
from pkgops.view import junit, page, report

EVIL = "</script><!--<script>\u2028'\"&\x1b[31m"
INLINE = re.compile(r"<(script type=\"module\"|style)>(.*?)</(?:script|style)>", re.DOTALL)
TOP_LEVEL = re.compile(r"^(?:async )?(?:const|let|function) (\w+)", re.MULTILINE)


def data_of(document):
    text = document.partition('<script type="application/json" id="data">')[2].partition("</script>")[0]
    return text, json.loads(text)


def test_the_policy_allows_exactly_the_script_and_style_inside():
    document = report.document(hostile(EVIL))
    policy = re.search(r'content="(default-src[^"]*)"', document).group(1)
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for _, text in INLINE.findall(document)
    ]
    assert len(hashes) == 2
    assert all(one in policy for one in hashes)
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "connect-src" not in policy, "from disk it asks nobody"


def test_no_text_ends_the_element_that_holds_it():
    data = hostile(EVIL)
    document = report.document(data)
    text, found = data_of(document)
    assert not set("<>&\u2028\u2029") & set(text)
    assert found == json.loads(json.dumps(data))
    assert document.count("</script>") == 2
    assert "<title>&lt;/script&gt;" in document


@given(st.text())
def test_what_is_embedded_is_what_is_read(text):
    assert json.loads(report.embedded({"text": text, text: [text]})) == {"text": text, text: [text]}


def test_without_its_data_the_page_is_small():
    assert len(report.document({"pool": [], "moments": []})) < 400_000


def test_the_script_makes_no_markup_from_text_and_asks_nobody():
    script = report.bundle()
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
    ):
        assert word not in script
    # Changes are asked of the server of the page itself; the policy of a report allows no request at all.
    assert script.count("fetch(") == script.count("fetch(`changes/${path}`") == 1
    addresses = set(re.findall(r"https?://[^\"'`/ ]+", script))
    assert addresses == {"http://www.w3.org"}, "the name of SVG's elements, which nobody asks for"
    assert "import " not in script
    assert "export " not in script


def test_every_name_of_the_script_is_declared_once():
    """Modules become one script, in which two of a name would be a mistake of syntax."""
    names = Counter(TOP_LEVEL.findall(report.bundle()))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_file_of_the_page_is_in_it():
    names = {one.name for one in report.WEB.iterdir() if one.name.endswith(".js")}
    assert names == set(report.MODULES)


def test_equal_items_are_kept_once():
    found = recorded("second-run")
    moments = [page.moment(one.snapshot, one.times, one.objects, one.seconds) for one in flow.recorded(found)]
    packed = page.packed(moments, {"title": "x"})
    unpacked = [
        {
            key: [packed["pool"][i] for i in value] if key in page.POOLED else value
            for key, value in one.items()
        }
        for one in packed["moments"]
    ]
    assert unpacked == moments
    assert len(json.dumps(packed)) < len(json.dumps(moments)) / 5
    last = replay.at(found, found.length)
    assert moments[-1]["verdict"] == str(last.verdict)
    assert [one["t"] for one in moments] == sorted({one["t"] for one in moments})
    assert len(moments) <= flow.MOMENTS + 1


def test_moments_that_differ_in_their_time_only_are_the_same():
    one = page.moment(view_snapshots.running(), *_nothing())
    assert page.same(one, {**one, "t": 5, "takenAt": "later"})
    assert not page.same(one, page.moment(view_snapshots.failed(), *_nothing()))


def _nothing():
    moment = replay.moment(recorded("second-run"), 0)
    return moment.tracker.timeline(moment.snapshot), {}


def test_objects_and_inputs_below_each_stage():
    moment = replay.moment(recorded("fourth-run"), 115)
    below = moment.tracker.stage_objects(moment.snapshot)
    assert set(below) == {(stage.scope, stage.name) for stage in moment.snapshot.all_stages}
    build = below["supply-chain", "image-builder"]
    assert build.inputs == ("source-tester",)
    assert [str(one.object) for one in build.objects] == [
        "image/hello-go-web2pkg",
        "build/hello-go-web2pkg-build-2",
        "pod/hello-go-web2pkg-build-2-build-pod",
    ]
    serve = below["apps-dev", "serve"]
    assert serve.inputs == ("deployer",)
    assert [one.object.kind for one in serve.objects][:2] == ["Service", "Revision"]


def cases(snapshot):
    root = ElementTree.fromstring(junit.document(snapshot))
    return root, {one.get("classname"): one for one in root.iter("testcase")}


def test_junit_tells_a_failure_with_its_evidence():
    root, found = cases(view_snapshots.failed())
    failure = found["supply-chain.source-tester"].find("failure")
    assert (failure.get("type"), root.get("failures")) == ("test-failed", "1")
    assert failure.get("message").startswith("the test of commit 1a2b3c4d failed")
    assert "next: pkgops logs" in failure.text
    assert found["supply-chain.image-builder"].find("skipped") is not None
    assert found["supply-chain.source-provider"].find("skipped") is None
    assert root.get("tests") == str(len(found))


def test_junit_passes_nothing_that_carries_another_commit():
    moment = replay.moment(recorded("second-run"), 60)
    _, found = cases(moment.snapshot)
    for stage in moment.snapshot.all_stages:
        case = found[f"{stage.scope}.{stage.name}"]
        passed = case.find("skipped") is None and case.find("failure") is None
        assert passed == (str(stage.state) == "done" and not stage.still and stage.current)


@pytest.mark.parametrize("text", ["\x00\x1b[31m<&]]>\ufffe", "\ud800 half a character"])
def test_junit_is_xml_whatever_a_log_holds(text):
    snapshot = view_snapshots.failed()
    first = snapshot.blockages[0]
    cause = replace(first, evidence=(Evidence("log", first.object, text),), cause=text)
    _, found = cases(replace(snapshot, blockages=(cause,)))
    assert found["supply-chain.source-tester"].find("failure") is not None

"""Logs, errors, plans, the parts of a cluster and the ends of commands, for people and programs."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import view_snapshots as snapshots

from pkgops.errors import Exit, PkgopsError, RefusedError
from pkgops.model import State
from pkgops.view import configuration, errors, logs, machine, plans, promotion, up_result


@dataclass(frozen=True)
class Written:
    """A line of a log as the flow yields it."""

    text: str
    stage: str = "image-builder"
    scope: str = "supply-chain"
    container: str = "build"
    time: str = "2026-11-22T12:00:01Z"
    pod: str = "build-pod"


@pytest.mark.parametrize(
    ("line", "timestamps", "shown"),
    [
        (Written("compiling"), False, "image-builder    | compiling"),
        (Written("compiling"), True, "image-builder    | 2026-11-22T12:00:01Z compiling"),
        (Written("compiling", time=""), True, "image-builder    | compiling"),
        (Written("the pod is gone", container=""), False, "image-builder    - the pod is gone"),
        (Written("hello", "serve", "apps-dev"), False, "apps-dev/serve   | hello"),
        (Written("hello", "", "apps-dev"), False, "apps-dev         | hello"),
        (Written("hello", "", "supply-chain"), False, "supply-chain     | hello"),
        (Written("hello", "configuration-provider"), False, "configuration-provider | hello"),
        (Written(""), False, "image-builder    |"),
    ],
)
def test_a_line_of_a_log_has_its_stage_before_it(line, timestamps, shown):
    assert logs.plain(line, timestamps=timestamps) == shown


def test_a_stage_keeps_its_colour_and_the_next_has_another():
    palette = {}
    one, again, other = (
        logs.coloured(line, palette)
        for line in (Written("a"), Written("b"), Written("c", "serve", "apps-dev"))
    )
    assert one.partition("image-builder")[0] == again.partition("image-builder")[0]
    assert one.partition("image-builder")[0] != other.partition("apps-dev")[0]
    assert one.endswith("| a")
    assert list(palette) == ["image-builder", "apps-dev/serve"]


def test_more_stages_than_colours_begin_anew():
    palette = {}
    for number in range(len(logs.COLOURS) + 1):
        logs.coloured(Written("x", f"stage-{number}"), palette)
    assert palette[f"stage-{len(logs.COLOURS)}"] == palette["stage-0"] == logs.COLOURS[0]


@pytest.mark.parametrize("as_json", [False, True])
def test_logs_are_written_as_they_come_and_counted(as_json):
    stream = io.StringIO()
    seen = []

    def written():
        for word in ("one", "two"):
            yield Written(word)
            seen.append(stream.getvalue().count("\n"))

    count = logs.show(written(), stream, colour=False, timestamps=False, as_json=as_json)
    assert (count, seen) == (2, [1, 2])
    first = stream.getvalue().splitlines()[0]
    assert json.loads(first)["text"] == "one" if as_json else first.endswith("| one")


def test_a_line_of_a_log_for_programs():
    assert json.loads(logs.document(Written("\x1b[31mred"))) == {
        "time": "2026-11-22T12:00:01Z",
        "stage": "image-builder",
        "part": "supply-chain",
        "pod": "build-pod",
        "container": "build",
        "text": "\x1b[31mred",
    }


@pytest.mark.parametrize("as_json", [False, True])
def test_an_error_is_printed_whole(as_json):
    stream = io.StringIO()
    errors.show(
        RefusedError("no", why="because", next="pkgops why", slug="gate"), as_json=as_json, stream=stream
    )
    if as_json:
        assert json.loads(stream.getvalue()) == {
            "apiVersion": "pkgops.dev/v1",
            "kind": "Error",
            "slug": "gate",
            "what": "no",
            "why": "because",
            "next": "pkgops why",
            "exitCode": Exit.REFUSED,
        }
    else:
        assert stream.getvalue() == "error: gate\nno\nbecause\nnext: pkgops why\n"


def test_an_error_goes_to_stderr_and_leaves_stdout_to_the_answer(capsys):
    errors.show(PkgopsError("no"))
    printed = capsys.readouterr()
    assert (printed.out, "no" in printed.err) == ("", True)


@pytest.mark.parametrize("as_json", [False, True])
def test_our_own_mistake_says_so_and_where_its_report_is(as_json):
    stream = io.StringIO()
    errors.show_bug(KeyError("x"), Path("/tmp/report.txt"), as_json=as_json, stream=stream)
    shown = stream.getvalue()
    for words in ("bug in pkgops", "KeyError: 'x'", "/tmp/report.txt"):
        assert words in shown
    if as_json:
        assert json.loads(shown)["exitCode"] == Exit.BUG


STEPS = [
    ("create", snapshots.ref("Task", "one")),
    ("update", snapshots.ref("ClusterTemplate", "two", "")),
    ("unchanged", snapshots.ref("Task", "three")),
    ("delete", snapshots.ref("Task", "four")),
    ("create", snapshots.ref("Task", "five")),
]


@pytest.mark.parametrize(
    ("dry_run", "words", "summary"),
    [
        (
            True,
            ["to create", "to update", "to delete", "to create"],
            "2 to create, 1 to update, 1 to delete, 1 unchanged",
        ),
        (False, ["created", "updated", "deleted", "created"], "2 created, 1 updated, 1 deleted, 1 unchanged"),
    ],
)
def test_a_plan_tells_what_would_be_done_from_what_was(dry_run, words, summary):
    *rows, last = plans.table(STEPS, dry_run).splitlines()[1:]
    assert [row.split("   ")[0].strip() for row in rows] == words
    assert [row.split()[-1] for row in rows] == ["task/one", "clustertemplate/two", "task/four", "task/five"]
    assert last == summary


def test_a_plan_names_namespaces_and_has_a_dash_for_objects_without():
    rows = plans.table(STEPS, False).splitlines()
    assert [row.split()[1] for row in rows[1:3]] == ["default", "-"]


def test_a_plan_without_changes_is_its_counts_alone():
    assert plans.table([("unchanged", snapshots.ref("Task", "one"))], True) == "1 unchanged"


def test_a_plan_for_programs_has_what_is_unchanged_too():
    found = json.loads(plans.document(STEPS, True))
    assert (found["kind"], found["dryRun"]) == ("Plan", True)
    assert [step["op"] for step in found["steps"]] == [op for op, _ in STEPS]
    assert found["steps"][1]["object"] == {
        "apiVersion": "v1",
        "kind": "ClusterTemplate",
        "namespace": "",
        "name": "two",
    }


def test_what_is_left_for_programs():
    refs = [ref for _, ref in STEPS[:2]]
    assert [one["name"] for one in plans.remaining_document(refs)["objects"]] == ["one", "two"]
    assert plans.remaining_document([])["objects"] == []
    assert [line.split()[0] for line in plans.remaining_table(refs).splitlines()[1:]] == ["default", "-"]


PARTS = [
    {"part": "etcd", "state": "running", "pid": 12, "memoryBytes": 123_456_789, "seconds": 3661},
    {"part": "kubelet", "state": "ended", "pid": None, "memoryBytes": 0, "seconds": 0},
]


def test_a_part_that_does_not_run_has_no_size_and_no_age():
    assert machine.parts(PARTS).splitlines() == [
        "PART      STATE     PID   MEMORY   AGE",
        "etcd      running   12    123 MB   1h01m",
        "kubelet   ended",
    ]


def test_sizes_and_facts_of_this_machine():
    assert machine.sizes([("/cache/go", 2_600_000, "Go"), ("/cache", 0, "all")]).splitlines() == [
        "SIZE   FOLDER      WHAT",
        "3 MB   /cache/go   Go",
        "0 MB   /cache      all",
    ]
    assert machine.facts({"registry": "r", "git": "g"}) == "registry  r\ngit       g"
    assert machine.facts({}) == ""
    assert json.loads(machine.document("LocalStatus", runs=True)) == {
        "apiVersion": "pkgops.dev/v1",
        "kind": "LocalStatus",
        "runs": True,
    }


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", '""'),
        (None, '""'),
        ("text", "text"),
        (True, "true"),
        (0, "0"),
        (["a", 1], '["a", 1]'),
        ({}, "{}"),
    ],
)
def test_a_setting_looks_as_it_is_written(value, shown):
    row = configuration.table([("key", value, "default")]).splitlines()[1]
    assert row.removeprefix("key").removesuffix("default").strip() == shown


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({}, "hello 0.1.1764000000 (commit 1a2b3c4d) answers in apps-dev: HTTP 200"),
        ({"revision": ""}, "hello 0.1.1764000000 answers in apps-dev: HTTP 200"),
        ({"version": ""}, "hello (commit 1a2b3c4d) answers in apps-dev: HTTP 200"),
        ({"version": "", "revision": ""}, "hello answers in apps-dev: HTTP 200"),
    ],
)
def test_the_last_line_of_up_says_what_is_known(more, sentence):
    assert up_result.sentence("hello", snapshots.served(**more), 200) == sentence


def test_the_last_lines_of_up_where_no_application_runs():
    note = "holds neither a Service of Knative nor a Deployment, but ConfigMap"
    env = snapshots.served(revision="", serves=False, note=note)
    said = f"hello 0.1.1764000000 is delivered to apps-dev; it {note}"
    assert up_result.sentence("hello", env, None) == said
    assert up_result.hints("hello", env, ()) == "  pkgops trace hello"
    assert json.loads(up_result.document("hello", env, None, ""))["answer"] is None


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (
            {"image": snapshots.IMAGE},
            "hello-go-web2pkg (commit 1a2b3c4d): its supply chain is done: sha256:abababababab; "
            "nothing is deployed by it",
        ),
        ({"revision": ""}, "hello-go-web2pkg: its supply chain is done; nothing is deployed by it"),
        (
            {"workload": None, "revision": ""},
            "the workload: its supply chain is done; nothing is deployed by it",
        ),
    ],
)
def test_the_last_line_of_a_supply_chain_that_deploys_nothing(more, sentence):
    assert up_result.built(snapshots.snapshot((), **more)) == sentence


def test_the_last_line_of_a_supply_chain_whose_app_is_no_application():
    app = snapshots.ref("App", "hello", "default", "kappctrl.k14s.io/v1alpha1")
    deploys = snapshots.stage("deploy", "Deploy application", "Carvel", State.DONE, object=app)
    said = up_result.built(snapshots.snapshot((deploys,), revision=""))
    holds = "app/hello deploys neither a Service of Knative nor a Deployment"
    assert said.endswith(f": its supply chain is done; {holds}")


URL = "http://hello-go-web2pkg.apps-dev.localhost:8080"


@pytest.mark.parametrize(
    ("more", "others", "shown"),
    [
        ({}, (), [f"  url: {URL}", "  pkgops open hello --curl"]),
        ({"url": ""}, (), ["  pkgops open hello --curl"]),
        # What is noted of an environment says why its address does not answer as it should.
        ({"note": "another pod runs"}, (), ["  pkgops open hello --curl"]),
        ({"url": ""}, ("apps-qa", "apps-prod"),
         ["  pkgops open hello --curl", "  pkgops promote hello --to apps-qa"]),
        ({"url": "http://hello.default.svc"}, (),
         ["  url: http://hello.default.svc (inside the cluster only)", "  pkgops open hello --curl"]),
    ],
)  # fmt: skip
def test_what_a_person_may_want_next(more, others, shown):
    assert up_result.hints("hello", snapshots.served(**more), others).splitlines() == shown


def test_the_answer_of_up_for_programs():
    found = json.loads(up_result.document("hello", snapshots.served(), 204, ""))
    assert (found["kind"], found["answer"]) == ("Delivery", {"status": 204, "body": ""})
    assert found["environment"]["version"] == "0.1.1764000000"


BEFORE = {"version": "0.1.1", "image": snapshots.IMAGE, "revision": "", "pinned": ""}
AFTER = {"version": "0.1.2", "image": "", "revision": snapshots.COMMIT, "pinned": "0.1.2"}


def test_a_promotion_has_both_releases_side_by_side():
    rows = [line.split() for line in promotion.table("apps-prod", BEFORE, AFTER).splitlines()]
    assert rows == [
        ["APPS-PROD", "BEFORE", "AFTER"],
        ["version", "0.1.1", "0.1.2"],
        ["digest", "sha256:abababababab", "unknown"],
        ["commit", "unknown", "1a2b3c4d"],
        ["pinned", "to", "-", "0.1.2"],
    ]


def test_a_promotion_for_programs_has_of_the_rest_what_is_known():
    more = {"record": "pkgops-1", "seconds": 0, "answer": None}
    found = json.loads(
        promotion.document("Promotion", "hello", "apps-prod", BEFORE, AFTER, [{"gate": "age"}], more)
    )
    assert (found["before"], found["after"], found["gates"]) == (BEFORE, AFTER, [{"gate": "age"}])
    assert (found["record"], found["seconds"], "answer" in found) == ("pkgops-1", 0, False)


def test_the_age_of_a_part_may_be_a_duration_too():
    assert machine.parts([{**PARTS[0], "seconds": timedelta(seconds=5)}]).splitlines()[1].endswith(" 5s")

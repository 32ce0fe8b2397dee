import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest

from pkgops.platform.flux.conditions import Conditions
from pkgops.platform.flux.gitauth import auth_of, check_url
from pkgops.platform.flux.gitrepository import repository_name
from pkgops.platform.flux.objects import initial_conditions, requested_at, with_handled_request
from pkgops.platform.flux.refs import select
from pkgops.platform.flux.schedule import Schedule
from pkgops.platform.flux.server import ArtifactServer, locate
from pkgops.platform.flux.storage import Storage
from pkgops.platform.gitcheckout import GitError, RefError
from pkgops.platform.queue import Key

A, B, C = "a" * 40, "b" * 40, "c" * 40
REFS = {"HEAD": A, "refs/heads/main": A, "refs/heads/master": B, "refs/tags/v1.0.0": B, "refs/tags/v1.2.0": C}
SELECTED = [
    ({}, f"master@sha1:{B}"),
    ({"branch": "main"}, f"main@sha1:{A}"),
    ({"tag": "v1.0.0", "branch": "main"}, f"v1.0.0@sha1:{B}"),
    ({"semver": "1.x", "tag": "v1.0.0"}, f"v1.2.0@sha1:{C}"),
    ({"name": "refs/heads/main", "semver": "1.x"}, f"refs/heads/main@sha1:{A}"),
    ({"commit": C}, f"sha1:{C}"),
    ({"commit": C, "branch": "main", "name": "refs/heads/main"}, f"main@sha1:{C}"),
]


@pytest.mark.parametrize(("ref", "revision"), SELECTED)
def test_what_a_reference_means(ref, revision):
    target = select(REFS, ref)
    assert target.revision(target.sha) == revision


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        ({"branch": "no"}, 'couldn\'t find remote ref "refs/heads/no"'),
        ({"tag": "no"}, 'couldn\'t find remote ref "refs/tags/no"'),
        ({"name": "refs/x"}, 'couldn\'t find remote ref "refs/x"'),
        ({"semver": ">9"}, "no match found for semver: >9"),
        ({"semver": "nonsense"}, 'semver parse error: improper constraint: "nonsense"'),
    ],
)
def test_what_the_server_does_not_have(ref, message):
    with pytest.raises(RefError) as refused:
        select(REFS, ref)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("url", "name"),
    [("http://h:3000/hello-go.git", "hello-go"), ("https://h/team/app", "app"), ("http://h/app.git/", "app")],
)
def test_the_name_that_a_push_tells(url, name):
    assert repository_name(url) == name


def encoded(**values):
    import base64

    return {"data": {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}}


def test_credentials():
    assert auth_of(encoded(username="u", password="p")).password == "p"
    assert auth_of(encoded(bearerToken="t", caFile="c")).ca == "c"
    assert "p4ss" not in repr(auth_of(encoded(username="u", password="p4ss")))
    with pytest.raises(GitError, match="'password' is required"):
        auth_of(encoded(username="u"))


@pytest.mark.parametrize("url", ["ssh://git@h/x.git", "http:///x"])
def test_addresses_that_cannot_be_fetched_from(url):
    with pytest.raises(GitError) as refused:
        check_url(url)
    assert refused.value.reason == "URLInvalid"


def test_only_old_artifacts_beyond_the_newest_go(tmp_path):
    import os

    storage = Storage(tmp_path, "http://h")
    paths = [storage.write("ns", "app", commit * 40, commit.encode()).path for commit in "abcd"]
    for age, path in zip((400, 300, 200, 100), paths, strict=True):
        os.utime(tmp_path / path, (1000 - age, 1000 - age))
    assert storage.collect("ns", "app", paths[0], 1000) == 1
    assert [path for path in paths if (tmp_path / path).exists()] == [paths[0], paths[2], paths[3]]


def test_a_young_artifact_stays(tmp_path):
    storage = Storage(tmp_path, "http://h")
    for commit in "abc":
        path = storage.write("ns", "app", commit * 40, b"").path
    now = (tmp_path / path).stat().st_mtime
    assert storage.collect("ns", "app", path, now + 59) == 0
    assert storage.collect("ns", "app", path, now + 61) == 1


def test_a_changed_file_is_not_the_artifact(tmp_path):
    storage = Storage(tmp_path, "http://h")
    stored = storage.write("ns", "app", A, b"content")
    assert storage.has(stored.path, stored.digest)
    (tmp_path / stored.path).write_bytes(b"other")
    assert not storage.has(stored.path, stored.digest)
    storage.drop("ns", "app")
    assert not storage.has(stored.path, stored.digest)


def test_the_server_gives_artifacts_and_nothing_else(tmp_path):
    root = tmp_path / "artifacts"
    stored = Storage(root, "http://h").write("ns", "app", A, b"content")
    (tmp_path / "secret").write_text("no")
    server = ArtifactServer(root, "127.0.0.1", 0)
    server.start()
    base = f"http://127.0.0.1:{server.port}"
    try:
        assert urllib.request.urlopen(f"{base}/{stored.path}").read() == b"content"
        for path in ("gitrepository", "../secret", "%2e%2e/secret", "nope"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"{base}/{path}")
            assert refused.value.code == 404
    finally:
        server.stop()


def test_no_way_leads_out_of_the_folder(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "root" / "link").symlink_to(tmp_path / "file")
    for target in ("/../file", "//../file", "/link", "/%2e%2e/file"):
        assert locate(tmp_path / "root", target) is None


KEY = Key("ns", "app")


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_a_schedule_waits_for_its_interval_and_not_when_pushed():
    clock = Clock()
    schedule = Schedule(clock)
    assert schedule.wait(KEY) == 0
    schedule.succeeded(KEY, 60)
    clock.now += 20
    assert schedule.wait(KEY) == 40
    schedule.make_due(KEY)
    assert schedule.wait(KEY) == 0
    with schedule.attempt(KEY) as pushed:
        assert pushed
    with schedule.attempt(KEY) as pushed:
        assert not pushed
    assert schedule.wait(KEY) == 40


def test_a_push_during_a_look_is_not_lost():
    schedule = Schedule(Clock())
    with schedule.attempt(KEY):
        schedule.make_due(KEY)
        schedule.succeeded(KEY, 60)
    assert schedule.wait(KEY) == 0


def test_a_look_that_breaks_off_is_taken_up_again():
    schedule = Schedule(Clock())
    schedule.succeeded(KEY, 60)
    with pytest.raises(OSError, match="gone"), schedule.attempt(KEY):
        raise OSError("gone")
    assert schedule.wait(KEY) == 0


def test_failures_wait_longer_and_longer_until_one_success():
    schedule = Schedule(Clock())
    assert [schedule.failed(KEY) for _ in range(4)] == [0.75, 1.5, 3.0, 6.0]
    schedule.succeeded(KEY, 60)
    assert schedule.failed(KEY) == 0.75
    for _ in range(30):
        last = schedule.failed(KEY)
    assert last == 900.0


def moment():
    return datetime(2026, 1, 1, 12, tzinfo=UTC)


def repository(observed=-1, conditions=(), **metadata):
    meta = {"name": "app", "namespace": "ns", "generation": 1, **metadata}
    return {"metadata": meta, "status": {"observedGeneration": observed, "conditions": list(conditions)}}


def rows(conditions):
    return [(c["type"], c["status"], c["reason"], c["message"]) for c in conditions.list()]


def test_the_first_look_says_so():
    assert rows(initial_conditions(repository(), moment)) == [
        ("Reconciling", "True", "Progressing", "processing object: new generation -1 -> 1"),
        ("Ready", "Unknown", "Progressing", "processing object: new generation -1 -> 1"),
    ]


def test_a_request_to_look_is_answered_once():
    asked = repository(1, annotations={"reconcile.fluxcd.io/requestedAt": "7"})
    assert requested_at(asked) == "7"
    assert rows(initial_conditions(asked, moment))[0][3] == "reconciliation in progress"
    asked["status"] = with_handled_request(asked, asked["status"])
    assert requested_at(asked) == ""


def test_failure_keeps_what_was_being_done_and_success_clears_all_of_it():
    conditions = Conditions(repository(), moment)
    conditions.progress("building artifact")
    conditions.fail("GitOperationFailed", "no", "FetchFailed")
    assert rows(conditions) == [
        ("Reconciling", "True", "ProgressingWithRetry", "building artifact"),
        ("Ready", "False", "GitOperationFailed", "no"),
        ("FetchFailed", "True", "GitOperationFailed", "no"),
    ]
    conditions.succeed("done", "ArtifactInStorage")
    assert rows(conditions) == [
        ("Ready", "True", "Succeeded", "done"),
        ("ArtifactInStorage", "True", "Succeeded", "done"),
    ]


def test_a_condition_that_says_the_same_keeps_its_time():
    conditions = Conditions(repository(), moment)
    conditions.succeed("done")
    later = Conditions(repository(conditions=conditions.list()), lambda: moment().replace(hour=13))
    later.succeed("done")
    assert later.list() == conditions.list()
    later.succeed("other")
    assert later.list()[0]["lastTransitionTime"] == "2026-01-01T13:00:00Z"

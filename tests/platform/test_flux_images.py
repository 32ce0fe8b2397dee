import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from shared_traces import objects

from pkgops.errors import PkgopsError
from pkgops.platform.flux.imagepolicy import success_message
from pkgops.platform.flux.imagerepository import pushed_images, request_timeout
from pkgops.platform.flux.policy import InvalidPolicy, NoChoice, choose
from pkgops.platform.flux.registry import canonical_name
from pkgops.platform.flux.tags import (
    DEFAULT_EXCLUSIONS,
    BadExclusion,
    TagDatabase,
    checksum,
    exclude,
    image_problem,
)

SEMVER = {"semver": {"range": ">=0.0.0"}}
CHOICES = [
    (SEMVER, None, ["v0.1.1795369841", "v", "sha256-aa.imgpkg"], "v0.1.1795369841"),
    ({"semver": {"range": "1.x"}}, None, ["1.0.0", "1.2.0", "2.0.0"], "1.2.0"),
    ({"alphabetical": {"order": "asc"}}, None, ["a", "c", "b"], "c"),
    ({"alphabetical": {}}, None, ["a", "c", "b"], "c"),
    ({"alphabetical": {"order": "desc"}}, None, ["a", "c", "b"], "a"),
    ({"numerical": {"order": "asc"}}, None, ["9", "10", "1.5"], "10"),
    ({"numerical": {"order": "desc"}}, None, ["9", "10", "1.5"], "1.5"),
    (
        {"numerical": {}},
        {"pattern": "^main-(?P<ts>[0-9]+)$", "extract": "$ts"},
        ["main-9", "main-10", "x"],
        "main-10",
    ),
    (
        {"numerical": {}},
        {"pattern": "^main-(?<ts>[0-9]+)$", "extract": "${ts}"},
        ["main-9", "main-10"],
        "main-10",
    ),
    ({"numerical": {}}, {"pattern": "([0-9]+)$", "extract": "$1"}, ["b-9", "a-10"], "a-10"),
    (SEMVER, {"pattern": "rc"}, ["1.0.0", "0.9.0+rc"], "0.9.0+rc"),
]


@pytest.mark.parametrize(("policy", "filter_tags", "tags", "expected"), CHOICES)
def test_choices(policy, filter_tags, tags, expected):
    assert choose(tags, policy, filter_tags) == expected


NOT_CHOSEN = [
    (
        {"semver": {"range": ">=2.0.0"}},
        None,
        NoChoice,
        "unable to determine latest version from provided list",
    ),
    (SEMVER, {"pattern": "nothing"}, NoChoice, "version list argument cannot be empty"),
    ({"numerical": {}}, None, NoChoice, "failed to parse invalid numeric value '1.0.0'"),
    (
        {"semver": {"range": "nonsense"}},
        None,
        InvalidPolicy,
        'invalid policy: improper constraint: "nonsense"',
    ),
    ({"alphabetical": {"order": "up"}}, None, InvalidPolicy, "invalid policy: invalid order"),
    ({}, None, InvalidPolicy, "invalid policy: "),
    (SEMVER, {"pattern": "("}, InvalidPolicy, "failed to filter tags: "),
]


@pytest.mark.parametrize(("policy", "filter_tags", "error", "message"), NOT_CHOSEN)
def test_what_cannot_be_chosen(policy, filter_tags, error, message):
    with pytest.raises(error) as refused:
        choose(["1.0.0"], policy, filter_tags)
    assert str(refused.value).startswith(message)


def scanned():
    return [
        obj["status"]
        for obj in objects("ImageRepository")
        if (obj.get("status") or {}).get("lastScanResult")
        and len(obj["status"]["lastScanResult"]["latestTags"]) < 10
    ]


def test_the_checksum_is_the_recorded_one():
    assert scanned()
    for status in scanned():
        tags = exclude(reversed(status["lastScanResult"]["latestTags"]), DEFAULT_EXCLUSIONS)
        assert tags == status["lastScanResult"]["latestTags"]
        assert checksum(tags) == status["lastScanResult"]["revision"]


def test_the_canonical_name_is_the_recorded_one():
    named = [obj for obj in objects("ImageRepository") if "canonicalImageName" in obj["status"]]
    assert named
    for obj in named:
        assert canonical_name(obj["spec"]["image"]) == obj["status"]["canonicalImageName"]


def test_the_policys_message_is_the_recorded_one():
    ready = [
        (obj["status"], entry["message"])
        for obj in objects("ImagePolicy")
        for entry in obj["status"].get("conditions", [])
        if entry["status"] == "True" and entry["type"] == "Ready" and "latestRef" in obj["status"]
    ]
    assert ready
    for status, message in ready:
        assert success_message(status["latestRef"], status.get("observedPreviousRef")) == message


def test_the_message_tells_digest_and_what_was_before():
    latest, before = (
        {"name": "r/i", "tag": "2", "digest": "sha256:b"},
        {"name": "r/i", "tag": "1", "digest": "sha256:a"},
    )
    assert success_message(latest, before) == (
        "Latest image tag for r/i resolved to 2 with digest sha256:b (previously r/i:1@sha256:a)"
    )


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        ("10.244.0.1:5000/demo/x", ""),
        ("alpine", ""),
        ("https://r/x", "image 'https://r/x' should not include URL scheme; remove 'https://'"),
        ("r:5000/x:v1", "image 'r:5000/x:v1' should not include a tag; remove ':v1'"),
    ],
)
def test_names_of_images(image, problem):
    assert image_problem(image) == problem


def test_a_bad_name_has_no_canonical_form():
    with pytest.raises(PkgopsError):
        canonical_name("UPPER/case")


def test_tags_outlive_the_process(tmp_path):
    TagDatabase(tmp_path / "tags").write("r/i", ["b", "a"])
    assert TagDatabase(tmp_path / "tags").read("r/i") == ["b", "a"]
    assert TagDatabase(tmp_path / "tags").read("r/other") is None


def test_a_damaged_file_counts_as_not_scanned(tmp_path):
    database = TagDatabase(tmp_path)
    database.write("r/i", ["a"])
    next(tmp_path.glob("*.json")).write_text("{")
    assert database.read("r/i") is None


def test_exclusions():
    assert exclude(["a.sig", "b", "a"], DEFAULT_EXCLUSIONS) == ["b", "a"]
    assert exclude(["a.sig", "b"], []) == ["b", "a.sig"]
    assert exclude(["rc1", "rc"], ["[[:digit:]]$"]) == ["rc"]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [("(", "missing closing ): `(`"), ("a(?=b)", "invalid or unsupported Perl syntax: `(?=`")],
)
def test_exclusions_that_go_does_not_read(pattern, why):
    with pytest.raises(BadExclusion) as caught:
        exclude(["a"], [pattern])
    assert str(caught.value) == f"failed to compile regex {pattern}: error parsing regexp: {why}"


def test_two_repositories_of_one_image_may_be_scanned_at_once(tmp_path):
    database = TagDatabase(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(database.write, "r/i", ["a"] * 200) for _ in range(200)]:
            done.result()
    assert database.read("r/i") == ["a"] * 200
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]


@pytest.mark.parametrize(
    ("spec", "seconds"),
    [
        ({"interval": "1h"}, 60),
        ({"interval": "30s"}, 30),
        ({"interval": "100ms"}, 1),
        ({"interval": "1h", "timeout": "5m"}, 300),
        ({"interval": "1h", "timeout": "10ms"}, 1),
    ],
)
def test_no_answer_holds_up_a_repository_for_an_hour(spec, seconds):
    assert request_timeout(spec) == seconds


def test_which_images_a_notification_names():
    events = [
        {"action": "push", "target": {"repository": "demo/x", "tag": "v1"}},
        {"action": "pull", "target": {"repository": "demo/y"}},
        {"action": "push", "target": {}},
    ]
    assert pushed_images(json.dumps({"events": events}).encode(), "r:5000") == {"r:5000/demo/x"}
    assert pushed_images(b"", "r:5000") == set()

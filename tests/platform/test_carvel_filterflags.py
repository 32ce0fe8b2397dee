"""kapp's filters and labels, as a person writes them in ``rawOptions``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pkgops.kapp import Options
from pkgops.kube import Obj
from pkgops.platform.carvel.deploy import prepared
from pkgops.platform.carvel.filterflags import FlagValueError
from pkgops.platform.carvel.flags import DELETE_ALLOWED, FlagProblem, options_of
from pkgops.platform.carvel.labelselector import selects
from pkgops.platform.carvel.outcome import Outcome
from pkgops.platform.fieldsupport import fields_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def obj(kind: str, name: str, minutes_old: int, **labels: str) -> Obj:
    created = NOON.replace(hour=11, minute=60 - minutes_old).isoformat()
    meta = {"name": name, "namespace": "apps", "creationTimestamp": created, "labels": labels}
    return {"apiVersion": "v1", "kind": kind, "metadata": meta}


WEB = obj("Service", "web", 50, x="y")
FRESH = obj("ConfigMap", "fresh", 1, x="z")
OLD = obj("ConfigMap", "old", 40, x="a")


def meant(*flags: str, **kwargs: Any) -> list[str]:
    options, _ = options_of(list(flags), Options(), **kwargs)
    return [one["metadata"]["name"] for one in (WEB, FRESH, OLD) if options.filter(one, NOON)]


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        ([], ["web", "fresh", "old"]),
        (["--filter-kind=Service"], ["web"]),
        (["--filter-kind=Service,ConfigMap", "--filter-name=o%"], ["old"]),
        (["--filter-kind=Service", "--filter-kind=ConfigMap"], ["web", "fresh", "old"]),
        (["--filter-kind-name=ConfigMap/old"], ["old"]),
        (["--filter-kind-ns=Service/apps"], ["web"]),
        (["--filter-kind-ns-name=Service/apps/web"], ["web"]),
        (["--filter-ns=other"], []),
        (["--filter-age=10m+"], ["web", "old"]),
        (["--filter-age=10m-"], ["fresh"]),
        (['--filter={"resource":{"kinds":["Service"]}}'], ["web"]),
        (['--filter={"not":{"Resource":{"Kinds":["Service"]}}}'], ["fresh", "old"]),
        (['--filter={"and":[{"resource":{"kinds":["Config%"]}},{"resource":{"names":["old"]}}]}'], ["old"]),
        (['--filter={"or":[{"resource":{"names":["web"]}},{"resource":{"names":["old"]}}]}'], ["web", "old"]),
        (['--filter={"resource":{"labels":["x=y","x in (a, b)"]}}'], ["web", "old"]),
        (['--filter={"resource":{"createdAtAfterTime":"2026-01-01T11:30:00Z"}}'], ["fresh"]),
        (['--filter={"resource":{}}'], ["web", "fresh", "old"]),
        (["--filter={}"], []),
        (['--filter={"resource":{"kinds":["Service"]}}', "--filter-name=old"], ["web"]),
    ],
)
def test_which_resources_are_meant(flags: list[str], names: list[str]) -> None:
    assert meant(*flags) == names
    assert meant(*flags, allowed=DELETE_ALLOWED) == names


def test_labels_of_the_record() -> None:
    options, _ = options_of(["--labels=a=b,c=", "--labels=d=e=f"], Options())
    assert options.labels == (("a", "b"), ("c", ""), ("d", "e=f"))
    with pytest.raises(FlagProblem, match="Unexpected flag '--labels' specified"):
        options_of(["--labels=a=b"], Options(), DELETE_ALLOWED)


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("--filter-age=5m", "Expected age filter to be either empty or parseable time.Duration"),
        ("--filter-age=old+", "Expected age filter to be either empty or parseable time.Duration"),
        ("--filter={", "--filter is no JSON: "),
        ("--filter=[]", "--filter: expected an object, not []"),
        ('--filter={"and":{}}', "--filter: expected a list, not {}"),
        ('--filter={"resource":{"labels":["a in b"]}}', "--filter: unable to parse requirement: 'a in b'"),
        ('--filter={"resource":{"createdAtAfterTime":"noon"}}', "--filter: Invalid isoformat string: 'noon'"),
        ("--labels=a", "Expected label to be in 'key=val' format"),
        ("--labels==b", "Expected label key to be non-empty"),
    ],
)
def test_a_value_that_kapp_does_not_take_fails_the_step_as_kapp_does(flag: str, words: str) -> None:
    with pytest.raises(FlagValueError) as caught:
        options_of([flag], Options())
    assert str(caught.value).startswith(words)

    def build() -> Any:
        return options_of([flag], Options())

    outcome = prepared(build, "Deploying")
    assert isinstance(outcome, Outcome)
    assert outcome.error == "Deploying: Error (see .status.usefulErrorMessage for details)"
    assert outcome.useful_error == f"kapp: Error: {caught.value}\n"


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("", True),
        ("x=y", True),
        ("x == y", True),
        ("x!=y", False),
        ("other!=y", True),
        ("x in (a, y)", True),
        ("x notin (a,y)", False),
        ("other notin (a)", True),
        ("other in (a)", False),
        ("x", True),
        ("!x", False),
        ("! other", True),
        ("n>4", True),
        ("n<4", False),
        ("x>4", False),
        ("x=y,n=5", True),
        ("x=y, n=6", False),
    ],
)
def test_label_selectors(text: str, selected: bool) -> None:
    assert selects(text)({"x": "y", "n": "5"}) is selected


@pytest.mark.parametrize("text", ["=a", "x=y,", "x in a", "x y", "n>b"])
def test_what_is_no_label_selector(text: str) -> None:
    with pytest.raises(ValueError, match=r"unable to parse requirement|invalid literal"):
        selects(text)


GIVEN = {
    "--app-changes-max-to-keep": "7",
    "--apply-default-update-strategy": "fallback-on-replace",
    "--diff-context": "9",
    "--filter": '{"resource": {"names": ["a"]}}',
    "--filter-age": "5m+",
    "--filter-kind": "ConfigMap",
    "--filter-kind-name": "ConfigMap/a",
    "--filter-kind-ns": "ConfigMap/apps",
    "--filter-kind-ns-name": "ConfigMap/apps/a",
    "--filter-name": "a",
    "--filter-ns": "apps",
    "--into-ns": "apps",
    "--labels": "a=b",
    "--map-ns": "a=b",
    "--wait-timeout": "9m",
}
"""A value of each flag that takes one and counts."""


@pytest.mark.parametrize(
    "flag", [one.path for one in fields_of("carvel")["Flags of kapp"].with_verdict("acted on")]
)
def test_a_flag_that_counts_changes_the_options(flag: str) -> None:
    usual = options_of([], Options())
    value = GIVEN.get(flag)
    forms = [f"{flag}={value}"] if value else [f"{flag}=true", f"{flag}=false"]
    assert any(options_of([form], Options()) != usual for form in forms)

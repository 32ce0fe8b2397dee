from pkgops.platform.carto.retention import STAMP_ANNOTATION, newest_healthy, surplus
from pkgops.platform.carto.stamper import rendering_digest, stamped_from


def run(name: str, second: int, health: str, mark: str = "") -> dict[str, object]:
    meta = {"name": name, "creationTimestamp": f"2026-01-01T00:00:{second:02d}Z"}
    return {"metadata": {**meta, "annotations": {STAMP_ANNOTATION: mark}}, "health": health}


def health(obj: dict[str, object]) -> str:
    return str(obj["health"])


def names(objects: list[dict[str, object]]) -> list[str]:
    return [obj["metadata"]["name"] for obj in objects]


def test_newest_healthy_object() -> None:
    runs = [run("a", 1, "True"), run("b", 3, "False"), run("c", 2, "True"), run("d", 4, "Unknown")]
    assert newest_healthy(runs, health)["metadata"]["name"] == "c"
    assert newest_healthy(runs[1:2], health) is None


def test_within_one_second_the_submission_decides() -> None:
    runs = [
        run("late", 1, "True", "2026-01-01T00:00:01.9 x"),
        run("early", 1, "True", "2026-01-01T00:00:01.1 y"),
    ]
    assert newest_healthy(runs, health)["metadata"]["name"] == "late"


def test_retention_counts_successes_and_failures_apart_and_spares_the_unfinished() -> None:
    runs = [run(f"s{n}", n, "True") for n in range(4)]
    runs += [run(f"f{n}", n + 10, "False") for n in range(3)]
    runs += [run(f"u{n}", n + 20, "Unknown") for n in range(5)]
    beyond = surplus(runs, health, {"maxSuccessfulRuns": 3, "maxFailedRuns": 1})
    assert sorted(names(beyond)) == ["f0", "f1", "s0"]


def test_an_object_remembers_its_rendering() -> None:
    rendered = {"kind": "K", "spec": {"b": 1, "a": [1, 2]}}
    digest = rendering_digest(rendered)
    assert digest == rendering_digest({"spec": {"a": [1, 2], "b": 1}, "kind": "K"})
    assert stamped_from(run("a", 1, "True", f"2026-01-01T00:00:00.000001+00:00 {digest}"), digest)
    assert not stamped_from(run("a", 1, "True"), digest)

from datetime import UTC, datetime

from shared_traces import objects

from pkgops.kapp.change import Change, Differ
from pkgops.kapp.config import defaults
from pkgops.kapp.output import Output
from pkgops.kapp.table import age, changes_table, stamped, summary

NOW = datetime(2026, 11, 22, 17, 51, 5, tzinfo=UTC)


def thing(kind: str, name: str, api: str, **notes: str) -> dict[str, object]:
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, "namespace": "apps-dev", "annotations": notes},
    }


def recorded(kind: str) -> str:
    """The table of the first recorded deployment of an App or a PackageRepository."""
    texts = [obj["status"]["deploy"]["stdout"] for obj in objects(kind) if "deploy" in obj.get("status", {})]
    text = next(text for text in texts if "1 create" in text or "2 create" in text)
    return "Changes" + text.partition("Changes")[2].partition("\n5:")[0]


def test_table_of_one_creation_is_the_recorded_one() -> None:
    service = thing("Service", "hello-go-web2pkg", "serving.knative.dev/v1")
    change = Differ(defaults()).upsert(service, None)
    text = next(
        obj["status"]["deploy"]["stdout"]
        for obj in objects("App")
        if "1 create" in obj.get("status", {}).get("deploy", {}).get("stdout", "")
        and obj["metadata"]["namespace"] == "apps-dev"
    )
    assert changes_table([change], NOW) in text


def test_table_of_packages_is_the_recorded_one() -> None:
    notes = {"kapp.k14s.io/create-strategy": "fallback-on-update-or-noop", "kapp.k14s.io/disable-wait": ""}
    api = "data.packaging.carvel.dev/v1alpha1"
    name = "hello-go-web2pkg.demo.carto"
    package = thing("Package", f"{name}.0.1.1795369841", api, **notes)
    found = [
        Differ(defaults(), wait=False).upsert(obj, None)
        for obj in (package, thing("PackageMetadata", name, api, **notes))
    ]
    assert changes_table(found, NOW) == recorded("PackageRepository")


def test_no_changes_is_an_empty_table_with_counts() -> None:
    text = next(
        obj["status"]["deploy"]["stdout"]
        for obj in objects("App")
        if "0 create, 0 delete" in obj.get("status", {}).get("deploy", {}).get("stdout", "")
    )
    assert changes_table([], NOW) in text


def test_summary_is_the_recorded_description() -> None:
    service = thing("Service", "web", "serving.knative.dev/v1")
    change: Change = Differ(defaults()).upsert(service, None)
    expected = "Op: 1 create, 0 delete, 0 update, 0 noop, 0 exists / Wait to: 1 reconcile, 0 delete, 0 noop"
    assert summary([change]) == expected


def test_clock_and_ages() -> None:
    assert stamped(NOW, "x") == "5:51:05PM: x"
    assert stamped(NOW.replace(hour=0), "x") == "12:51:05AM: x"
    assert [
        age(text, NOW) for text in ("2026-11-22T17:51:00Z", "2026-11-22T17:46:00Z", "2026-11-20T17:00:00Z")
    ] == [
        "5s",
        "5m",
        "2d",
    ]


def test_output_says_nothing_twice_and_tells_the_whole_text() -> None:
    heard: list[str] = []
    out = Output(lambda: NOW, heard.append)
    out.plain("head")
    out.section("waiting on 1 changes [0/1 done]")
    out.section("waiting on 1 changes [0/1 done]")
    assert out.text == "head\n5:51:05PM: ---- waiting on 1 changes [0/1 done] ----"
    assert heard == ["head", out.text]

import json
from datetime import UTC, datetime

import pytest
from kapp_traces import app_records, change_records

from pkgops.kapp.errors import KappError
from pkgops.kapp.record import (
    AppMeta,
    ChangeMeta,
    app_config_map,
    change_config_map,
    change_data,
    new_app,
    timestamp,
)


def test_records_that_kapp_wrote_read_and_write_unchanged() -> None:
    found = list(app_records())
    assert len(found) > 5
    for config_map in found:
        meta = AppMeta.from_config_map(config_map)
        assert meta.to_json() == config_map["data"]["spec"]
        ours = app_config_map(config_map["metadata"]["name"], config_map["metadata"]["namespace"], meta)
        for key in ("labels", "annotations", "name", "namespace"):
            assert ours["metadata"][key] == config_map["metadata"][key]


def test_change_records_read_and_write_unchanged() -> None:
    found = [obj for obj in change_records() if obj["metadata"]["name"].startswith("hello-go-from-pkg")]
    assert found
    for config_map in found:
        change = ChangeMeta.from_json(json.loads(config_map["data"]["spec"]))
        assert change_data(change) == config_map["data"]
        name = config_map["metadata"]["labels"]["kapp.k14s.io/app-change-app"]
        meta = AppMeta(label_value=config_map["metadata"]["labels"]["kapp.k14s.io/app-change-app-label"])
        ours = change_config_map(name, config_map["metadata"]["namespace"], meta, change)
        assert ours["metadata"]["labels"] == config_map["metadata"]["labels"]
        assert ours["metadata"]["generateName"] == config_map["metadata"]["generateName"]


def test_new_app_is_named_by_the_time_in_nanoseconds() -> None:
    moment = datetime(2026, 11, 22, 17, 51, 5, 3000, tzinfo=UTC)
    assert new_app(moment).label_value == "1795369865003000000"


def test_used_kinds_are_sorted_and_counted_once() -> None:
    def thing(api: str, kind: str) -> dict[str, object]:
        return {"apiVersion": api, "kind": kind, "metadata": {"name": "x"}}

    meta = AppMeta(label_value="1").using(
        [thing("v1", "Secret"), thing("v1", "ConfigMap"), thing("v1", "Secret")]
    )
    assert meta.used_gks == (("", "ConfigMap"), ("", "Secret"))
    assert meta.used_gvs == (("", "v1"),)


def test_timestamps_are_go_texts() -> None:
    assert timestamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2026-01-02T03:04:05Z"
    assert timestamp(datetime(2026, 1, 2, 3, 4, 5, 120000, tzinfo=UTC)) == "2026-01-02T03:04:05.12Z"


def test_something_else_is_no_record() -> None:
    with pytest.raises(KappError, match="Parsing app metadata"):
        AppMeta.from_config_map({"data": {"spec": "{}"}})

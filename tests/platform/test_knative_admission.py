import base64
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from carvel_traces import history

from pkgops.formats import yaml
from pkgops.platform import certificate, knative
from pkgops.platform.knative.admission import WEBHOOKS
from pkgops.platform.knative.review import defaulted, problems

Obj = dict[str, Any]
USER = "system:serviceaccount:apps-prod:workload-service-account"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def recorded() -> Obj:
    return history("Service", "serving", "apps-prod")[0]


def applied() -> Obj:
    """The Service as kapp sent it: what it wrote down later as applied, before any default."""
    found = history("Service", "serving", "apps-prod")[1]
    return json.loads(found["metadata"]["annotations"]["kapp.k14s.io/original"])


def test_defaults_are_the_recorded_ones() -> None:
    assert defaulted(applied(), None, USER)["spec"] == recorded()["spec"]


def test_creator_and_modifier_are_the_recorded_ones() -> None:
    notes = defaulted(applied(), None, USER)["metadata"]["annotations"]
    found = recorded()["metadata"]["annotations"]
    for key in ("serving.knative.dev/creator", "serving.knative.dev/lastModifier"):
        assert notes[key] == found[key]


def changed(obj: Obj, env: str) -> Obj:
    result = json.loads(json.dumps(obj))
    result["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "NAME", "value": env}]
    return result


def test_second_version_without_the_annotations_is_refused() -> None:
    before = defaulted(applied(), None, USER)
    new = defaulted(changed(applied(), "two"), before, USER)
    assert problems(new, before) == [
        "annotation value is immutable: metadata.annotations.serving.knative.dev/creator"
    ]


def test_second_version_with_the_annotations_is_fine_and_signed() -> None:
    before = defaulted(applied(), None, "somebody")
    kept = changed(applied(), "two")
    kept["metadata"]["annotations"] = dict(before["metadata"]["annotations"])
    new = defaulted(kept, before, USER)
    assert problems(new, before) == []
    assert new["metadata"]["annotations"]["serving.knative.dev/creator"] == "somebody"
    assert new["metadata"]["annotations"]["serving.knative.dev/lastModifier"] == USER


def test_modifier_is_immutable_while_the_spec_stays() -> None:
    before = defaulted(applied(), None, USER)
    after = json.loads(json.dumps(before))
    after["metadata"]["annotations"]["serving.knative.dev/lastModifier"] = "me"
    assert problems(after, before) == [
        "annotation value is immutable: metadata.annotations.serving.knative.dev/lastModifier"
    ]


def review(path: str, obj: Obj, old: Obj | None = None) -> Obj:
    request = {"uid": "u", "object": obj, "oldObject": old, "userInfo": {"username": USER}}
    return WEBHOOKS.respond(path, {"request": request})["response"]


def test_answers_patch_and_refuse() -> None:
    response = review(WEBHOOKS.defaults_path, applied())
    patch = json.loads(base64.b64decode(response["patch"]))
    assert {item["path"] for item in patch} == {"/metadata", "/spec"}
    before = defaulted(applied(), None, USER)
    refusal = review(WEBHOOKS.validation_path, defaulted(changed(applied(), "two"), before, USER), before)
    assert not refusal["allowed"]
    assert refusal["status"]["message"] == (
        "validation failed: annotation value is immutable: metadata.annotations.serving.knative.dev/creator"
    )
    assert review(WEBHOOKS.validation_path, before)["allowed"]


def test_nothing_to_change_is_no_patch() -> None:
    before = defaulted(applied(), None, USER)
    assert "patch" not in review(WEBHOOKS.defaults_path, before, before)


def test_registrations_have_the_real_names() -> None:
    names = [item["webhooks"][0]["name"] for item in WEBHOOKS.registrations("https://10.0.0.1:1", "bundle")]
    assert names == ["webhook.serving.knative.dev", "validation.webhook.serving.knative.dev"]


def test_certificate_is_kept_while_it_fits(tmp_path: Path) -> None:
    first = certificate.ensure(tmp_path, "10.244.0.1", NOW)
    bundle = first.bundle
    assert certificate.ensure(tmp_path, "10.244.0.1", NOW).bundle == bundle
    assert certificate.ensure(tmp_path, "10.245.0.1", NOW).bundle != bundle
    assert first.key.stat().st_mode & 0o077 == 0
    renewed = certificate.ensure(tmp_path, "10.245.0.1", NOW + timedelta(days=3640)).bundle
    assert renewed != bundle
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(first.certificate, first.key)


def test_lists_of_named_entries_have_each_name_once_and_merge_by_it() -> None:
    """As in the real definitions: an API server refuses a variable that is there twice."""
    text = (Path(knative.__file__).parent / "crds.yaml").read_text()
    by = {"env": "name", "volumeMounts": "mountPath", "volumes": "name", "imagePullSecrets": "name"}
    for definition in yaml.parse_all(text, "crds.yaml"):
        if definition["spec"]["names"]["kind"] in ("Service", "Configuration", "Revision"):
            schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
            assert dict(keyed(schema)) == by


def keyed(schema: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if schema.get("x-kubernetes-list-type") == "map":
        (key,) = schema["x-kubernetes-list-map-keys"]
        item = schema["items"]
        assert key in item.get("required", ()) or "default" in item["properties"][key]
        yield name, key
    for field, inner in (schema.get("properties") or {}).items():
        yield from keyed(inner, field)
    if "items" in schema:
        yield from keyed(schema["items"], name)

import pytest
from fake_api import COLLECTION, FakeApi

from pkgops.kube import (
    AlreadyExists,
    ApiError,
    Client,
    Conflict,
    Denied,
    Forbidden,
    Invalid,
    NotFound,
    Unreachable,
)
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.reading import PAGE
from pkgops.kube.transport import Transport

IN_DEFAULT = "/api/v1/namespaces/default/configmaps"


def config_map(name: str = "one") -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}


def test_get_returns_the_object_and_find_none_for_a_missing_one(api: FakeApi, client: Client) -> None:
    api.put("one", {"a": "1"})
    assert client.get("v1", "ConfigMap", "one", "default")["data"] == {"a": "1"}
    assert client.find("v1", "ConfigMap", "two", "default") is None
    with pytest.raises(NotFound, match='configmaps "two" not found'):
        client.get("v1", "ConfigMap", "two", "default")


def test_a_list_is_read_page_by_page_and_its_items_say_what_they_are(api: FakeApi, client: Client) -> None:
    for index in range(PAGE + 3):
        api.put(f"c{index}", {})
    listed = client.list("v1", "ConfigMap")
    assert len(listed.items) == PAGE + 3
    assert listed.resource_version == str(api.version)
    assert {(item["apiVersion"], item["kind"]) for item in listed.items} == {("v1", "ConfigMap")}


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        (403, "Forbidden", Forbidden),
        (409, "AlreadyExists", AlreadyExists),
        (409, "Conflict", Conflict),
        (422, "Invalid", Invalid),
    ],
)
def test_refusals_are_typed_and_carry_the_servers_words(
    api: FakeApi, client: Client, status: int, reason: str, expected: type[Exception]
) -> None:
    body = {"kind": "Status", "reason": reason, "message": "the server's words"}
    api.answer_next("POST", IN_DEFAULT, status, body, {})
    with pytest.raises(expected, match="the server's words"):
        client.create(config_map())


def test_what_a_webhook_denies_is_no_matter_of_permission(api: FakeApi, client: Client) -> None:
    message = 'admission webhook "v.example.com" denied the request: invalid template'
    body = {"kind": "Status", "reason": "Forbidden", "message": message}
    api.answer_next("POST", IN_DEFAULT, 403, body, {})
    with pytest.raises(Denied, match="invalid template") as caught:
        client.create(config_map())
    assert "permission" not in caught.value.next


def test_a_throttled_request_is_repeated(api: FakeApi, client: Client) -> None:
    api.answer_next("POST", IN_DEFAULT, 429, {}, {"Retry-After": "0"})
    assert client.create(config_map())["metadata"]["name"] == "one"
    posts = [path for method, path, _ in api.requests if method == "POST"]
    assert posts == [IN_DEFAULT, IN_DEFAULT]


def test_apply_names_its_manager_and_sends_an_apply_patch(api: FakeApi, client: Client) -> None:
    client.apply(config_map(), manager="me", force=False, dry_run=True)
    method, path, headers = api.requests[-1]
    assert method == "PATCH"
    assert path == f"{IN_DEFAULT}/one?fieldManager=me&force=false&dryRun=All"
    assert headers["Content-Type"] == "application/apply-patch+yaml"


def test_delete_tells_whether_there_was_something(api: FakeApi, client: Client) -> None:
    api.answer_next("DELETE", f"{IN_DEFAULT}/one", 404, {"reason": "NotFound"}, {})
    assert client.delete("v1", "ConfigMap", "one", "default") is False
    assert client.delete("v1", "ConfigMap", "one", "default", uid="u") is True


def test_a_service_account_is_impersonated_with_its_groups(api: FakeApi, client: Client) -> None:
    account = client.as_service_account("default", "builder")
    assert [value for key, value in account.transport.headers() if key == "Impersonate-Group"] == [
        "system:serviceaccounts",
        "system:serviceaccounts:default",
        "system:authenticated",
    ]
    account.list("v1", "ConfigMap")
    assert api.requests[-1][2]["Impersonate-User"] == "system:serviceaccount:default:builder"


def test_a_kind_that_is_not_served_is_not_found(client: Client) -> None:
    assert client.serves("v1", "ConfigMap")
    assert not client.serves("v1", "Unicorn")
    with pytest.raises(NotFound, match="serves no kind Unicorn in v1"):
        client.list("v1", "Unicorn")


def test_a_server_that_does_not_answer_is_named_with_the_reason() -> None:
    nobody = Client(Transport(Endpoint(server="http://127.0.0.1:1", name="gone")))
    with pytest.raises(Unreachable) as caught:
        nobody.get("v1", "ConfigMap", "one", "default")
    assert caught.value.what == "cannot reach the API server of gone at http://127.0.0.1:1"
    assert "refused" in caught.value.why
    assert caught.value.exit_code == 3


def test_the_collection_path_of_all_namespaces_has_none(api: FakeApi, client: Client) -> None:
    client.list("v1", "ConfigMap", labels="a=b")
    assert api.requests[-1][1] == f"{COLLECTION}?labelSelector=a%3Db&limit={PAGE}"


def test_the_bytes_of_answers_and_streams_are_counted(api: FakeApi) -> None:
    counted: list[int] = []
    client = Client(Transport(Endpoint(server=api.url, name="fake"), received=counted.append))
    api.put("one", {"a": "x" * 1000})
    client.get("v1", "ConfigMap", "one", "default")
    assert 1000 < counted[-1] < 1500
    watch = client.watch("v1", "ConfigMap", resource_version="100")
    next(watch)
    assert 1000 < counted[-1] < 1500
    watch.close()


def test_pages_of_a_version_that_the_server_forgets_are_listed_anew(api, client):
    for name in ("one", "two"):
        api.put(name, {})
    first = {"metadata": {"resourceVersion": "1", "continue": "1"}, "items": [api.objects["default", "one"]]}
    api.answer_next("GET", COLLECTION, 200, first, {})
    api.answer_next("GET", COLLECTION, 410, {"reason": "Expired", "message": "too old"}, {})
    found = client.list("v1", "ConfigMap")
    assert [obj["metadata"]["name"] for obj in found.items] == ["one", "two"]
    assert found.resource_version == str(api.version)


@pytest.mark.parametrize("status", [401, 403, 408, 409, 410, 422, 429, 500, 503, 504])
def test_every_refusal_of_a_first_list_has_a_next_step(api, client, status):
    for _ in range(10):
        api.answer_next("GET", COLLECTION, status, {"message": "no"}, {"Retry-After": "0"})
    with pytest.raises(ApiError) as raised:
        client.list("v1", "ConfigMap")
    assert raised.value.status == status
    assert raised.value.next

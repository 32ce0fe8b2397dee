import pytest

from pkgops.platform.carto.interpolate import InterpolationError, interpolate

CONTEXT = {
    "params": {"n": 5, "t": True, "list": [1, "a"], "map": {"b": "<", "a": 1.5}, "null": None, "s": "text"},
    "workload": {"metadata": {"name": "hello"}},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("$(params.n)$", 5),
        ("$(params.t)$", True),
        ("$(params.list)$", [1, "a"]),
        ("$(params.map)$", {"b": "<", "a": 1.5}),
        ("$(params.null)$", None),
        ("a-$(params.n)$", "a-5"),
        ("$(params.s)$$(params.n)$", "text5"),
        ("$(params.s)$:$(params.t)$", "text:true"),
        ("x $(params.list)$", 'x [1,"a"]'),
        ("x $(params.map)$", 'x {"a":1.5,"b":"\\u003c"}'),
        ("$(params.x)", "$(params.x)"),
        ("echo $(date) $(workload.metadata.name", "echo $(date) $(workload.metadata.name"),
        ("$(workload.metadata.name)$-$(unclosed", "hello-$(unclosed"),
        ("$(workload.metadata.name)$ and $(date)", "hello and $(date)"),
    ],
)
def test_tags(text: str, value: object) -> None:
    assert interpolate({"k": text}, CONTEXT) == {"k": value}


def test_only_values_are_scanned_and_once() -> None:
    template = {"$(params.n)$": ["$(params.s)$", 7, None, {"x": []}]}
    assert interpolate(template, {"params": {"s": "$(params.n)$"}}) == {
        "$(params.n)$": ["$(params.n)$", 7, None, {"x": []}]
    }


@pytest.mark.parametrize(
    ("template", "detail"),
    [
        (
            {"spec": {"inputs": {"params": [{"value": "$(source.url)$"}]}}},
            "at path [spec.inputs.params.[0]value]: evaluate tag $(source.url)$: "
            "jsonpath returned empty list: source.url",
        ),
        (
            {"spec": {"build": {"env": [{}, {"value": "$(source.revision)$"}]}}},
            "at path [spec.build.env.[1]value]: evaluate tag $(source.revision)$: "
            "jsonpath returned empty list: source.revision",
        ),
        (
            {"spec": {"image": "$(source.url)$:$(source.revision)$"}},
            "at path [spec.image]: interpolate tag: evaluate jsonpath: "
            "jsonpath returned empty list: source.url",
        ),
        (
            {"spec": "x$(params.null)$"},
            "at path [spec]: interpolate tag: tag must not point to nil value: params.null",
        ),
        ({"b": "$(^)$", "a": "$()$"}, "at path [a]: evaluate tag $()$: empty jsonpath not allowed"),
    ],
)
def test_first_failing_tag_in_sorted_order(template: object, detail: str) -> None:
    with pytest.raises(InterpolationError) as caught:
        interpolate(template, CONTEXT)
    expected = f"failed to recursively evaluate template: failed to interpolate template {detail}"
    assert str(caught.value) == expected


def test_order_of_keys_is_kept() -> None:
    assert list(interpolate({"z": 1, "a": "$(params.n)$"}, CONTEXT)) == ["z", "a"]

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkgops.platform.carto.jsonpath import JsonPathError, NothingFound, evaluate, find
from pkgops.platform.carto.typed import Opaque, owner_view, plain

DATA = {
    "a": {"b": "c", "with-dash": 1, "app.kubernetes.io/part-of": "x", "null": None},
    "list": [{"k": "v1", "n": 1}, {"k": "v2", "n": 2}, {"k": "v3"}],
    "numbers": [10, 20, 30, 40],
    "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}]},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a.b", "c"),
        (".a.b", "c"),
        ("{.a.b}", "c"),
        ("{a.b}", "c"),
        ("a.with-dash", 1),
        (r"a.app\.kubernetes\.io/part-of", "x"),
        ("a['b']", "c"),
        ("list[0].k", "v1"),
        ("list[-1].k", "v3"),
        ("numbers[1:2]", 20),
        ("numbers[3:]", 40),
        ("numbers[0:3:3]", 10),
        ('status.conditions[?(@.type=="Ready")].status', "True"),
        ("status.conditions[?(@.type=='Ready')].status", "True"),
        ('status.conditions[?(@.status!="True")].type', "Other"),
        ("list[?(@.n>1)].k", "v2"),
        ("list[?(@.n<=1)].k", "v1"),
        ("a.null", None),
        ("..status.conditions[0].type", "Ready"),
        ("a", DATA["a"]),
    ],
)
def test_one_result(expression: str, value: object) -> None:
    assert evaluate(expression, DATA) == value


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("", "empty jsonpath not allowed"),
        ("nope", "jsonpath returned empty list: nope"),
        (".a.nope.deeper", "jsonpath returned empty list: .a.nope.deeper"),
        ("^", "jsonpath returned empty list: ^"),
        ("list[*].k", "too many results for the query: list[*].k"),
        ("a['b','with-dash']", "too many results for the query: a['b','with-dash']"),
        ("list[7]", "evaluate: failed to find results: array index out of bounds: index 7, length 3"),
        ("list[-9]", "evaluate: failed to find results: array index out of bounds: index -6, length 3"),
        ("a[0]", "evaluate: failed to find results: map[string]interface {} is not array or slice"),
        ("a.b[0]", "evaluate: failed to find results: string is not array or slice"),
        (
            "list[0]!",
            "evaluate: failed to parse jsonpath '{.list[0]!}': unrecognized character in action: U+0021 '!'",
        ),
        ("list[x]", "evaluate: failed to parse jsonpath '{.list[x]}': invalid array index x"),
        ("list[0", "evaluate: failed to parse jsonpath '{.list[0}': unterminated array"),
        (
            "list[?(@.k=='v1')",
            "evaluate: failed to parse jsonpath '{.list[?(@.k=='v1')}': unclosed array expect ]",
        ),
        ("list[?(@.n=='1')].k", "evaluate: failed to find results: incompatible types for comparison"),
    ],
)
def test_errors_have_upstreams_words(expression: str, text: str) -> None:
    with pytest.raises(JsonPathError) as caught:
        evaluate(expression, DATA)
    assert str(caught.value) == text


def test_existence_filter_and_wildcards() -> None:
    assert find("list[?(@.n)].k", DATA) == ["v1", "v2"]
    assert find("list[*].k", DATA) == ["v1", "v2", "v3"]
    assert find("numbers[::2]", DATA) == [10, 30]
    assert find("a.*", {"a": {"y": 2, "x": 1}}) == [1, 2]


def test_quotes_in_brackets_do_not_protect_dots() -> None:
    assert evaluate("a['b.c']", {"a": {"b": {"c": 5}, "b.c": 6}}) == 5


def owner(**spec: object) -> dict[str, object]:
    return {
        "apiVersion": "carto.run/v1alpha1",
        "kind": "Workload",
        "metadata": {"name": "w", "namespace": "n", "labels": {"l": "1"}},
        "spec": spec,
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.params", None),
        ("spec.source", None),
        ("spec.env", None),
        ("spec.image", None),
        ("spec.resources", None),
        ("spec.serviceClaims", None),
        ("spec.serviceAccountName", ""),
        ("spec.build", {}),
        ("spec.build.env", None),
        ("metadata.annotations", None),
        ("metadata.labels.l", "1"),
    ],
)
def test_declared_but_unset_fields_of_an_owner_are_null(path: str, value: object) -> None:
    assert evaluate(path, owner_view(owner())) == value


@pytest.mark.parametrize("path", ["spec.source.git", "spec.unknown", "metadata.labels.other", "spec.env.x"])
def test_below_null_and_unknown_is_missing(path: str) -> None:
    with pytest.raises(NothingFound):
        evaluate(path, owner_view(owner()))


def test_unset_leaves_below_a_set_parent_are_null() -> None:
    view = owner_view(owner(source={"git": {"ref": {"branch": "main"}}}))
    assert evaluate("spec.source.git.url", view) is None
    assert evaluate("spec.source.image", view) is None
    assert evaluate("spec.source.git.ref.tag", view) is None
    assert evaluate("spec.source.git.ref", view) == {"branch": "main"}


def test_params_are_opaque_but_can_be_taken_whole() -> None:
    view = owner_view(owner(params=[{"name": "p", "value": {"deep": 1}}]))
    assert evaluate('spec.params[?(@.name=="p")].value', view) == {"deep": 1}
    with pytest.raises(NothingFound):
        evaluate('spec.params[?(@.name=="p")].value.deep', view)
    with pytest.raises(NothingFound):
        evaluate("params.p.deep", {"params": {"p": Opaque({"deep": 1})}})


def test_printing_leaves_unset_fields_out_but_keeps_structs_held_by_value() -> None:
    assert plain(owner_view(owner(image="i")))["spec"] == {"image": "i", "build": {}}


def test_runnable_inputs_are_opaque() -> None:
    runnable = {**owner(inputs={"x": {"y": 1}}, runTemplateRef={"name": "t"}), "kind": "Runnable"}
    assert evaluate("spec.inputs.x", owner_view(runnable)) == {"y": 1}
    with pytest.raises(NothingFound):
        evaluate("spec.inputs.x.y", owner_view(runnable))


@settings(deadline=None)
@given(st.text("abx.[]()?@*:,'\"=!<>$0123456789-\\ {}", max_size=25))
def test_any_text_is_evaluated_or_refused(expression: str) -> None:
    data = {"a": [{"b": 1}, {"b": "x"}], "b": {"a": None}, "x": "text"}
    with contextlib.suppress(JsonPathError):
        evaluate(expression, data)

"""Data values, schema, files, libraries: what one rendering is made of."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pkgops.ytt import DataValues, InputFile, YttError, render
from pkgops.ytt.command import CommandRequest, bulk_input, execute
from pkgops.ytt.marks import apply_marks
from pkgops.ytt.options import Options
from pkgops.ytt.sandbox import isolated
from pkgops.ytt.sources import Sources, Symlinks

DATA = '#@ load("@ytt:data", "data")\n'
SHOW = InputFile(
    path="show.yml", content=DATA + '#@ load("@ytt:struct", "struct")\n--- #@ struct.decode(data.values)\n'
)
SCHEMA = InputFile(
    path="schema.yml",
    content="#@data/values-schema\n---\nname: app\nport: 80\n#@schema/nullable\nhost: a\n"
    "#@schema/type any=True\nfree: null\nlist:\n- name: ''\n  size: 1\n"
    '#@schema/validation min_len=2, one_of=["dev", "prod"]\nenv: dev\n',
)
NAMED = InputFile(path="values.yml", content="#@data/values\n---\nname: first\nmap: {a: 1}\n")


def values_file(text: str, reference: str = "") -> DataValues:
    return DataValues(files=[(reference, InputFile(path="given.yml", content=text))])


def test_precedence_from_weak_to_strong() -> None:
    values = DataValues(
        files=[("", InputFile(path="f.yml", content="a: file\nb: file\nc: file\nd: file\ne: {}\n"))],
        env_strings=["APP"],
        environment={"APP_b": "env", "APP_c": "env", "APP_d": "env", "APP_e__f": "env", "OTHER_a": "no"},
        strings=[("c", "string"), ("d", "string")],
        yaml=[("d", "[1]")],
        contents=[("g", "content", "path")],
    )
    assert render([SHOW], values) == "a: file\nb: env\nc: string\nd:\n- 1\ne:\n  f: env\ng: content\n"


def test_first_document_is_the_base_and_later_ones_are_overlays() -> None:
    second = InputFile(path="more.yml", content="#@data/values\n---\nnew: 1\n")
    with pytest.raises(
        YttError, match=r"Overlaying data values \(in following order: values.yml, more.yml\)"
    ):
        render([NAMED, second, SHOW])
    load = '#@ load("@ytt:overlay", "overlay")\n'
    allowed = InputFile(
        path="more.yml", content=load + "#@data/values\n---\n#@overlay/match missing_ok=True\nnew: 1\n"
    )
    assert render([NAMED, allowed, SHOW]) == "name: first\nmap:\n  a: 1\nnew: 1\n"


def test_schema_gives_defaults_and_fills_in_items() -> None:
    expected = "name: app\nport: 8080\nhost: null\nfree: null\nlist:\n- name: x\n  size: 1\nenv: dev\n"
    assert render([SCHEMA, SHOW], values_file("port: 8080\nlist: [{name: x}]\n")) == expected


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "port: x\n",
            ["given.yml:", "1 | port: x", "= found: string", "= expected: integer (by schema.yml:4)"],
        ),
        ("hostt: a\n", ["Given data value is not declared in schema", '= hint: did you mean "host"?']),
        ("host: [1]\n", ["= found: array", "= expected: string (by schema.yml:6)"]),
        ("name: null\n", ["= found: null", "= expected: string (by schema.yml:3)"]),
        ("list: [{size: 1.5}]\n", ["= found: float", "= expected: integer (by schema.yml:11)"]),
    ],
)
def test_schema_violations_say_where_and_what(text: str, lines: list[str]) -> None:
    with pytest.raises(YttError, match="One or more data values were invalid") as caught:
        render([SCHEMA, SHOW], values_file(text))
    for line in lines:
        assert line in caught.value.text


def test_validation_rules_of_the_schema() -> None:
    with pytest.raises(YttError, match="Validating final data values") as caught:
        render([SCHEMA, SHOW], values_file("env: x\n"))
    rule = "    - must be: length >= 2 (by: schema.yml:12)\n      found: length = 1\n"
    expected = f"  env\n    from: given.yml:1\n{rule}"
    assert expected in caught.value.text
    assert render([SCHEMA, SHOW], values_file("env: x\n"), Options(skip_validation=True)).endswith("env: x\n")


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("a: null\n", "null value not allowed here"),
        ("a: []\n", "wrong number of items in array definition"),
        ("#@schema/type\na: 1\n", "missing keyword argument and value"),
        ("#@schema/default 'x'\na: 1\n", "@schema/default is wrong type"),
        ("#@schema/examples ('one', 'x')\na: 1\n", "@schema/examples has wrong type"),
        ("#@schema/desc 1\na: 1\n", "Non-string value in @schema/desc"),
        ("#@schema/type any=True\na:\n  #@schema/nullable\n  b: 1\n", 'an "any type" fragment'),
        ("#@schema/validation 1\na: 1\n", "expected annotation to have 2-tuple"),
    ],
)
def test_malformed_schemas(schema: str, message: str) -> None:
    with pytest.raises(YttError, match=message):
        render([InputFile(path="schema.yml", content=f"#@data/values-schema\n---\n{schema}"), SHOW])


def test_schema_as_openapi() -> None:
    request = CommandRequest(
        files=(SCHEMA,), values=DataValues(), options=Options(), outputs=("openapi-v3",), inspect_schema=True
    )
    text = execute(request).text
    assert "        port:\n          type: integer\n          default: 80\n" in text
    assert (
        "        host:\n          type: string\n          nullable: true\n          default: null\n" in text
    )


def test_data_values_files_are_plain() -> None:
    with pytest.raises(YttError, match="Expected to be plain YAML, having no annotations"):
        render([SHOW], values_file("a: #@ 1\n"))


def test_files_load_each_other_and_read_data() -> None:
    files = [
        InputFile(path="lib/f.star", content="def double(x):\n  return x * 2\nend\n_hidden = 1\n"),
        InputFile(path="lib/t.lib.yml", content="#@ def item(n):\nname: #@ n\n#@ end\n"),
        InputFile(path="data.json", content='{"k": 1}'),
        InputFile(
            path="a.yml",
            content=DATA + '#@ load("lib/f.star", "double")\n#@ load("/lib/t.lib.yml", make="item")\n'
            'v: #@ double(2)\nt: #@ make("x")\nd: #@ data.read("data.json")\nl: #@ data.list()\n',
        ),
    ]
    assert render(files) == (
        "v: 4\nt:\n  name: x\nd: '{\"k\": 1}'\nl:\n- data.json\n- a.yml\n- lib/f.star\n- lib/t.lib.yml\n"
    )


@pytest.mark.parametrize(
    ("load", "message"),
    [
        ('"missing.star", "x"', "Expected to find file 'missing.star'"),
        ('"data.txt", "x"', "to be a library file, but was not"),
        ('"f.star", x="nope"', "load: name nope not found in module f.star"),
        ('"@ytt:nope", "x"', "does not have module 'nope'"),
        ('"@lib:f.star", "x"', "Could not find private library"),
        ('"../f.star", "x"', "Expected to find file"),
        ('"/etc/passwd", "x"', "Expected to find file"),
    ],
)
def test_only_given_files_can_be_loaded(load: str, message: str) -> None:
    files = [
        InputFile(path="f.star", content="y = 1\n"),
        InputFile(path="data.txt", content="text"),
        InputFile(path="a.yml", content=f"#@ load({load})\na: #@ x\n"),
    ]
    with pytest.raises(YttError, match=message):
        render(files)


LIBRARY = [
    InputFile(path="_ytt_lib/app/values.yml", content="#@data/values\n---\nname: inner\n"),
    InputFile(path="_ytt_lib/app/a.yml", content=DATA + "name: #@ data.values.name\n"),
    InputFile(path="_ytt_lib/app/f.star", content="def shout(x):\n  return x.upper()\nend\n"),
    InputFile(
        path="use.yml",
        content='#@ load("@ytt:library", "library")\n#@ load("@ytt:template", "template")\n'
        '#@ app = library.get("app", alias="one").with_data_values({"name": "outer"})\n'
        '--- #@ template.replace(app.eval())\n---\nx: #@ app.export("shout")("x")\n'
        "z: #@ app.data_values().name\n",
    ),
]


def test_libraries_have_values_of_their_own() -> None:
    assert render(LIBRARY) == "name: outer\n---\nx: X\nz: outer\n"


def test_values_from_outside_reach_libraries_by_name_or_alias() -> None:
    assert render(LIBRARY, values_file("name: flag\n", "@~one")).startswith("name: outer\n")
    with pytest.raises(
        YttError, match="to be used but found unused: Data Value belonging to library '@other'"
    ):
        render(LIBRARY, values_file("name: flag\n", "@other"))


def test_file_marks() -> None:
    files = [
        InputFile(path="a.yml", content="a: 1\n"),
        InputFile(path="d/b.txt", content="text"),
        InputFile(path="d/c.conf", content="c: #@ 1 + 1\n"),
    ]
    marks = ["a.yml:exclude=true", "d/*.conf:type=yaml-template", "**/*.conf:path=e.yml"]
    marked = apply_marks(files, marks)
    assert [file.path for file in marked] == ["d/b.txt", "e.yml"]
    assert render(marked) == "c: 2\n"
    with pytest.raises(YttError, match="to match at least one file by path"):
        apply_marks(files, ["nothing:exclude=true"])
    only = apply_marks(files, ["d/b.txt:exclusive-for-output=true"])
    assert [file.is_for_output() for file in only] == [False, True, False]


def test_results_by_path_with_texts_first() -> None:
    files = (
        InputFile(path="b.yml", content="b: 1\n"),
        InputFile(path="a.txt", content="(@ for i in range(2): -@)\n(@= str(i) @)(@ end @)!"),
    )
    request = CommandRequest(files=files, values=DataValues(), options=Options(), as_files=True)
    assert execute(request).files == (("a.txt", "01!"), ("b.yml", "b: 1\n"))


def test_bulk_input_is_checked() -> None:
    assert bulk_input('{"files": [{"name": "a.yml", "data": "a: 1"}]}')[0].path == "a.yml"
    with pytest.raises(YttError, match="--bulk-in is not JSON with files"):
        bulk_input("[1]")


def test_sources_read_directories_sorted_and_refuse_links(tmp_path: Path) -> None:
    (tmp_path / "d/sub").mkdir(parents=True)
    (tmp_path / "d/b.yml").write_text("b: 1")
    (tmp_path / "d/sub/a.yml").write_text("a: 1")
    sources = Sources(Symlinks(), lambda: b"in: 1")
    found = sources.files([str(tmp_path / "d"), "-", f"named.yml={tmp_path / 'd/b.yml'}"])
    assert [file.path for file in found] == ["b.yml", "sub/a.yml", "stdin.yml", "named.yml"]
    (tmp_path / "d/link.yml").symlink_to("/etc/hostname")
    with pytest.raises(YttError, match="symlinks are disallowed as a security feature"):
        sources.files([str(tmp_path / "d")])
    assert len(Sources(Symlinks(allow_all=True)).files([str(tmp_path / "d")])) == 3
    with pytest.raises(YttError, match="Checking file"):
        sources.files([str(tmp_path / "missing")])


def test_a_child_that_eats_memory_is_stopped() -> None:
    template = (
        "#@ l = []\n#@ for i in range(1000000000):\n#@   l.append('x' * 1000000 + str(i))\n#@ end\na: 1\n"
    )

    def run() -> str:
        return render([InputFile(path="a.yml", content=template)])

    with pytest.raises(YttError, match="stopped because it needed more than 64 MiB of memory"):
        isolated(run, memory_mib=64, seconds=60)


def test_a_child_that_hangs_is_killed_after_its_share_of_cpu() -> None:
    def hang() -> None:
        while True:
            pass

    with pytest.raises(YttError, match=r"took more than 0\.1 seconds"):
        isolated(hang, memory_mib=64, seconds=0.1)


def test_waiting_is_no_use_of_time() -> None:
    # Longer than the limit and its grace: a busy machine makes every child wait.
    assert isolated(lambda: time.sleep(2.3) or "done", memory_mib=64, seconds=0.1) == "done"


def test_errors_and_results_come_back_from_the_child() -> None:
    assert (
        isolated(lambda: render([InputFile(path="a.yml", content="a: #@ 1\n")]), memory_mib=256, seconds=60)
        == "a: 1\n"
    )
    with pytest.raises(YttError, match="undefined: x"):
        isolated(lambda: render([InputFile(path="a.yml", content="a: #@ x\n")]), memory_mib=256, seconds=60)

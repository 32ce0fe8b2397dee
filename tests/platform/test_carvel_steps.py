"""Fetching and templating of what needs no registry, and the flags of deployments."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_registry import FakeRegistry
from registry_fixtures import registry

from pkgops.kapp import Options
from pkgops.oci import ANONYMOUS, ImageRef, RegistryClient
from pkgops.oci.bundle import build_image, push
from pkgops.platform.carvel.deploy import Deployer, annotations_without_effect, for_app
from pkgops.platform.carvel.fetch import Fetcher
from pkgops.platform.carvel.filterflags import FlagValueError
from pkgops.platform.carvel.flags import ALLOWED, DELETE_ALLOWED, FlagProblem, options_of, without_effect
from pkgops.platform.carvel.outcome import Outcome
from pkgops.platform.carvel.secrets import References, referenced
from pkgops.platform.carvel.template import Templater
from pkgops.platform.fieldsupport import Field, fields_of

Obj = dict[str, Any]
__all__ = ["registry"]


class Objects:
    """The outer edge: answers for a cluster that has these Secrets and ConfigMaps."""

    def __init__(self, **found: Obj) -> None:
        self.found = found

    def find(self, _api: str, kind: str, name: str, _namespace: str) -> Obj | None:
        return self.found.get(f"{kind}_{name}")


VALUES = {"data": {"values.yml": base64.b64encode(b"who: secret\n").decode()}}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
REFERENCES = References(Objects(Secret_vals=VALUES, ConfigMap_files={"data": {"b.txt": "B"}}), "apps")  # type: ignore[arg-type]
TEMPLATE = '#@ load("@ytt:data", "data")\na: #@ data.values.who\n'


def templated(steps: list[Obj], folder: Path) -> Any:
    return Templater(REFERENCES, {"name": "web"}).run(steps, folder)


def test_inline_files_and_the_lock(tmp_path: Path) -> None:
    sources = [{"inline": {"paths": {"x/a.yml": "a: 1"}, "pathsFrom": [{"configMapRef": {"name": "files"}}]}}]
    start, outcome = Fetcher(REFERENCES).fetch(sources, tmp_path)
    assert start == tmp_path / "0"
    assert ((start / "x/a.yml").read_text(), (start / "b.txt").read_text()) == ("a: 1", "B")
    assert outcome.stdout.endswith(
        '- contents:\n  - inline: {}\n    path: .\n  path: "0"\nkind: LockConfig\n'
    )


@pytest.mark.parametrize(
    ("sources", "error"),
    [
        ([], "Expected at least one fetch option"),
        ([{"inline": {"paths": {"../../x": "a"}}}], "Fetching (0): Checking path: "),
        (
            [{"inline": {"pathsFrom": [{"secretRef": {"name": "no"}}]}}],
            'Fetching (0): secrets "no" not found',
        ),
        (
            [{"inline": {"pathsFrom": [{"secret": {"name": "vals"}}]}}],
            "Fetching (0): Expected either secretRef or configMapRef as a source",
        ),
        ([{"helmChart": {"name": "x"}}], "Fetching (0): Unsupported way to fetch (helmChart"),
        (
            [{"imgpkgBundle": {"image": "x/y:1", "secretRef": {"name": "no"}}}],
            'Fetching (0): secrets "no" not found',
        ),
    ],
)
def test_what_cannot_be_fetched(sources: list[Obj], error: str, tmp_path: Path) -> None:
    _, outcome = Fetcher(REFERENCES).fetch(sources, tmp_path)
    assert outcome.error.startswith(error)
    assert outcome.exit_code == -1


def test_templates_get_values_of_secrets_and_the_downward_api(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(TEMPLATE)
    assert (
        templated([{"ytt": {"valuesFrom": [{"secretRef": {"name": "vals"}}]}}], tmp_path).stdout
        == "a: secret\n"
    )
    items = [{"name": "who", "fieldPath": "metadata.name"}]
    assert (
        templated([{"ytt": {"valuesFrom": [{"downwardAPI": {"items": items}}]}}], tmp_path).stdout
        == "a: web\n"
    )


def test_output_of_a_step_is_the_input_of_the_next(tmp_path: Path) -> None:
    digest = "sha256:" + "1" * 64
    (tmp_path / "a.yml").write_text(
        "kind: Pod\napiVersion: v1\nspec: {containers: [{image: 'r.example/app:1'}]}\n"
    )
    lock = {"image": f"r.example/app@{digest}", "annotations": {"kbld.carvel.dev/id": "r.example/app:1"}}
    (tmp_path / ".imgpkg").mkdir()
    (tmp_path / ".imgpkg/images.yml").write_text(
        "apiVersion: imgpkg.carvel.dev/v1alpha1\nkind: ImagesLock\nimages:\n"
        f"- image: {lock['image']}\n  annotations: {{kbld.carvel.dev/id: 'r.example/app:1'}}\n"
    )
    steps = [{"ytt": {"paths": ["."]}}, {"kbld": {"paths": ["-", ".imgpkg/images.yml"]}}]
    outcome = templated(steps, tmp_path)
    assert f"image: r.example/app@{digest}" in outcome.stdout
    assert "ImagesLock" not in outcome.stdout
    assert outcome.stderr == f"resolve | final: r.example/app:1 -> r.example/app@{digest}\n"


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ([], "Expected at least one template option"),
        ([{"helmTemplate": {}}], "Unsupported way to template"),
        ([{"ytt": {"paths": ["../x"]}}], "Checking path: Invalid path: ../x"),
        ([{"ytt": {"valuesFrom": [{"path": "../x"}]}}], "Preparing template values: Invalid path: ../x"),
        ([{"ytt": {"paths": ["-"]}}], "Expected stdin to be available"),
        ([{"ytt": {"valuesFrom": [{"secretRef": {"name": "no"}}]}}], "Preparing template values: secrets"),
        (
            [{"ytt": {"valuesFrom": [{"secret": {"name": "vals"}}]}}],
            "Preparing template values: Expected one of secretRef, configMapRef, downwardAPI, or path as a "
            "source",
        ),
        (
            [
                {
                    "ytt": {
                        "valuesFrom": [
                            {"downwardAPI": {"items": [{"name": "a", "fieldPath": "metadata.nam"}]}}
                        ]
                    }
                }
            ],
            "Preparing template values: nam is not found",
        ),
    ],
)
def test_what_cannot_be_templated(steps: list[Obj], error: str, tmp_path: Path) -> None:
    assert templated(steps, tmp_path).error.startswith(error)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (
            {"ytt": {"paths": ["config/x.yml"]}},
            "ytt: Error: Checking file 'config/x.yml': lstat config/x.yml: no such file or directory\n",
        ),
        (
            {"ytt": {"valuesFrom": [{"path": "x.yml"}]}},
            "ytt: Error: Extracting data value from file: Find files 'x.yml': "
            "Checking file 'x.yml': lstat x.yml: no such file or directory\n",
        ),
        (
            {"kbld": {"paths": ["x.yml"]}},
            "kbld: Error: Unable to stat file: stat x.yml: no such file or directory\n",
        ),
    ],
)
def test_a_missing_path_is_told_by_its_tool_and_alike_each_time(step: Obj, said: str, tmp_path: Path) -> None:
    outcome = templated([step], tmp_path)
    assert outcome.error == "Templating dir: Error (see .status.usefulErrorMessage for details)"
    assert outcome.stderr == said


@pytest.mark.parametrize(
    ("text", "kind"), [("- a\n", "array"), ("web\n", "string"), ("5\n", "number"), ("true\n", "bool")]
)
def test_what_is_no_resource_is_told_by_kbld(text: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(text)
    said = (
        "kbld: Error: Parsing {0} doc 1: error unmarshaling JSON: while decoding JSON: "
        f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{{{}}}}\n"
    )
    assert templated([{"kbld": {}}], tmp_path).stderr == said.format("file 'a.yml'")
    assert templated([{"ytt": {}}, {"kbld": {}}], tmp_path).stderr == said.format("stdin")


def test_values_come_from_all_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("#@ load('@ytt:data', 'data')\n---\nx: #@ data.values.x\n")
    (tmp_path / "values").mkdir()
    (tmp_path / "values/one.yml").write_text("x: 1\n")
    (tmp_path / "values/two.yml").write_text("x: 2\n")
    (tmp_path / "values/README.md").write_text("Not: [values\n")
    step = {"ytt": {"paths": ["a.yml"], "valuesFrom": [{"path": "values"}]}}
    assert templated([step], tmp_path).stdout == "x: 2\n"


def test_an_outcome_without_a_folder_names_what_is_in_it_alone() -> None:
    outcome = Outcome(stderr="/tmp/f/0/a.yml: bad, in /tmp/f", error="/tmp/f/b", exit_code=1)
    told = outcome.without(Path("/tmp/f"))
    assert (told.stderr, told.error, told.exit_code) == ("0/a.yml: bad, in .", "b", 1)


def test_bad_template_is_explained_by_ytt(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("a: #@ nope\n")
    outcome = templated([{"ytt": {}}], tmp_path)
    assert outcome.error == "Templating dir: Error (see .status.usefulErrorMessage for details)"
    assert outcome.exit_code == 1
    assert outcome.stderr.startswith("ytt: Error: \n- undefined: nope")


def test_flags() -> None:
    flags = [
        "--wait=false",
        "--app-changes-max-to-keep=7",
        "--debug=true",
        "--wait-timeout=1m",
        "--into-ns=x",
    ]
    options, timeout = options_of(flags, Options())
    assert (options.wait, options.changes_to_keep, options.into_ns, timeout) == (False, 7, "x", "1m")
    with pytest.raises(
        FlagProblem, match=r"Unexpected flag '--kubeconfig' specified \(either forbidden or unknown\)"
    ):
        options_of(["--kubeconfig=x"], Options())


def test_references_of_a_spec() -> None:
    spec = {"fetch": [{"image": {"secretRef": {"name": "a"}}}], "x": [{"configMapRef": {"name": "b"}}]}
    assert list(referenced(spec)) == [("Secret", "a"), ("ConfigMap", "b")]


def pushed(registry: FakeRegistry, tag: str, folder: Path) -> str:
    repository = f"{registry.host}/demo/files"
    image = build_image([folder], bundle=False)
    push(RegistryClient(ANONYMOUS), ImageRef.parse(f"{repository}:{tag}"), image)
    return repository


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    (folder / "pick/deep").mkdir(parents=True)
    for name in ("other.yml", "pick/a.yml", "pick/deep/b.yml"):
        (folder / name).write_text("a: 1\n")
    return folder


def test_only_what_lies_below_a_sub_path_stays(registry: FakeRegistry, files: Path, tmp_path: Path) -> None:
    url = f"{pushed(registry, '1.0.0', files)}:1.0.0"
    start, outcome = Fetcher(REFERENCES).fetch([{"image": {"url": url, "subPath": "pick"}}], tmp_path / "to")
    assert outcome.error == ""
    found = sorted(str(path.relative_to(start)) for path in start.rglob("*.yml"))
    assert found == ["a.yml", "deep/b.yml"]
    assert [path.name for path in (tmp_path / "to").iterdir()] == ["0"]
    _, failed = Fetcher(REFERENCES).fetch([{"image": {"url": url, "subPath": "no"}}], tmp_path / "other")
    assert failed.exit_code == 1
    assert failed.stderr == (
        "vendir: Error: Syncing directory '0':\n  Changing to new root path '.':\n"
        "    Expected directory 'no' (subpath) to exist (found other directories: pick)\n"
    )


@pytest.mark.parametrize(
    ("sub_path", "said"),
    [
        ("pick/dep", "Expected directory 'pick/dep' (subpath) to exist (found other directories: pick/deep)"),
        ("pick/deep/no", "Expected directory 'pick/deep/no' (subpath) to exist"),
        ("no/where", "Expected directory 'no/where' (subpath) to exist"),
        ("../out", "Invalid path: ../out"),
    ],
)
def test_a_sub_path_that_is_not_there_is_told_as_vendir_does(
    registry: FakeRegistry, files: Path, tmp_path: Path, sub_path: str, said: str
) -> None:
    url = f"{pushed(registry, '1.0.0', files)}:1.0.0"
    _, failed = Fetcher(REFERENCES).fetch([{"image": {"url": url, "subPath": sub_path}}], tmp_path / "to")
    assert failed.stderr.endswith(f"  Changing to new root path '.':\n    {said}\n")


@pytest.mark.parametrize(
    ("constraints", "tag"), [(">=1.0.0 <2.0.0", "1.1.0"), ("", "2.0.0"), ("1.2.0-rc.1", "1.2.0-rc.1")]
)
def test_the_highest_version_in_range_is_fetched(
    registry: FakeRegistry, files: Path, tmp_path: Path, constraints: str, tag: str
) -> None:
    for name in ("1.0.0", "1.1.0", "1.2.0-rc.1", "2.0.0", "latest"):
        url = pushed(registry, name, files)
    image = {"url": url, "tagSelection": {"semver": {"constraints": constraints}}}
    _, outcome = Fetcher(REFERENCES).fetch([{"image": image}], tmp_path / "to")
    assert f"tag: {tag}\n" in outcome.stdout


@pytest.mark.parametrize("way", [("image", "url"), ("imgpkgBundle", "image")])
@pytest.mark.parametrize(
    ("selection", "words"),
    [
        ({"semver": {"constraints": ">=3.0.0"}}, "Expected to find at least one version, but did not"),
        ({"semver": {"constraints": "nonsense"}}, "nonsense"),
        ({"newest": {}}, "Unsupported version selection type"),
    ],
)
def test_a_tag_selection_that_chooses_nothing_says_why(
    registry: FakeRegistry, files: Path, tmp_path: Path, selection: Obj, words: str, way: tuple[str, str]
) -> None:
    kind, field = way
    source = {field: pushed(registry, "1.0.0", files), "tagSelection": selection}
    _, outcome = Fetcher(REFERENCES).fetch([{kind: source}], tmp_path / "to")
    assert words in outcome.stderr


def test_file_marks_and_strictness_are_ytts(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("a: 1\n")
    (tmp_path / "skip.yml").write_text("not: [valid\n")
    marked = templated([{"ytt": {"fileMarks": ["skip.yml:exclude=true"]}}], tmp_path)
    assert (marked.error, marked.stdout) == ("", "a: 1\n")
    assert templated([{"ytt": {}}], tmp_path).exit_code == 1
    (tmp_path / "skip.yml").write_text("b: yes\n")
    assert templated([{"ytt": {}}], tmp_path).error == ""
    assert "ytt: Error" in templated([{"ytt": {"strict": True}}], tmp_path).stderr


def test_flags_map_namespaces_and_the_look_for_unlabelled_resources() -> None:
    flags = ["--map-ns=a=b,c=d", "--map-ns=e=f", "--existing-non-labeled-resources-check=false"]
    options, _ = options_of(flags, Options())
    assert options.map_ns == (("a", "b"), ("c", "d"), ("e", "f"))
    assert options.check_existing is False


class Accounts:
    """The outer edge: a cluster that has every service account."""

    def find(self, _api: str, kind: str, name: str, _namespace: str) -> Obj | None:
        return {"kind": kind, "metadata": {"name": name}}

    def as_service_account(self, _namespace: str, _name: str) -> "Accounts":
        return self


def deployer(kapp: Obj, **meta: str) -> Deployer:
    spec = {"serviceAccountName": "a", "deploy": [{"kapp": kapp}]}
    app = {"metadata": {"name": "web", "namespace": "apps", **meta}, "spec": spec}
    return for_app(app, Accounts(), lambda: NOON, lambda: False)  # type: ignore[arg-type]


def test_deleting_has_flags_of_its_own() -> None:
    kapp = {"rawOptions": ["--wait-timeout=1m"], "delete": {"rawOptions": ["--wait-timeout=2m"]}}
    assert deployer(kapp).timeout == timedelta(minutes=1)
    assert deployer(kapp, deletionTimestamp="2026-01-01T00:00:00Z").timeout == timedelta(minutes=2)
    forbidden = {"delete": {"rawOptions": ["--into-ns=x"]}}
    deployer(forbidden)
    with pytest.raises(FlagProblem, match="Unexpected flag '--into-ns' specified"):
        deployer(forbidden, deletionTimestamp="2026-01-01T00:00:00Z")


@pytest.mark.parametrize("flag", ["--raw", "--status", "--tree"])
def test_flags_of_inspecting_are_none_of_deploying(flag: str) -> None:
    with pytest.raises(FlagProblem, match=f"Unexpected flag '{flag}' specified"):
        options_of([f"{flag}=true"], Options())


@pytest.mark.parametrize(
    "flag", ["--wait", "--wait=", "wait=true", "-p=true", "--diff_run=true", "--wait true"]
)
def test_a_flag_has_one_form_alone(flag: str) -> None:
    """kapp-controller is strict: what kapp itself takes as a switch is none there."""
    with pytest.raises(FlagProblem) as caught:
        options_of([flag], Options())
    assert str(caught.value) == f"Expected flag '{flag}' to be in '--name=val' format"


BOOLEAN, INTEGER = (
    "strconv.ParseBool: parsing {}: invalid syntax",
    "strconv.ParseInt: parsing {}: invalid syntax",
)


@pytest.mark.parametrize(
    ("flag", "shown", "said"),
    [
        ("--wait=maybe", "--wait", BOOLEAN.format('"maybe"')),
        ("--wait=yes", "--wait", BOOLEAN.format('"yes"')),
        ("--debug=on", "--debug", BOOLEAN.format('"on"')),
        ("--diff-changes=x", "-c, --diff-changes", BOOLEAN.format('"x"')),
        ("--patch=tRUE", "-p, --patch", BOOLEAN.format('"tRUE"')),
        ("--app-changes-max-to-keep=few", "--app-changes-max-to-keep", INTEGER.format('"few"')),
        ("--diff-context=2.5", "--diff-context", INTEGER.format('"2.5"')),
        ("--wait-concurrency=1_", "--wait-concurrency", INTEGER.format('"1_"')),
        ("--kube-api-qps=fast", "--kube-api-qps", 'strconv.ParseFloat: parsing "fast": invalid syntax'),
        ("--wait-timeout=often", "--wait-timeout", 'time: invalid duration "often"'),
        ("--wait-timeout=5", "--wait-timeout", 'time: missing unit in duration "5"'),
        ("--wait-timeout=5d", "--wait-timeout", 'time: unknown unit "d" in duration "5d"'),
        ("--apply-timeout=1m 5s", "--apply-timeout", 'time: unknown unit "m " in duration "1m 5s"'),
        ("--wait-check-interval=-", "--wait-check-interval", 'time: invalid duration "-"'),
    ],
)
def test_a_value_that_kapp_does_not_take_is_told_in_its_words(flag: str, shown: str, said: str) -> None:
    value = flag.partition("=")[2]
    with pytest.raises(FlagValueError) as caught:
        options_of([flag], Options())
    assert str(caught.value) == f'invalid argument "{value}" for "{shown}" flag: {said}'


def test_namespaces_are_mapped_from_one_to_another() -> None:
    said = "Expected map namespace 'apps' to be in 'src-ns=dst-ns' format"
    for kapp in ({"rawOptions": ["--map-ns=a=b,apps"]}, {"mapNs": ["apps"]}):
        with pytest.raises(FlagValueError) as caught:
            deployer(kapp)
        assert str(caught.value) == said


@pytest.mark.parametrize(
    ("text", "number"), [("7", 7), ("-1", -1), ("+3", 3), ("0", 0), ("010", 8), ("0x10", 16), ("0b11", 3)]
)
def test_numbers_are_gos(text: str, number: int) -> None:
    assert options_of([f"--diff-context={text}"], Options())[0].diff_context == number


@pytest.mark.parametrize("text", ["15m", "1h30m", "1.5h", "-2s", "0", "300ms", "5µs"])
def test_durations_are_gos(text: str) -> None:
    assert options_of([f"--wait-timeout={text}"], Options())[1] == text


FIELDS = fields_of("carvel")["Flags of kapp"]


def test_the_flags_are_those_that_kapp_controller_lets_through() -> None:
    assert len(ALLOWED) == 47
    assert DELETE_ALLOWED < ALLOWED


@pytest.mark.parametrize("field", FIELDS.with_verdict("refused"))
def test_a_flag_that_would_change_what_is_deployed_is_refused_by_name(field: Field) -> None:
    other = "false" if "true" in field.unless else "true"
    with pytest.raises(FlagProblem) as caught:
        options_of([f"{field.path}={other}"], Options())
    said = f"Flag '{field.path}' is not available on the local platform: {field.reason}"
    assert str(caught.value) == said
    for value in field.unless:
        assert options_of([f"{field.path}={value}"], Options())[0] == Options()


@pytest.mark.parametrize("field", FIELDS.with_verdict("warned"))
def test_a_flag_without_effect_is_told_in_the_output(field: Field) -> None:
    told = f"Flag '{field.path}' has no effect on the local platform: {field.reason}"
    assert without_effect([f"{field.path}=x"]) == [told]
    assert [text for value in field.unless for text in without_effect([f"{field.path}={value}"])] == []
    value = "true" if field.path != "--column" else "op"
    assert deployer({"rawOptions": [f"{field.path}={value}"]}).warnings == (told,)
    assert options_of([f"{field.path}={value}"], Options())[0] == Options()


@pytest.mark.parametrize("field", FIELDS.with_verdict("harmless"))
def test_a_harmless_flag_changes_nothing_and_says_nothing(field: Field) -> None:
    value = "1s" if field.path.endswith(("-timeout", "-interval")) else "1"
    assert options_of([f"{field.path}={value}"], Options())[0] == Options()
    assert without_effect([f"{field.path}={value}"]) == []


VALUES = {"--filter": "{}", "--filter-age": "5m+", "--labels": "a=b", "--app-changes-max-to-keep": "7"}
VALUES |= {"--diff-context": "7", "--wait-timeout": "7m", "--map-ns": "a=b"}
OFF = ("--wait", "--existing-non-labeled-resources-check", "--diff-summary", "--diff-line-numbers")


@pytest.mark.parametrize("field", FIELDS.with_verdict("acted on"))
def test_a_flag_that_is_acted_on_changes_the_options(field: Field) -> None:
    text = "false" if field.path in OFF else VALUES.get(field.path, "true")
    options, timeout = options_of([f"{field.path}={text}"], Options())
    assert options != Options() or timeout == text


def test_annotations_of_resources_that_do_nothing_are_told() -> None:
    notes = {"kapp.k14s.io/deploy-logs": "", "kapp.k14s.io/nonce": ""}
    obj = {"kind": "Pod", "metadata": {"name": "a", "annotations": notes}}
    assert annotations_without_effect([obj, {"kind": "Pod"}]) == [
        "Pod/a: metadata.annotations[kapp.k14s.io/deploy-logs] has no effect on the local platform: "
        "logs of pods are not shown"
    ]


FLAG_VALUES = {
    "--app-changes-max-to-keep": "7",
    "--apply-default-update-strategy": "fallback-on-replace",
    "--diff-context": "5",
    "--diff-line-numbers": "false",
    "--diff-summary": "false",
    "--existing-non-labeled-resources-check": "false",
    "--filter": '{"resource": {"kinds": ["Secret"]}}',
    "--filter-age": "1h+",
    "--filter-kind-name": "Secret/a",
    "--filter-kind-ns": "Secret/apps",
    "--filter-kind-ns-name": "Secret/apps/a",
    "--labels": "team=a",
    "--map-ns": "a=b",
    "--wait": "false",
    "--wait-timeout": "1m",
}
"""A value that is not what holds without the flag; of all others it is a name, or that it is on."""
SWITCHES = ("--dangerous-", "--diff-changes", "--diff-run", "--patch")


@pytest.mark.parametrize("field", FIELDS.with_verdict("acted on"), ids=lambda field: field.path)
def test_a_flag_that_counts_gives_other_options(field: Field) -> None:
    usual = "true" if field.path.startswith(SWITCHES) else "other"
    value = FLAG_VALUES.get(field.path, usual)
    assert options_of([f"{field.path}={value}"], Options()) != options_of([], Options())

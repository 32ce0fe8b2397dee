"""Configuration files, environment and options: precedence, origins, and errors with their place."""

from __future__ import annotations

import pytest

from pkgops.errors import Exit, UsageError
from pkgops.settings import Origin, Overrides, load
from pkgops.settings.load import shipped_templates


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def write(folder, text, name="config.yaml"):
    path = folder / name
    path.write_text(text)
    return path


def read(folder, text="", environ=None, **options):
    if text:
        write(folder, text)
    values = {key.replace("__", "."): (value, f"--{key}") for key, value in options.items()}
    return load(Overrides(values=values), environ or {}, folder)


def failure(folder, text):
    with pytest.raises(UsageError) as caught:
        load(Overrides((write(folder, text, "bad.yaml"),)), {}, folder)
    assert caught.value.exit_code is Exit.USAGE
    return caught.value


def test_defaults_come_from_the_shipped_templates_schema(folder):
    found = read(folder)
    assert found.text("workload.name") == "hello-go-web2pkg"
    assert [env.name for env in found.environments] == ["apps-dev", "apps-prod"]
    assert str(found.tree.origin("workload.name")) == "default"


def test_a_value_of_the_file_has_its_line_and_column(folder):
    found = read(folder, "git:\n  branch: release\n")
    assert found.text("git.branch") == "release"
    assert str(found.tree.origin("git.branch")).endswith("config.yaml:2:3")


def test_the_option_wins_over_the_environment_over_the_file(folder):
    text = "pkgops:\n  context: from-file\n"
    environ = {"PKGOPS_CONTEXT": "from-environment"}
    assert read(folder, text).context == "from-file"
    assert read(folder, text, environ).context == "from-environment"
    found = read(folder, text, environ, pkgops__context="from-option")
    assert found.context == "from-option"
    assert found.tree.origin("pkgops.context").source == "option"


def test_several_files_the_later_wins(folder):
    first = write(folder, "git:\n  branch: one\n  url: http://git/one\n", "one.yaml")
    second = write(folder, "git:\n  branch: two\n", "two.yaml")
    found = load(Overrides((first, second)), {}, folder)
    assert (found.text("git.branch"), found.text("git.url")) == ("two", "http://git/one")


def test_the_file_may_be_named_by_the_environment(folder):
    path = write(folder, "git:\n  branch: elsewhere\n", "other.yaml")
    assert load(Overrides(), {"PKGOPS_CONFIG": str(path)}, folder).text("git.branch") == "elsewhere"


def test_what_the_cluster_brings_is_below_what_a_person_says(folder):
    found = read(folder, "git:\n  url: http://mine\n")
    local = found.with_defaults({"git": {"url": "http://local", "branch": "local"}}, Origin("local cluster"))
    assert local.text("git.url") == "http://mine"
    assert local.text("git.branch") == "local"
    assert str(local.tree.origin("git.branch")) == "local cluster"


def test_what_the_cluster_brings_is_kept_to_what_the_schema_knows(folder):
    local = read(folder).with_defaults({"git": {"colour": "blue"}, "other": 1}, Origin("local cluster"))
    assert "colour" not in local.data_values().get("git", {})
    assert "other" not in local.data_values()


def test_templates_get_neither_pkgops_keys_nor_the_schemas_own_defaults(folder):
    found = read(folder, "git:\n  branch: b\npkgops:\n  context: c\n")
    assert found.data_values() == {"git": {"branch": "b"}}


def test_secrets_are_hidden_in_the_rows(folder):
    found = read(folder, environ={"PKGOPS_REGISTRY_PASSWORD": "hunter2"})
    assert found.text("registry.password") == "hunter2"
    shown = {name: (value, str(origin)) for name, value, origin in found.rows()}
    assert shown["registry.password"] == ("(hidden)", "PKGOPS_REGISTRY_PASSWORD")
    assert "hunter2" not in repr(found.rows())


def test_environments_may_be_names_only(folder):
    found = read(folder, "pkgops:\n  environments: [staging]\n")
    assert [(env.name, env.namespace) for env in found.environments] == [("staging", "staging")]


@pytest.mark.parametrize(
    ("text", "slug", "what"),
    [
        (
            "registry:\n  tagprefix: x\n",
            "unknown-data-value",
            "bad.yaml:2:3: unknown data value registry.tagprefix",
        ),
        ("tagPrefix: x\n", "unknown-data-value", "bad.yaml:1:1: unknown data value tagPrefix"),
        ("pkgops:\n  contxt: x\n", "unknown-data-value", "bad.yaml:2:3: unknown data value pkgops.contxt"),
        ("registry: 3\n", "wrong-type", "bad.yaml:1:1: registry must be a map, not a number"),
        ("git:\n  branch: [a]\n", "wrong-type", "bad.yaml:2:3: git.branch must be text, not a list"),
        ("a: [1\n", "yaml", "bad.yaml:2:1: not valid YAML"),
        ("\tx: 1\n", "yaml", "bad.yaml:1:1: not valid YAML"),
        ("a: 1\na: 2\n", "yaml", "bad.yaml:2:1: not valid YAML"),
        ("- 1\n", "config-malformed", "bad.yaml:1:1: the configuration must be a map of keys"),
    ],
)
def test_errors_name_the_place(folder, text, slug, what):
    error = failure(folder, text)
    assert error.slug == slug
    assert error.what.endswith(what)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("registry:\n  tagprefix: x\n", "registry.tagPrefix"),
        ("tagPrefix: x\n", "registry.tagPrefix"),
        ("workloda: {}\n", "workload"),
        ("pkgops:\n  timeout: 1m\n", "pkgops.timeouts"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(folder, text, near):
    assert near in failure(folder, text).next


def test_an_error_in_a_line_with_a_password_does_not_show_it(folder):
    error = failure(folder, "registry:\n  password: hunter2\n  password: hunter3\n")
    assert error.slug == "yaml"
    assert "hunter" not in error.what + error.why + error.next


def test_a_missing_file(folder):
    with pytest.raises(UsageError, match="cannot read the configuration") as caught:
        load(Overrides((folder / "none.yaml",)), {}, folder)
    assert caught.value.slug == "config-missing"


def test_templates_without_a_schema_take_any_value(folder):
    templates = folder / "mine"
    templates.mkdir()
    (templates / "a.yaml").write_text("kind: ConfigMap\n")
    found = read(folder, "anything:\n  goes: 1\npkgops:\n  templates: mine\n")
    assert found.data_values() == {"anything": {"goes": 1}}


def test_a_schema_of_ones_own_decides_the_names(folder):
    templates = folder / "mine"
    templates.mkdir()
    schema = '#@data/values-schema\n---\nteam: ""\n#@schema/type any=True\nextra: {}\n'
    (templates / "schema.yaml").write_text(schema)
    found = read(folder, "team: red\nextra:\n  free: 1\npkgops:\n  templates: mine\n")
    assert found.data_values() == {"team": "red", "extra": {"free": 1}}
    error = failure(folder, "teem: red\npkgops:\n  templates: mine\n")
    assert error.slug == "unknown-data-value"


def test_the_example_configuration_is_valid():
    root = shipped_templates().parent
    found = load(Overrides((root / "config.example.yaml",)), {}, root)
    assert found.environments[0].name == "apps-dev"
    assert found.timeout("up") == 20 * 60


def test_a_key_that_an_environment_does_not_have_is_named_with_its_place(folder):
    text = "pkgops:\n  environments:\n    - a\n    - name: b\n      colour: red\n"
    for form in (text, text.replace("red", "!!str red")):
        found = read(folder, form)
        with pytest.raises(UsageError, match=r"config.yaml:5:7: pkgops.environments: .* not colour"):
            _ = found.environments


def test_the_place_in_a_list_is_that_of_the_file_that_counts(folder):
    (folder / "below.yaml").write_text("pkgops:\n  environments:\n  - name: a\n    colour: red\n  - b\n")
    (folder / "above.yaml").write_text("pkgops: {environments: [b, {namespace: a}]}\n")
    found = load(Overrides((folder / "below.yaml", folder / "above.yaml")), {}, folder)
    with pytest.raises(UsageError, match=r"above.yaml:1:28: pkgops.environments: .* has no name"):
        _ = found.environments


@pytest.mark.parametrize("environments", ["[]", "[{namespace: a}]", "[a, a]", "[{name: a, colour: red}]"])
def test_environments_that_make_no_sense(folder, environments):
    found = read(folder, f"pkgops:\n  environments: {environments}\n")
    with pytest.raises(UsageError) as caught:
        _ = found.environments
    assert caught.value.slug == "bad-environments"


def test_a_value_that_is_needed(folder):
    with pytest.raises(UsageError) as caught:
        read(folder).required("registry.tagPrefix", "images are pushed below it")
    assert caught.value.slug == "value-missing"
    assert "registry.tagPrefix" in caught.value.what


def test_stages_have_their_times_by_any_name(folder):
    found = read(folder, "pkgops:\n  timeouts:\n    stages:\n      my-scan: 1h\n      image-builder: 20m\n")
    times = found.stage_timeouts()
    assert (times["my-scan"], times["image-builder"], times["default"]) == (3600, 1200, 600)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("5m", "config.yaml:3:5: pkgops.timeouts.stages must be"),
        ("{a: soon}", "pkgops.timeouts.stages.a: 'soon'"),
    ],
)
def test_times_of_stages_that_are_none_are_refused_with_their_place(folder, value, place):
    found = read(folder, f"pkgops:\n  timeouts:\n    stages: {value}\n")
    with pytest.raises(UsageError) as caught:
        found.stage_timeouts()
    assert place in caught.value.what


def test_the_number_of_kept_releases_is_a_setting(folder):
    assert read(folder).kept_releases == 50
    assert read(folder, "pkgops:\n  releases:\n    keep: 3\n").kept_releases == 3


@pytest.mark.parametrize("value", ["0", "-1"])
def test_a_number_of_kept_releases_that_makes_no_sense_is_refused_with_its_place(folder, value):
    with pytest.raises(UsageError) as caught:
        _ = read(folder, f"pkgops:\n  releases:\n    keep: {value}\n").kept_releases
    assert "config.yaml:3:5: pkgops.releases.keep must be a whole number above zero" in caught.value.what

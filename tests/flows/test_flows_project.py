"""A folder of somebody's own: what it is called, what it shows, the configuration that follows."""

from pathlib import Path

import pytest

from pkgops.errors import RefusedError, UsageError
from pkgops.flows import project, project_file
from pkgops.formats.yaml import parse_positioned
from pkgops.settings import Overrides, load, own_keys
from pkgops.settings.discovery import discover

PLACES = [("apps-dev", "apps-dev"), ("live", "apps-live")]


def folder_with(tmp_path, *names, name="my-app"):
    folder = tmp_path / name
    folder.mkdir(parents=True)
    for one in names:
        (folder / one).write_text("")
    return folder


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("shop", "shop"),
        ("My_Shop.v2", "my-shop-v2"),
        ("2048", "app-2048"),
        ("3d-viewer", "app-3d-viewer"),
        ("--x--", "x"),
        ("Übung", "ubung"),
        ("Straße 7", "strasse-7"),
        ("Smørrebrød & Łódź", "smorrebrod-lodz"),
        ("日本", "app"),
        ("a" * 80, "a" * project.LONGEST_NAME),
        ("a" * (project.LONGEST_NAME - 1) + "-b", "a" * (project.LONGEST_NAME - 1)),
    ],
)
def test_a_folder_s_name_becomes_one_that_kubernetes_takes(folder, name):
    assert project.fit_name(folder) == name


@pytest.mark.parametrize(
    ("files", "language"),
    [
        (["go.mod", "package.json"], "golang"),
        (["requirements.txt"], "python"),
        (["package.json"], "nodejs"),
        (["pom.xml"], "java-maven"),
        (["index.html"], "static"),
        (["Procfile", "index.html"], "any"),
        (["README.md"], None),
    ],
)
def test_the_language_is_what_the_files_show(files, language):
    found, marker = project.detect(files)
    assert (found.name if found else None) == language
    assert marker in files if found else marker == ""


def test_what_cannot_be_tested_and_built_ends_before_anything_runs(tmp_path):
    with pytest.raises(UsageError) as unknown:
        project.require_language(project.read_project(folder_with(tmp_path, "README.md")))
    assert "go.mod" in unknown.value.why
    assert "requirements.txt" in unknown.value.why
    assert "Procfile" in unknown.value.next
    other = next(one for one in project.LANGUAGES if not one.tested)
    with pytest.raises(RefusedError) as refused:
        project.require_language(project.read_project(folder_with(tmp_path, other.files[0], name="other")))
    assert other.title in refused.value.what
    go = project.read_project(folder_with(tmp_path, "go.mod", name="go"))
    assert project.require_language(go).name == "golang"


def test_the_written_file_says_what_a_folder_without_one_is_taken_for(tmp_path):
    found = project.read_project(folder_with(tmp_path, "go.mod"))
    path = project_file.write(found.folder, project_file.configuration(found, PLACES))
    settings = load(Overrides(), {}, found.folder)
    assert path == found.folder / "pkgops.yaml"
    assert settings.source == found.folder
    assert [(one.name, one.namespace) for one in settings.environments] == PLACES
    for dotted in ("workload.name", "workload.language", "package.name", "deliverable.name"):
        section, key = dotted.split(".")
        assert settings.text(dotted) == found.values()[section][key]
        assert settings.tree.origin(dotted).source == "file"


@pytest.mark.parametrize(
    ("files", "port"),
    [
        ({}, 8080),
        ({"Dockerfile": "FROM x\nexpose 5000/tcp\n"}, 5000),
        ({"Dockerfile": "EXPOSE 80\n"}, 8080),
        ({"Dockerfile": "EXPOSE 9090\n"}, 8080),
        ({"Dockerfile": "EXPOSE $PORT\n"}, 8080),
        (
            {
                "src/main/resources/application.properties": "a=b\nserver.port=8181\n",
                "Dockerfile": "EXPOSE 1\n",
            },
            8181,
        ),
        ({"src/main/resources/application.properties": "server.port=${PORT:8181}\n"}, 8080),
        ({"src/main/resources/application.yml": "server:\n  error: {}\n  port: 8282\n"}, 8282),
        ({"src/main/resources/application.yml": "server:\n  x: 1\nmanagement:\n  port: 8282\n"}, 8080),
    ],
)
def test_the_port_is_what_the_files_say(tmp_path, files, port):
    folder = folder_with(tmp_path, "pom.xml")
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    found = project.read_project(folder)
    assert found.port == port
    assert found.values()["workload"].get("containerPort", 8080) == port
    project_file.write(folder, project_file.configuration(found, PLACES))
    assert load(Overrides(), {}, folder).text("workload.containerPort") == str(port)
    (folder / "pkgops.yaml").write_text(project_file.several(tmp_path, [found], PLACES))
    assert load(Overrides(), {}, folder).for_workload("my-app").text("workload.containerPort") == str(port)


def test_the_comments_of_the_written_file_are_keys_that_exist(tmp_path):
    text = project_file.configuration(project.read_project(folder_with(tmp_path, "go.mod")), PLACES)
    lines = [line for line in text.splitlines() if ": {" in line or line.strip().startswith("#   -")]
    opened = [line.replace("# ", "", 1) for line in lines if line.startswith("# ")]
    values = parse_positioned("\n".join(opened), "comments").value
    assert set(values) == {"git", "registry"}
    file = tmp_path / "all.yaml"
    file.write_text("\n".join(opened))
    load(Overrides((file,)), {}, tmp_path)


@pytest.mark.parametrize(
    ("source", "step"),
    [
        (
            "tool.py",
            "a file requirements.txt, which may be empty, makes it Python; or add the file that",
        ),
        ("server.js", "npm init -y makes it Node.js; or add the file that shows its language"),
        ("main.go", "go mod init my-app makes it Go; or add the file that shows its language"),
        ("README.md", "add the file that shows its language"),
    ],
)
def test_sources_without_the_file_that_shows_their_language_lead_to_it(tmp_path, source, step):
    with pytest.raises(UsageError) as refused:
        project.require_language(project.read_project(folder_with(tmp_path, source)))
    assert refused.value.next.startswith(step)


def test_a_folder_that_shows_no_language_is_told_in_the_file(tmp_path):
    text = project_file.configuration(project.read_project(folder_with(tmp_path)), PLACES)
    assert "# language: auto  # no file here shows one yet" in text


def several_projects(tmp_path):
    top = folder_with(tmp_path, "README.md", name="mono")
    for name, marker in [
        ("shop", "go.mod"),
        ("apps/stall", "package.json"),
        ("libs/stall", "requirements.txt"),
        ("apps/stall/deeper", "go.mod"),
        ("a/b/c", "go.mod"),
        (".hidden", "go.mod"),
        ("node_modules/x", "package.json"),
    ]:
        folder_with(top, marker, name=name)
    return top


def test_the_projects_below_a_folder_have_names_of_their_own(tmp_path):
    top = several_projects(tmp_path)
    found = [(one.name, one.language.name) for one in project.projects_below(top)]
    assert found == [("apps-stall", "nodejs"), ("libs-stall", "python"), ("shop", "golang")]
    assert project.projects_below(top / "shop") == []


def test_go_modules_without_a_main_package_are_no_projects(tmp_path):
    top = folder_with(tmp_path, "go.work", name="work")
    for name, text in (
        ("shop", "package main\n"),
        ("stall", "// Serves.\npackage main\n"),
        ("lib", "package lib\n"),
    ):
        (folder_with(top, "go.mod", name=name) / "x.go").write_text(text)
    assert [one.name for one in project.projects_below(top)] == ["shop", "stall"]


def test_the_only_project_below_a_folder_has_the_folder_s_name(tmp_path):
    top = folder_with(tmp_path, "README.md", name="my-site")
    folder_with(top, "index.html", name="public")
    (found,) = project.projects_below(top)
    assert (found.name, found.folder.name) == ("my-site", "public")


def test_files_of_other_languages_are_named_with_what_they_show(tmp_path):
    for number, (name, language) in enumerate(
        [("Gemfile", "Ruby"), ("Shop.csproj", ".NET"), ("deno.jsonc", "Deno"), ("Cargo.toml", "Rust")]
    ):
        with pytest.raises(UsageError) as told:
            project.require_language(project.read_project(folder_with(tmp_path, name, name=str(number))))
        assert told.value.why.startswith(f"{name} shows {language}, for which this machine has neither")
        assert f"a published builder for {language}" in told.value.next
    folder = folder_with(tmp_path, "Dockerfile", "app.py", name="image")
    with pytest.raises(UsageError) as told:
        project.require_language(project.read_project(folder))
    assert told.value.why.splitlines()[0] == "a Dockerfile is not read: buildpacks make the image"
    assert "makes it Python" in told.value.next


def test_the_file_for_several_projects_lists_each_with_its_source(tmp_path):
    top = several_projects(tmp_path)
    project_file.write(top, project_file.several(top, project.projects_below(top), PLACES))
    settings = load(Overrides(), {}, top)
    own = [settings.for_workload(entry.name) for entry in settings.workloads]
    assert [(one.workload, one.text("workload.language"), one.source.relative_to(top)) for one in own] == [
        ("apps-stall", "nodejs", Path("apps/stall")),
        ("libs-stall", "python", Path("libs/stall")),
        ("shop", "golang", Path("shop")),
    ]
    assert [(one.name, one.namespace) for one in settings.environments] == PLACES


def test_a_folder_of_several_projects_is_told_how_to_bring_them(tmp_path):
    with pytest.raises(UsageError) as told:
        project.require_language(project.read_project(several_projects(tmp_path)))
    assert "pkgops init" in told.value.next
    assert "apps/stall, libs/stall, shop" in told.value.next


@pytest.mark.parametrize("present", ["pkgops.yaml", "config.yaml"])
def test_a_configuration_is_never_overwritten(tmp_path, present):
    folder = folder_with(tmp_path, "go.mod")
    (folder / present).write_text("workload: {name: mine}\n")
    with pytest.raises(RefusedError):
        project_file.write(folder, "workload: {name: other}\n")
    assert (folder / present).read_text() == "workload: {name: mine}\n"


def test_a_configuration_is_found_from_a_folder_below_as_far_as_the_repository_goes(tmp_path):
    top = folder_with(tmp_path, "pkgops.yaml", name="outer")
    repository = folder_with(top, name="inner")
    deep = folder_with(repository, name="src")
    assert discover(deep) == top / "pkgops.yaml"
    (repository / ".git").mkdir()
    assert discover(deep) is None
    (repository / "config.yaml").write_text("")
    assert discover(deep) == repository / "config.yaml"
    (repository / "pkgops.yaml").write_text("")
    with pytest.raises(UsageError, match="both"):
        discover(deep)


@pytest.mark.parametrize(
    ("text", "passed_over"),
    [
        ("database: {host: db}\ntitle: My blog\n", True),
        ("- one\n- two\n", False),
        ("workload: {name: mine}\nrest: 1\n", False),
        ("worklod: {name: mine}\n", False),
        ("", False),
        ("a: b: c\n", False),
    ],
)
def test_a_config_of_another_program_is_none_and_one_with_a_mistake_is_told(tmp_path, text, passed_over):
    folder = folder_with(tmp_path, "go.mod")
    other = folder / "config.yaml"
    other.write_text(text)
    assert (discover(folder, own_keys()) is None) == passed_over
    if not passed_over:
        with pytest.raises(RefusedError):
            project_file.write(folder, "workload: {name: shop}\n")
        return
    written = project_file.write(folder, "workload: {name: shop}\n")
    assert load(Overrides(), {}, folder).workload == "shop"
    assert (written.name, other.read_text()) == ("pkgops.yaml", text)


def test_with_templates_of_ones_own_every_config_counts(tmp_path):
    folder = folder_with(tmp_path, "config.yaml")
    (folder / "config.yaml").write_text("database: {host: db}\n")
    (folder / "own").mkdir()
    (folder / "own" / "t.yaml").write_text("a: 1\n")
    options = {"pkgops.templates": (["own"], "--templates")}
    assert load(Overrides(values=options), {}, folder).tree.get("database.host", "") == "db"


def test_paths_in_a_configuration_that_was_found_lie_beside_it(tmp_path):
    folder = folder_with(tmp_path, "go.mod")
    (folder / "deploy").mkdir()
    (folder / "deploy" / "one.yaml").write_text("kind: ConfigMap\n")
    (folder / "pkgops.yaml").write_text("pkgops: {source: ., templates: [deploy], kubeconfig: conf/kube}\n")
    (folder / "src").mkdir()
    settings = load(Overrides(), {}, folder / "src")
    assert settings.templates == (folder / "deploy",)
    assert settings.kubeconfig == folder / "conf" / "kube"
    assert settings.source == folder


def test_the_folder_of_the_sources_is_asked_after_the_working_folder(tmp_path):
    folder = folder_with(tmp_path, "go.mod")
    project_file.write(folder, project_file.configuration(project.read_project(folder), PLACES))
    here = folder_with(tmp_path, name="here")
    assert load(Overrides(), {}, here, folder).workload == "my-app"
    (here / "config.yaml").write_text("workload: {name: from-here}\n")
    assert load(Overrides(), {}, here, folder).workload == "from-here"

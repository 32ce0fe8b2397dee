"""``pkgops ytt``: render templates with the built-in engine, or with the ytt program."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pkgops.errors import Exit

if TYPE_CHECKING:
    from pkgops.ytt.command import Output, Request
    from pkgops.ytt.sources import Sources

_DANGEROUS = ("/", ".", "./", "")
Texts = list[str] | None


def _option(*names: str, help: str) -> Any:
    return typer.Option(*names, help=help, show_default=False)


def command(
    file: Annotated[
        Texts, _option("--file", "-f", help="File, directory, - for standard input, or name=path.")
    ] = None,
    data_value: Annotated[
        Texts, _option("--data-value", "-v", help="Set a data value to a string: key=text.")
    ] = None,
    data_value_yaml: Annotated[Texts, _option("--data-value-yaml", help="Set a data value to YAML.")] = None,
    data_value_file: Annotated[
        Texts, _option("--data-value-file", help="Set it to a file's content.")
    ] = None,
    data_values_file: Annotated[
        Texts, _option("--data-values-file", help="Plain YAML with data values.")
    ] = None,
    data_values_env: Annotated[
        Texts, _option("--data-values-env", help="Prefix of variables: strings.")
    ] = None,
    data_values_env_yaml: Annotated[Texts, _option("--data-values-env-yaml", help="Prefix: YAML.")] = None,
    data_values_inspect: Annotated[
        bool, _option("--data-values-inspect", help="Print the data values.")
    ] = False,
    data_values_schema_inspect: Annotated[
        bool, _option("--data-values-schema-inspect", help="Print the schema (with -o openapi-v3).")
    ] = False,
    dangerous_data_values_disable_validation: Annotated[
        bool, _option("--dangerous-data-values-disable-validation", help="Skip validation rules.")
    ] = False,
    file_mark: Annotated[
        Texts, _option("--file-mark", help="Change how files are used: glob:key=value.")
    ] = None,
    files_inspect: Annotated[bool, _option("--files-inspect", help="Print the files that are used.")] = False,
    output: Annotated[Texts, _option("--output", "-o", help="yaml, json, pos, openapi-v3.")] = None,
    output_files: Annotated[str, _option("--output-files", help="Write results to this directory.")] = "",
    dangerous_emptied_output_directory: Annotated[
        str, _option("--dangerous-emptied-output-directory", help="The same, after deleting it.")
    ] = "",
    ignore_unknown_comments: Annotated[
        bool, _option("--ignore-unknown-comments", help="Allow # comments.")
    ] = False,
    implicit_map_key_overrides: Annotated[
        bool, _option("--implicit-map-key-overrides", help="Allow a key twice in a map.")
    ] = False,
    strict: Annotated[bool, _option("--strict", "-s", help="Refuse ambiguous YAML.")] = False,
    allow_symlink_destination: Annotated[
        Texts, _option("--allow-symlink-destination", help="Where links in directories may lead.")
    ] = None,
    dangerous_allow_all_symlink_destinations: Annotated[
        bool, _option("--dangerous-allow-all-symlink-destinations", help="Follow all links.")
    ] = False,
    bulk_in: Annotated[str, _option("--bulk-in", help="Files as JSON instead of -f.")] = "",
    bulk_out: Annotated[bool, _option("--bulk-out", help="Print results as JSON.")] = False,
    max_seconds: Annotated[
        float, typer.Option("--max-seconds", help="Stop templates after this time.")
    ] = 30.0,
    max_memory: Annotated[
        int, typer.Option("--max-memory", help="Stop templates at this memory, in MiB.")
    ] = 512,
    ytt: Annotated[str, _option("--ytt", help="Use this ytt program instead.")] = "",
) -> int:
    """Render ytt templates.

    Takes the flags of the ytt program and prints the same, without needing it. Templates see only
    the files and values that are given here.
    """
    flags = dict(locals())
    if ytt:
        return _external(ytt)
    return _render(flags)


def _external(program: str) -> int:
    from pkgops.tools_ytt import run_ytt, without_own_flags

    arguments = sys.argv[sys.argv.index("ytt") + 1 :]
    result = run_ytt(program, without_own_flags(arguments), stdin=_stdin_if_named(arguments))
    sys.stdout.write(result.stdout)
    sys.stderr.write(result.stderr)
    return int(result.status)


def _stdin_if_named(arguments: list[str]) -> str | None:
    named = any(argument == "-" or argument.endswith("=-") for argument in arguments)
    return sys.stdin.read() if named else None


def _render(flags: dict[str, Any]) -> int:
    from pkgops.ytt.command import Output, bulk_output, execute
    from pkgops.ytt.errors import YttError
    from pkgops.ytt.sandbox import isolated

    try:
        request = _request(flags)
        output = isolated(
            lambda: execute(request), memory_mib=flags["max_memory"], seconds=flags["max_seconds"]
        )
        return _write(output, flags)
    except YttError as error:
        if flags["bulk_out"]:
            sys.stdout.write(bulk_output(Output(), error.text))
            return Exit.DONE
        sys.stderr.write(error.as_program() + "\n")
        return Exit.FAILED


def _request(flags: dict[str, Any]) -> Request:
    from pkgops.ytt.command import Request, bulk_input
    from pkgops.ytt.options import Options
    from pkgops.ytt.sources import Sources, Symlinks

    allowed = tuple(Path(path) for path in flags["allow_symlink_destination"] or ())
    sources = Sources(Symlinks(flags["dangerous_allow_all_symlink_destinations"], allowed))
    files = bulk_input(flags["bulk_in"]) if flags["bulk_in"] else sources.files(flags["file"] or ())
    options = Options(
        ignore_unknown_comments=flags["ignore_unknown_comments"],
        implicit_map_key_overrides=flags["implicit_map_key_overrides"],
        strict=flags["strict"],
        skip_validation=flags["dangerous_data_values_disable_validation"],
        max_seconds=flags["max_seconds"],
    )
    outputs = [name for names in flags["output"] or ["yaml"] for name in names.split(",")]
    as_files = flags["output_files"] or flags["dangerous_emptied_output_directory"] or flags["bulk_out"]
    return Request(
        tuple(files),
        _values(flags, sources),
        options,
        marks=tuple(flags["file_mark"] or ()),
        outputs=tuple(outputs),
        inspect_values=flags["data_values_inspect"],
        inspect_schema=flags["data_values_schema_inspect"],
        inspect_files=flags["files_inspect"],
        as_files=bool(as_files),
    )


def _values(flags: dict[str, Any], sources: Sources) -> Any:
    from pkgops.ytt.datavalues import DataValues, split_reference

    files = []
    for argument in flags["data_values_file"] or ():
        reference, path = split_reference(argument)
        files += [(reference, file.changed(original=path)) for file in sources.named(path)]
    contents = []
    for argument in flags["data_value_file"] or ():
        key, path = _pair(argument, "Extracting data value from file: Expected format key=/file/path")
        contents.append((key, sources.named(path)[0].text(), path))
    wrong = "Extracting data value from KV: Expected format key=value"
    return DataValues(
        files=files,
        env_strings=flags["data_values_env"] or (),
        env_yaml=flags["data_values_env_yaml"] or (),
        environment=dict(os.environ),
        strings=[_pair(argument, wrong) for argument in flags["data_value"] or ()],
        yaml=[_pair(argument, wrong) for argument in flags["data_value_yaml"] or ()],
        contents=contents,
    )


def _pair(argument: str, wrong: str) -> tuple[str, str]:
    from pkgops.ytt.errors import YttError

    key, equals, value = argument.partition("=")
    if not equals:
        raise YttError(wrong)
    return key, value


def _write(output: Output, flags: dict[str, Any]) -> int:
    from pkgops.ytt.command import bulk_output

    directory = flags["dangerous_emptied_output_directory"] or flags["output_files"]
    if flags["bulk_out"]:
        sys.stdout.write(bulk_output(output))
    elif directory:
        if flags["dangerous_emptied_output_directory"]:
            _empty(directory)
        _write_files(Path(directory), output.files)
    else:
        sys.stdout.write(output.text)
        sys.stderr.write(output.warning)
    return Exit.DONE


def _empty(directory: str) -> None:
    from pkgops.ytt.errors import YttError

    if directory in _DANGEROUS:
        listed = "', '".join(_DANGEROUS)
        raise YttError(f"Expected output directory path to not be one of '{listed}'")
    shutil.rmtree(directory, ignore_errors=True)


def _write_files(directory: Path, files: tuple[tuple[str, str], ...]) -> None:
    from pkgops.ytt.errors import YttError

    root = directory.resolve()
    for name, content in files:
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise YttError(f"Expected output path '{name}' to be within the output directory")
        sys.stdout.write(f"creating: {directory / name}\n")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_bytes(content.encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise YttError(f"Writing file '{path}': {error.strerror}") from None

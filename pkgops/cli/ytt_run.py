"""What ``pkgops ytt`` does: render with the built-in engine, or with the ytt program."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from pkgops.errors import Exit
from pkgops.values import replace

if TYPE_CHECKING:
    from pkgops.ytt.command import CommandRequest, Output
    from pkgops.ytt.errors import YttError
    from pkgops.ytt.files import InputFile
    from pkgops.ytt.sources import Sources


def run(flags: dict[str, Any]) -> int:
    """Render by the flags, and return the exit code.

    Args:
        flags: values of all flags of :mod:`pkgops.cli.ytt_flags` by key.
    """
    if flags["ytt"]:
        return _external(flags["ytt"])
    command = flags.get("command", "")
    if command == "version" or flags["version"]:
        return _version()
    return _format(flags) if command == "fmt" else _render(flags)


def refuse(problem: str) -> int:
    """Print the error in the arguments, as the ytt program does, and return the exit code."""
    from pkgops.ytt.errors import YttError

    return _failed(YttError(problem))


def _version() -> int:
    from pkgops.ytt.modules.versions import LANGUAGE_VERSION

    sys.stdout.write(f"ytt version {LANGUAGE_VERSION}\n")
    return Exit.DONE


def _format(flags: dict[str, Any]) -> int:
    from pkgops.ytt.errors import YttError
    from pkgops.ytt.files import YAML
    from pkgops.ytt.format import formatted
    from pkgops.ytt.sources import Sources, Symlinks

    try:
        for file in Sources(Symlinks()).files(flags["file"] or ()):
            if file.kind() == YAML:
                sys.stdout.write(formatted(file.text(), strict=flags["strict"]))
    except YttError as error:
        return _failed(error)
    return Exit.DONE


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
    except YttError as error:
        return _failed(error)
    try:
        parts = isolated(
            lambda: execute(request).parts(), memory_mib=flags["max_memory"], seconds=flags["max_seconds"]
        )
        return _write(Output(*parts), flags)
    except YttError as error:
        if flags["bulk_out"]:
            sys.stdout.write(bulk_output(Output(), error.text))
            return Exit.DONE
        return _failed(error)


def _failed(error: YttError) -> int:
    sys.stderr.write(error.as_program() + "\n")
    return Exit.FAILED


def _request(flags: dict[str, Any]) -> CommandRequest:
    from pkgops.ytt.command import CommandRequest, bulk_input
    from pkgops.ytt.options import Options
    from pkgops.ytt.sources import Sources, Symlinks

    allowed = flags["allow_symlink_destination"] or ()
    sources = Sources(Symlinks.of(allowed, allow_all=flags["dangerous_allow_all_symlink_destinations"]))
    files = bulk_input(flags["bulk_in"]) if flags["bulk_in"] else sources.files(flags["file"] or ())
    options = Options(
        ignore_unknown_comments=flags["ignore_unknown_comments"],
        implicit_map_key_overrides=flags["implicit_map_key_overrides"],
        strict=flags["strict"],
        skip_validation=flags["dangerous_data_values_disable_validation"],
        debug=flags["debug"],
        max_seconds=flags["max_seconds"],
    )
    outputs = [name for names in flags["output"] or ["yaml"] for name in names.split(",")]
    as_files = flags["output_files"] or flags["dangerous_emptied_output_directory"] or flags["bulk_out"]
    return CommandRequest(
        files=tuple(files),
        values=_values(flags, sources),
        options=options,
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
        named = _found(f"Find files '{path}'", path, sources, "stdin.yml")
        files += [(reference, replace(file, original=path)) for file in named]
    contents = []
    for argument in flags["data_value_file"] or ():
        key, path = _pair(argument, "Extracting data value from file: Expected format key=/file/path")
        contents.append((key, _found(f"Finding file '{path}'", path, sources, "-")[0].text(), path))
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


def _found(what: str, path: str, sources: Sources, stdin: str) -> list[InputFile]:
    from pkgops.ytt.errors import YttError

    if path == "-":
        what = f"Reading file '{stdin}'"

    try:
        return sources.named(path)
    except YttError as error:
        raise YttError(f"Extracting data value from file: {what}: {error.text}") from None


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
        from pkgops.cli.ytt_files import write_files

        write_files(directory, output.files, empty=bool(flags["dangerous_emptied_output_directory"]))
    else:
        sys.stdout.write(output.text)
        sys.stderr.write(output.warning)
    return Exit.DONE

"""Command lines as people write them, run as they stand, against what the real ytt printed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from written_cases import YTT

PROGRAM = f"{sys.executable} -c 'from pkgops.cli.main import main; main()' ytt"
# The first prints addresses of the program's memory, the second is written by a program.
OF_THEIR_OWN = {"06", "13"}
WRITTEN = sorted(path.name for path in YTT.iterdir())


def printed(case: str, command: str) -> list[str]:
    done = subprocess.run(
        ["bash", "-c", f'YTT() {{ {PROGRAM} "$@"; }}\n{command}'],
        cwd=YTT / case,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return [*done.stdout.splitlines(), f"[exit {done.returncode}]"]


@pytest.mark.parametrize("case", [name for name in WRITTEN if name not in OF_THEIR_OWN])
def test_what_the_real_program_printed_is_printed(case: str) -> None:
    found, real = printed(case, (YTT / case / "cmd").read_text()), (YTT / case / "real.txt").read_text()
    # One of the recorded lines lacks its last two letters.
    assert len(found) == len(real.splitlines())
    assert [a for a, b in zip(found, real.splitlines(), strict=True) if not a.startswith(b)] == []


def parts(text: str) -> dict[str, list[str]]:
    """Return what each of several commands printed, by its arguments."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("== "):
            found[line.removeprefix("== ")] = []
        elif found:
            list(found.values())[-1].append(line)
    return found


def test_subcommands_print_what_the_real_ones_do() -> None:
    """``--debug`` prints how the program works inside, which is another here, and the result."""
    found = parts("\n".join(printed("06", (YTT / "06" / "cmd").read_text())))
    real = parts((YTT / "06" / "real.txt").read_text())
    inside = "--debug -f a.yml"
    assert found.keys() == real.keys()
    version = {"--version", "version"}
    assert {key: text for key, text in found.items() if key not in {inside, *version}} == {
        key: text for key, text in real.items() if key not in {inside, *version}
    }
    assert [found[key][0].split()[:2] for key in sorted(version)] == [["ytt", "version"]] * 2
    for lines in (found[inside], real[inside]):
        assert {"## file a.yml", "a: 1", "exit 0"} <= {line.partition(" (opts")[0] for line in lines}


def test_many_overlays_on_many_documents(tmp_path) -> None:
    """What people match by ``overlay.subset``, of a size that was slow; as long as the real output."""
    labels = {"a": "b"}
    items = [{"k": number, "v": {"p": number, "q": [1, 2, 3]}} for number in range(20)]
    with (tmp_path / "docs.yml").open("w") as file:
        for number in range(300):
            meta = {"name": f"n{number}", "labels": labels}
            document = {"kind": f"K{number % 7}", "metadata": meta, "spec": {"x": items}}
            file.write(f"{json.dumps(document)}\n---\n")
    with (tmp_path / "overlays.yml").open("w") as file:
        file.write('#@ load("@ytt:overlay", "overlay")\n')
        for number in range(40):
            wanted = f'overlay.subset({{"kind": "K{number % 7}"}})'
            file.write(f'#@overlay/match by={wanted},expects="0+"\n---\nmetadata:\n  labels:\n')
            file.write(f"    #@overlay/match missing_ok=True\n    l{number}: x\n")
    done = subprocess.run(
        ["bash", "-c", f"{PROGRAM} -f docs.yml -f overlays.yml"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert f"{len(done.stdout)} bytes, exit 0" in (YTT / "13" / "real.txt").read_text()

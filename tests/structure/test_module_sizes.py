"""No module of the program grows beyond what is read at once."""

from __future__ import annotations

from pathlib import Path

import pkgops

ROOT = Path(pkgops.__file__).parent
LIMIT = 250
LONGER = {
    "local/parts.py": 268,  # how each part of the local cluster is started
    "platform/gitsource.py": 257,  # the only importer of dulwich: fetching a commit, and the log between two
}
"""Modules that are longer, with the number of lines that they may have: to be made smaller, never larger."""


def longer(root):
    sizes = {
        path.relative_to(root).as_posix(): len(path.read_text().splitlines()) for path in root.rglob("*.py")
    }
    return {name: lines for name, lines in sizes.items() if lines > LIMIT}


def test_no_module_has_more_lines_than_allowed():
    assert {name: lines for name, lines in longer(ROOT).items() if lines > LONGER.get(name, LIMIT)} == {}


def test_every_exception_names_a_module():
    assert [name for name in LONGER if not (ROOT / name).is_file()] == []


def test_a_long_module_is_found(tmp_path):
    (tmp_path / "short.py").write_text("\n" * LIMIT)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "long.py").write_text("\n" * (LIMIT + 1))
    assert longer(tmp_path) == {"inner/long.py": LIMIT + 1}

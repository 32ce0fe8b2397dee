"""No module of the program grows beyond what is read at once."""

from __future__ import annotations

from pathlib import Path

import pkgops

ROOT = Path(pkgops.__file__).parent
LIMIT = 250


def longer(root):
    sizes = {
        path.relative_to(root).as_posix(): len(path.read_text().splitlines()) for path in root.rglob("*.py")
    }
    return {name: lines for name, lines in sizes.items() if lines > LIMIT}


def test_no_module_has_more_lines_than_allowed():
    assert longer(ROOT) == {}


def test_a_long_module_is_found(tmp_path):
    (tmp_path / "short.py").write_text("\n" * LIMIT)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "long.py").write_text("\n" * (LIMIT + 1))
    assert longer(tmp_path) == {"inner/long.py": LIMIT + 1}

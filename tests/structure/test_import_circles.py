"""No module needs another that needs it, be it at its head, inside of a function or for its types alone."""

from __future__ import annotations

import sys
from graphlib import CycleError, TopologicalSorter

import grimp


def circle(package):
    """The modules of a circle in the order in which they import each other; none where there is no circle."""
    graph = grimp.build_graph(package, cache_dir=None)
    imports = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_module_is_in_a_circle():
    assert circle("pkgops") == []


def test_no_package_is_in_a_circle():
    # A circle between packages is one whichever of their modules make it.
    graph = grimp.build_graph("pkgops", cache_dir=None)
    packages = sorted(one for one in graph.modules if graph.find_children(one))
    assert {"pkgops", "pkgops.flows", "pkgops.pipeline"} <= set(packages)
    breakers = {one: graph.nominate_cycle_breakers(one) for one in packages}
    assert {one: imports for one, imports in breakers.items() if imports} == {}


def test_a_circle_inside_of_functions_and_for_types_is_found(tmp_path, monkeypatch):
    folder = tmp_path / "circular_kit"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "first.py").write_text("def f():\n    from circular_kit import second\n    return second\n")
    (folder / "second.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from circular_kit import third\n"
    )
    (folder / "third.py").write_text("def f():\n    from circular_kit.first import f\n    return f\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = circle("circular_kit")
    assert set(found) == {f"circular_kit.{name}" for name in ("first", "second", "third")}
    assert "circular_kit" not in sys.modules

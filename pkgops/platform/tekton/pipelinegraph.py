"""The dependencies between the tasks of a Pipeline. Pure.

Source: ``pkg/apis/pipeline/v1/pipeline_types.go`` (``Deps``) and ``pkg/reconciler/pipeline/dag``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from pkgops.kube import Obj

RESULT = re.compile(
    r"""\$\((?:tasks|finally)\.([^.()\s]+)\.results(?:\.([^.()\[\]]+)|\[['"]([^'"]+)['"]\])[^()]*\)"""
)


def result_references(task: Obj) -> list[tuple[str, str]]:
    """Return the results that a task references: names of task and result, in order, each once."""
    matrix, inline = task.get("matrix") or {}, task.get("taskSpec") or {}
    given = [*(task.get("params") or []), *(matrix.get("params") or [])]
    given += [entry for part in matrix.get("include") or [] for entry in part.get("params") or []]
    used = [entry.get("value") for entry in given] + [
        [entry.get("input"), entry.get("values"), entry.get("cel")] for entry in task.get("when") or []
    ]
    used += [entry.get("subPath") for entry in task.get("workspaces") or []]
    used += [inline.get(key) for key in ("steps", "sidecars")]
    references = RESULT.findall(json.dumps(used).replace('\\"', '"'))
    return list(dict.fromkeys((name, dotted or quoted) for name, dotted, quoted in references))


def parents(tasks: Iterable[Obj]) -> dict[str, list[str]]:
    """Return for each task the names of the tasks on which it depends."""
    listed = list(tasks)
    names = {task["name"] for task in listed}
    by_task = {}
    for task in listed:
        before = [*(task.get("runAfter") or []), *(name for name, _ in result_references(task))]
        by_task[task["name"]] = [name for name in dict.fromkeys(before) if name in names]
    return by_task


def cycle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the names of the tasks in or behind a dependency cycle, sorted; empty if there is no cycle."""
    left = {name: set(before) for name, before in graph.items()}
    while True:
        free = {name for name, before in left.items() if not before & set(left)}
        if not free:
            return sorted(left)
        for name in free:
            del left[name]


def in_order(graph: Mapping[str, list[str]]) -> list[str]:
    """Return the names of tasks in topological order."""
    done: list[str] = []
    left = dict(graph)
    while left:
        free = [name for name, before in left.items() if not set(before) & set(left)]
        done += free or list(left)
        left = {name: before for name, before in left.items() if name not in done}
    return done

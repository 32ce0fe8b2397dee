"""The checks of a verification: the items of ``verify`` of an environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pkgops.errors import UsageError
from pkgops.settings.duration import parse_duration
from pkgops.settings.layers import Path
from pkgops.values import Value

METHODS = ("GET", "HEAD", "OPTIONS", "POST")
HTTP_KEYS = ("name", "http", "method", "status", "text", "header", "deadline")
TASK_KEYS = ("name", "task", "params", "serviceAccount", "deadline")
NEXT = "write for example {http: /, status: 200, text: Hello} or {task: smoke-test, deadline: 5m}"


class HttpCheck(Value, kw_only=True):
    """An HTTP request, and the expected response.

    Attributes:
        name: the name of the check.
        path: the path of the request.
        method: the HTTP method.
        status: the status that the answer must have.
        text: what its body must contain; empty for anything.
        headers: for each header that it must have, what the value must contain.
        deadline: seconds until the whole response must be received.
    """

    name: str
    path: str
    method: str = "GET"
    status: int = 200
    text: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    deadline: float = 10.0


class TaskCheck(Value, kw_only=True):
    """A run of a Task of the environment's namespace, which must succeed.

    Attributes:
        name: the name of the check.
        task: the name of the Task.
        params: values for parameters of the Task, which override those that a verification sets by itself.
        account: the ServiceAccount that it runs as; empty for the namespace's default.
        deadline: seconds until it must have ended.
    """

    name: str
    task: str
    params: tuple[tuple[str, str], ...] = ()
    account: str = ""
    deadline: float = 300.0


Check = HttpCheck | TaskCheck
Placed = Callable[[Path], str]
"""Returns the position of a path in the configuration, as ``file:line:column``."""


def read(items: Any, path: Path, placed: Placed) -> tuple[Check, ...]:
    """Return the checks of a list.

    Raises:
        UsageError: one is no check, or two have one name; with the position.
    """
    if not isinstance(items, list):
        raise _bad(placed(path), "must be a list of checks")
    found = tuple(_read(item, (*path, str(index)), placed) for index, item in enumerate(items))
    names = [check.name for check in found]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise _bad(placed((*path, str(index))), f"{name} is used twice; give each check a name")
    return found


def _read(item: Any, path: Path, placed: Placed) -> Check:
    if not isinstance(item, Mapping) or ("http" in item) == ("task" in item):
        raise _bad(placed(path), "a check has either http or task")
    known = HTTP_KEYS if "http" in item else TASK_KEYS
    kind = known[1]
    for key in (one for one in item if one not in known):
        raise _bad(placed((*path, key)), f"a check by {kind} has {', '.join(known)}, not {key}")
    given = _Given(item, path, placed)
    target = given.text(kind)
    if not target:
        raise _bad(placed((*path, kind)), f"{kind} is empty")
    name = given.text("name") or f"{kind} {target}"
    return _task(name, target, given) if kind == "task" else _http(name, target, given)


def _task(name: str, task: str, given: _Given) -> TaskCheck:
    return TaskCheck(
        name=name,
        task=task,
        params=given.texts("params"),
        account=given.text("serviceAccount"),
        deadline=given.seconds(TaskCheck.deadline),
    )


def _http(name: str, path: str, given: _Given) -> HttpCheck:
    method = given.text("method") or HttpCheck.method
    if not path.startswith("/") or any(char.isspace() or not char.isprintable() for char in path):
        raise given.bad("http", f"http is the path of a request and begins with /, not {path!r}")
    if method not in METHODS:
        raise given.bad("method", f"method is one of {', '.join(METHODS)}, not {method!r}")
    return HttpCheck(
        name=name,
        path=path,
        method=method,
        status=given.status(HttpCheck.status),
        text=given.text("text"),
        headers=given.texts("header"),
        deadline=given.seconds(HttpCheck.deadline),
    )


class _Given(Value):
    """The keys of one check, read with positions for errors."""

    item: Mapping[str, Any]
    path: Path
    placed: Placed

    def bad(self, key: str, problem: str) -> UsageError:
        return _bad(self.placed((*self.path, key)), problem)

    def text(self, key: str) -> str:
        value = self.item.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, str | int | float)):
            raise self.bad(key, f"{key} must be text")
        return "" if value is None else str(value)

    def texts(self, key: str) -> tuple[tuple[str, str], ...]:
        value = self.item.get(key) or {}
        if not isinstance(value, Mapping) or any(isinstance(one, dict | list) for one in value.values()):
            raise self.bad(key, f"{key} must be a map of texts")
        return tuple((str(name), _written(one)) for name, one in value.items())

    def status(self, default: int) -> int:
        value = self.item.get("status", default)
        if isinstance(value, bool) or not isinstance(value, int) or not 100 <= value <= 599:
            raise self.bad("status", f"status must be an HTTP status, for example {default}")
        return value

    def seconds(self, default: float) -> float:
        text = self.text("deadline")
        return parse_duration(text, f"{self.placed((*self.path, 'deadline'))}: deadline") if text else default


def _written(value: Any) -> str:
    """A value as YAML writes it."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _bad(place: str, problem: str) -> UsageError:
    return UsageError(f"{place}: verify: {problem}", next=NEXT, slug="bad-checks")

"""The existing instances: their records, the choice of an index, and the lock for changes."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pkgops.errors import DeadlineError, PreflightError
from pkgops.local.instance import MAX_INDEX, Instance, instance_name, state_home

LOCK_SECONDS = 3600.0


def find(name: str | None = None, home: Path | None = None) -> Instance | None:
    """Return the instance of that name if it exists on this machine, else None.

    Raises:
        PreflightError: its record cannot be read.
    """
    name = instance_name(name)
    folder = (home or state_home()) / name
    try:
        record = json.loads((folder / "instance.json").read_text())
        return Instance(name, int(record["index"]), folder)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PreflightError(
            f"the record of the local cluster {name} cannot be read",
            why=f"{folder / 'instance.json'}: {error}",
            next=f"remove it with: pkgops local down --instance {name}",
            slug="instance-record",
        ) from error


def all_instances(home: Path | None = None) -> list[Instance]:
    """Return the instances of this user that exist, by name; unreadable ones are left out."""
    home = home or state_home()
    found = []
    for record in sorted(home.glob("*/instance.json")):
        with contextlib.suppress(PreflightError):
            instance = find(record.parent.name, home)
            if instance is not None:
                found.append(instance)
    return found


def create(name: str | None, taken: Callable[[Instance], bool], home: Path | None = None) -> Instance:
    """Create a new instance with the lowest free index, and record it.

    Args:
        name: see ``instance_name``.
        taken: returns whether something else on the machine already uses the instance's addresses.
        home: the state home; None means the user's.

    Raises:
        PreflightError: no index is free.
    """
    name = instance_name(name)
    home = home or state_home()
    with held(home / "allocation.lock", None):
        used = {other.index for other in all_instances(home)}
        for index in range(MAX_INDEX + 1):
            instance = Instance(name, index, home / name)
            if index not in used and not taken(instance):
                return _record(instance)
    raise PreflightError(
        "no address range is free for another local cluster",
        why=f"10.244.0.0/24 to 10.244.{MAX_INDEX}.0/24 are all in use by links or routes of this machine",
        next="stop one with: pkgops local down --instance NAME",
        slug="no-address-range",
    )


def _record(instance: Instance) -> Instance:
    instance.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(instance.record, json.dumps({"name": instance.name, "index": instance.index}) + "\n")
    return instance


def write_private(path: Path, text: str | bytes) -> None:
    """Write a file of mode 0600 in one step, so that no reader gets half of it."""
    data = text.encode() if isinstance(text, str) else text
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    draft.replace(path)


@contextlib.contextmanager
def lock(
    name: str | None, waiting: Callable[[str], None] | None = None, home: Path | None = None
) -> Iterator[None]:
    """Hold the lock of an instance; the kernel releases it even if this process is killed.

    Args:
        name: see ``instance_name``.
        waiting: called once, with the other process's id, before waiting for it.
        home: the state home; None means the user's.

    Raises:
        DeadlineError: another process held it for an hour.
    """
    folder = home or state_home()
    with held(folder / f"{instance_name(name)}.lock", waiting):
        yield


@contextlib.contextmanager
def held(path: Path, waiting: Callable[[str], None] | None) -> Iterator[None]:
    """Hold a lock file; the kernel releases it even if this process is killed.

    Args:
        path: the file; its folder is created.
        waiting: called once, with the id of the process that holds it, before waiting for that.

    Raises:
        DeadlineError: another process held it for an hour.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _wait(file.fileno(), path, waiting)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _wait(descriptor: int, path: Path, waiting: Callable[[str], None] | None) -> None:
    if waiting is not None:
        waiting(path.read_text().strip())
    end = time.monotonic() + LOCK_SECONDS
    while time.monotonic() < end:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)
    raise DeadlineError(f"another command has held {path} for an hour", slug="local-lock")

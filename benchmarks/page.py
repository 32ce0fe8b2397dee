"""The page: first paint, time from a change in the API to the page, and CPU time for viewers.

Needs a browser, which ``bin/browser-tools`` installs, and no cluster: the API server is the one in memory of
the tests. Run it with their environment: ``python benchmarks/page.py``. Goals: first paint of a report of
10,000 events (of which it keeps 600 moments at most) 1 s; from the response to a change to the text on the
page p95 150 ms; 20 viewers 5 % of a core more than `pkgops ui` takes without one; the matrix of 1,000
workloads 2 s, from its opening to its rows, and from the response to a change of one workload to its row.
"""

from __future__ import annotations

import argparse
import gzip
import http.cookiejar
import json
import math
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PROGRAM = Path(sys.executable).parent / "pkgops"
TRACE = "fifth-run"
EVENTS = 10_000
WATCH = """
window.changed = {};
new MutationObserver(() => {
  const now = Date.now();
  for (const one of document.body.textContent.matchAll(/number (\\d+)\\./g)) window.changed[one[1]] ??= now;
}).observe(document.body, { subtree: true, childList: true, characterData: true });
"""


def long_recording(path: Path) -> None:
    """Write a recording of EVENTS events: those of a run, repeated with later times."""
    from shared_traces import lines

    start, *run = list(lines(TRACE))
    length = run[-1]["t"] + 1
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(json.dumps(start) + "\n")
        for number in range(EVENTS - 1):
            again, place = divmod(number, len(run))
            file.write(json.dumps({**run[place], "t": round(run[place]["t"] + again * length, 3)}) + "\n")


@contextmanager
def browser() -> Iterator[Any]:
    """Start the browser of the tests."""
    done = subprocess.run([ROOT / "bin" / "browser-tools"], capture_output=True, text=True, check=True)
    sys.path.append(done.stdout.strip())
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium's own sandbox does not start for root.
        options = ["--no-sandbox", "--disable-gpu"]
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
        yield started
        started.close()


def first_paint(chromium: Any, folder: Path, times: int) -> str:
    """Open a report several times; return the time from the navigation to the first contentful paint."""
    recording, written = folder / "long.jsonl.gz", folder / "long.html"
    long_recording(recording)
    subprocess.run([PROGRAM, "report", recording, "-o", written], capture_output=True, check=True)
    found = []
    for _ in range(times):
        one = chromium.new_page()
        one.goto(written.as_uri())
        one.locator("h1").wait_for()
        one.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
        found.append(one.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        one.close()
    spread = f"best {min(found):.0f}, worst {max(found):.0f}; {written.stat().st_size >> 10} KB"
    return f"{statistics.median(found):.0f} ms ({spread})"


@contextmanager
def followed(folder: Path, count: int = 1) -> Iterator[tuple[Any, subprocess.Popen[str], str]]:
    """Serve finished runs and watch them; yields the API server, the process of ``pkgops ui``, its URL."""
    from many_workloads import many
    from memory_api import MemoryApi
    from pipeline_kinds import serve_all
    from shared_traces import lines

    api = MemoryApi()
    serve_all(api)
    api.play(lines(TRACE)) if count == 1 else api.put(*many(count, events=0))
    environ = {**os.environ, "KUBECONFIG": str(api.kubeconfig(folder / "kubeconfig", user="admin"))}
    command = [PROGRAM, "ui", "--no-open", "--context", "memory"]
    quiet: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    ui = subprocess.Popen(command, env=environ, text=True, cwd=folder, **quiet)
    try:
        yield api, ui, ui.stdout.readline().strip()
    finally:
        ui.send_signal(signal.SIGINT)
        ui.wait(60)
        api.close()


def changing(api: Any) -> Callable[[int], float]:
    """Return a function that changes a text on the page and returns the time of the response."""
    runs = api.objects.all(api.of("tekton.dev/v1", "TaskRun"))
    tests = (one for one in runs if "-test-" in one["metadata"]["name"])
    obj = max(tests, key=lambda one: one["metadata"]["creationTimestamp"])

    def change(number: int) -> float:
        obj["status"]["conditions"][0]["message"] = f"number {number}."
        api.put(obj)
        return time.time()

    return change


def change_to_page(chromium: Any, api: Any, address: str, times: int) -> str:
    """Change a text repeatedly while a page is open; return the delays as text."""
    one = chromium.new_page()
    one.goto(address)
    one.locator(".node[aria-label*='Test source']").click()
    one.evaluate(WATCH)
    change = changing(api)
    sent: dict[int, float] = {}
    for number in range(times):
        sent[number] = change(number)
        # The browser's driver runs only within its calls.
        one.wait_for_timeout(500)
    one.wait_for_timeout(3000)
    seen = one.evaluate("window.changed")
    one.close()
    taken = delays(sent, {int(number): at / 1000 for number, at in seen.items()})
    at = taken or [math.nan]
    middle, p95 = (at[max(int(len(at) * part) - 1, 0)] * 1000 for part in (0.5, 0.95))
    return (
        f"median {middle:.0f} ms, p95 {p95:.0f} ms; {len(taken)} of {times} came, {len(seen)} by themselves"
    )


def delays(sent: dict[int, float], seen: dict[int, float]) -> list[float]:
    """Return the seconds from each change until the page showed it or a later one, sorted."""
    shown = {number: [at for other, at in seen.items() if other >= number] for number in sent}
    return sorted(min(found) - sent[number] for number, found in shown.items() if found)


def cpu(process: subprocess.Popen[str]) -> float:
    """Return the CPU seconds of a process so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def share(ui: subprocess.Popen[str], api: Any, seconds: float, between: float) -> float:
    """Return the share of a core that a process uses while something changes periodically."""
    change = changing(api)
    begin, before, number = time.monotonic(), cpu(ui), 0
    while time.monotonic() - begin < seconds:
        if between:
            change(number := number + 1)
        time.sleep(between or 1.0)
    return (cpu(ui) - before) / (time.monotonic() - begin)


def matrix(chromium: Any, folder: Path, count: int, times: int) -> str:
    """Open the matrix of ``count`` workloads several times, and change one of them while it is open."""
    begin = time.monotonic()
    with followed(folder, count) as (api, _, address):
        served = time.monotonic() - begin
        one = chromium.new_page()
        one.goto(address)
        one.get_by_role("button", name=f"{count} ready").wait_for(timeout=600_000)
        read = time.monotonic() - begin - served
        opened = []
        for _ in range(times):
            before = time.monotonic()
            one.goto(address)
            one.locator("tbody tr").nth(99).wait_for()
            opened.append(time.monotonic() - before)
        one.get_by_label("Search").fill("app-0007")
        runs = api.objects.all(api.of("carto.run/v1alpha1", "Workload"))
        obj = next(found for found in runs if "app-0007" in found["metadata"]["name"])
        shown = []
        for number in range(times):
            message = f"number {number}."
            for condition in obj["status"]["conditions"]:
                condition |= {"status": "False", "reason": "Broken", "message": message}
            api.put(obj)
            before = time.monotonic()
            one.get_by_text(message).wait_for(timeout=60_000)
            shown.append(time.monotonic() - before)
        one.close()
    opening, changing_one = statistics.median(opened), statistics.median(shown)
    change = f"a change is shown after {changing_one:.2f} s, worst {max(shown):.2f} s"
    return f"opened in {opening:.2f} s, {change} (served after {served:.0f} s, all read {read:.0f} s later)"


class Viewers:
    """Viewers in a process of their own; at the end ``received`` is the number of their events."""

    def __init__(self, address: str, count: int) -> None:
        code = "import page, sys; page.view(sys.argv[1], int(sys.argv[2]))"
        command = [sys.executable, "-c", code, address, str(count)]
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(command, cwd=Path(__file__).parent, text=True, **pipes)

    def __enter__(self) -> Viewers:
        """Wait until all are connected."""
        self._process.stdout.readline()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop them and read the number of events."""
        printed, _error = self._process.communicate("")
        self.received = int(printed)


def view(address: str, count: int) -> None:
    """Read the events of ``count`` viewers until the input ends; then print their number."""
    received = [0] * count

    def one(place: int) -> None:
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        opener = urllib.request.build_opener(cookies)
        opener.open(address).read()
        for line in opener.open(address + "events"):
            if line.startswith(b"data:"):
                received[place] += 1

    for place in range(count):
        threading.Thread(target=one, args=(place,), daemon=True).start()
    while not all(received):
        time.sleep(0.1)
    first = sum(received)
    print("all connected", flush=True)
    sys.stdin.read()
    print(sum(received) - first)


def viewers_share(ui: subprocess.Popen[str], api: Any, address: str, seconds: float) -> str:
    """Return the CPU time of `pkgops ui` with twenty viewers and with none, as text."""
    found = []
    for name, between in (("nothing changes", 0.0), ("a change a second", 1.0)):
        alone = share(ui, api, seconds, between)
        with Viewers(address, 20) as viewers:
            watched = share(ui, api, seconds, between)
        both = f"{alone:.1%} without, {watched:.1%} with, {viewers.received} events"
        found.append(f"{name}: {watched - alone:+.1%} of a core ({both})")
    return "; ".join(found)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="openings of the report; 0 for none")
    parser.add_argument("--changes", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each share is measured")
    parser.add_argument("--workloads", type=int, default=1000, help="rows of the matrix; 0 for none")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests" / "shared"))
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(prefix="pkgops-page-") as name, browser() as chromium:
        if options.times:
            painted = first_paint(chromium, Path(name), options.times)
            print(f"first paint of {EVENTS} events: {painted} (goal 1000)")
        with followed(Path(name)) as (api, ui, address):
            print(f"change to page: {change_to_page(chromium, api, address, options.changes)} (goal p95 150)")
            print(f"20 viewers, {viewers_share(ui, api, address, options.seconds)} (goal 5.0%)")
        if options.workloads:
            found = matrix(chromium, Path(name), options.workloads, max(options.times, 3))
            print(f"matrix of {options.workloads} workloads: {found} (goal 2)")


if __name__ == "__main__":
    main()

"""The Go layers: the machine's toolchain and a warm compiler cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pkgops import tools
from pkgops.local.images.debian import USER_ID
from pkgops.local.images.sources import Sources
from pkgops.oci.layers import Member, directory, tree

GOROOT, GOCACHE, GOPATH = "/usr/local/go", "/var/cache/go-build", "/go"
RECIPE = "3"

# 2100-01-01: Go neither trims cache entries from the future nor touches them when it uses them,
# so that a container does not copy them up.
FUTURE = 4_102_444_800

_WARM_MODULE = "module warm.invalid/warm\n\ngo 1.22\n"
_WARM_IMPORTS = (
    "bufio", "bytes", "compress/gzip", "context", "crypto/sha256", "crypto/tls", "database/sql", "embed",
    "encoding/csv", "encoding/hex", "encoding/json", "encoding/xml", "errors", "expvar", "flag", "fmt",
    "html/template", "io", "log", "log/slog", "math/rand", "net/http", "net/http/pprof", "net/url", "os",
    "os/exec", "os/signal", "path/filepath", "regexp", "slices", "sort", "strconv", "strings", "sync",
    "sync/atomic", "text/template", "time",
)  # fmt: skip
_WARM_TEST_IMPORTS = ("net/http/httptest", "testing/fstest", "testing/iotest")


def toolchain(sources: Sources) -> Iterator[Member]:
    """Yield the toolchain below ``/usr/local/go``, without its tests and documentation."""
    yield from tree(sources.goroot(), GOROOT[1:], owner=(0, 0), mtime=0, skip=_unneeded)


def _unneeded(path: PurePosixPath) -> bool:
    if path.parts[0] in ("api", "doc", "misc", "test"):
        return True
    return path.name == "testdata" or path.name.endswith("_test.go")


def warm_cache(work: Path, sources: Sources) -> Iterator[Member]:
    """Yield a compiler cache that has the standard library, for programs and for tests.

    Writable for every user, so that steps running as root and builds running as the stack's user
    share it; Go does not trim the entries.
    """
    cache, module = work / "cache", work / "module"
    _write_module(module)
    environment = {**sources.go.environment(), "GOCACHE": str(cache), "GOFLAGS": ""}
    for command in (("test", "./..."), ("build", "-ldflags=-s -w", "-o", "/dev/null", ".")):
        tools.run(str(sources.go.program), *command, env=environment, cwd=module, deadline=1800)
    for path in cache.rglob("*"):
        path.chmod(0o777 if path.is_dir() else 0o666)
    owner = (USER_ID, USER_ID)
    for header, opener in tree(cache, GOCACHE[1:], owner=owner, mtime=FUTURE):
        if header.name == GOCACHE[1:]:
            header.mode = 0o777
        yield header, opener
    for name in ("go", "go/pkg", "go/pkg/mod", "go/bin"):
        yield directory(name, 0o777, owner), None


def _write_module(module: Path) -> None:
    module.mkdir()
    (module / "go.mod").write_text(_WARM_MODULE)
    (module / "main.go").write_text(f"package main\n{_imports(_WARM_IMPORTS)}\nfunc main() {{}}\n")
    test = 'import "testing"\n\nfunc TestNothing(*testing.T) {}\n'
    (module / "main_test.go").write_text(f"package main\n{_imports(_WARM_TEST_IMPORTS)}\n{test}")


def _imports(paths: tuple[str, ...]) -> str:
    return "\n".join(f'import _ "{path}"' for path in paths) + "\n"


def warm_description() -> str:
    """Return the inputs of the warm cache other than the toolchain."""
    return " ".join((*_WARM_IMPORTS, *_WARM_TEST_IMPORTS))

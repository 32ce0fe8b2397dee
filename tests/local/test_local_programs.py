"""The official releases, against a small server of archives on loopback."""

import hashlib
import http.server
import io
import re
import tarfile
import threading

import pytest

from pkgops.errors import Interrupted, PreflightError, UsageError
from pkgops.local import binaries, go_sets, programs, release
from pkgops.local.golang import Go
from pkgops.local.release import ArchiveRefused, DownloadFailed, Release

NAMES = ("kube-apiserver", "kubectl")
VERSION = "v9.9.9"


def program(version=VERSION, text=""):
    return f"#!/bin/sh\necho Kubernetes {version}{text}\n".encode()


def archive_of(files):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return raw.getvalue()


ARCHIVE = archive_of(
    {
        "kubernetes/LICENSES": b"text",
        "kubernetes/server/bin/kube-apiserver": program(text=" server"),
        "kubernetes/server/bin/kube-apiserver.tar": b"an image",
        "kubernetes/server/bin/kubectl": program(),
        "../../outside": b"nobody takes this",
    }
)
ETCD_ARCHIVE = archive_of({"etcd-v3/etcd": b"a database", "etcd-v3/etcdctl": b"not taken"})
DNS_ARCHIVE = archive_of({"coredns": b"names"})


def pinned(content=ARCHIVE, version=VERSION):
    return Release(
        name=release.KUBERNETES,
        version=version,
        server="http://releases.invalid",
        path=f"{version}/kubernetes-server-linux-amd64.tar.gz",
        checksum=hashlib.sha512(content).hexdigest(),
        below="kubernetes/server/bin",
        shown=version,
    )


PINNED = pinned()
ETCD = Release(
    name=release.ETCD,
    version="v3",
    server="http://releases.invalid",
    path="etcd-io/etcd/releases/download/v3/etcd-v3-linux-amd64.tar.gz",
    checksum=hashlib.sha256(ETCD_ARCHIVE).hexdigest(),
    below="etcd-v3",
    shown="3",
)
DNS = Release(
    name=release.COREDNS,
    version="v1",
    server="http://releases.invalid",
    path="coredns/coredns/releases/download/v1/coredns_1_linux_amd64.tgz",
    checksum=hashlib.sha256(DNS_ARCHIVE).hexdigest(),
    below="",
    shown="CoreDNS-1",
)


class Server(http.server.ThreadingHTTPServer):
    """Serves archives; ``breaks`` counts the answers that end in the middle, ``seen`` the requests."""

    def __init__(self, content, breaks=0, ranges=True, redirect="", more=()):
        super().__init__(("127.0.0.1", 0), Handler)
        self.contents = {f"/{PINNED.path}": content, **{f"/{one.path}": text for one, text in more}}
        self.breaks, self.ranges, self.redirect, self.seen = breaks, ranges, redirect, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.seen.append((self.path, asked))
        if server.redirect:
            self.send_response(302)
            self.send_header("Location", server.redirect + self.path)
            self.end_headers()
            return
        # A proxy is asked for the whole address.
        content = server.contents.get(self.path.removeprefix("http://releases.invalid"))
        if content is None:
            self.send_error(404)
            return
        begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and server.ranges else 0
        body = content[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.breaks:
            server.breaks -= 1
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def serve():
    servers = []

    def start(*args, **options):
        servers.append(Server(*args, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in (programs.VARIABLE, programs.MIRROR_VARIABLE, "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache" / "pkgops"


def bring(server, events=None, pinned=PINNED, kind="download", stop=None):
    source = programs.ProgramSource(kind, mirror=server.url)
    on_event = (events if events is not None else []).append
    return programs.provide(source, pinned, NAMES, on_event, stop or threading.Event())


def test_the_programs_of_the_release_are_taken_and_nothing_else(serve, cache):
    server, events = serve(ARCHIVE), []
    folder = bring(server, events)
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
    assert (folder / "kube-apiserver").read_bytes() == program(text=" server")
    assert (folder / "kubectl").stat().st_mode & 0o111
    assert events[-1].state == "ready"
    assert list((cache / "downloads").iterdir()) == []
    assert not (cache.parent / "outside").exists()


def test_what_is_there_is_not_asked_for_again(serve):
    server = serve(ARCHIVE)
    bring(server)
    bring(server)
    assert len(server.seen) == 1


def test_a_download_that_breaks_off_goes_on_where_it_was(serve, monkeypatch):
    monkeypatch.setattr(release, "CHUNK", 16)
    server = serve(ARCHIVE, breaks=2)
    bring(server)
    begins = [asked for _path, asked in server.seen]
    assert begins[0] is None
    assert 0 < int(begins[1][len("bytes=") : -1]) <= len(ARCHIVE) // 2
    assert len(begins) == 3


def test_a_server_without_ranges_begins_anew(serve):
    assert bring(serve(ARCHIVE, breaks=1, ranges=False)).is_dir()


def test_a_redirect_is_followed(serve):
    behind = serve(ARCHIVE)
    assert bring(serve(b"", redirect=behind.url)).is_dir()
    assert behind.seen


@pytest.mark.parametrize("content", [ARCHIVE + b"!", b"<html>log in first</html>", b""])
def test_another_checksum_is_refused_and_deleted(serve, cache, content):
    with pytest.raises(ArchiveRefused):
        bring(serve(content))
    assert list((cache / "downloads").iterdir()) == []
    assert not (cache / "bin").exists()


def test_an_archive_without_a_program_is_refused(serve, cache):
    content = archive_of({"kubernetes/server/bin/kubectl": program()})
    with pytest.raises(ArchiveRefused, match="kube-apiserver"):
        bring(serve(content), pinned=pinned(content))
    assert not any((cache / "bin").iterdir())


def test_what_cannot_be_reached_is_said_or_compiled(serve):
    other = pinned(version="v0.0.1")
    server, events = serve(ARCHIVE), []
    with pytest.raises(DownloadFailed) as caught:
        bring(server, pinned=other)
    assert caught.value.why == "HTTP 404"
    assert bring(server, events, pinned=other, kind="auto") is None
    assert events[-1].state == "note"
    assert "compiling it" in events[-1].detail


def test_a_proxy_is_used_unless_the_host_is_left_out(serve, tmp_path):
    server = serve(ARCHIVE)
    url = "http://releases.invalid"
    proxied = release.download(PINNED, tmp_path / "a", url, lambda *_: None, {"http_proxy": server.url})
    assert proxied.read_bytes() == ARCHIVE
    assert server.seen[0][0].startswith(url)
    around = {"http_proxy": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    assert release.download(PINNED, tmp_path / "b", server.url, lambda *_: None, around).exists()


def test_an_interrupt_leaves_what_came_for_the_next_time(serve, cache, monkeypatch):
    monkeypatch.setattr(release, "CHUNK", len(ARCHIVE) // 3)
    server, stop = serve(ARCHIVE), threading.Event()
    stop.set()
    with pytest.raises(Interrupted):
        bring(server, stop=stop)
    assert any((cache / "downloads").iterdir())
    stop.clear()
    bring(server, stop=stop)
    assert server.seen[-1][1] is not None


def test_programs_that_somebody_brought_along(tmp_path):
    given = tmp_path / "given"
    given.mkdir()
    (given / "kube-apiserver").write_bytes(program())
    with pytest.raises(PreflightError, match="kubectl"):
        programs.from_folder(PINNED, NAMES, given, [].append)
    (given / "kubectl").write_bytes(program("v9.9.8"))
    for path in given.iterdir():
        path.chmod(0o755)
    with pytest.raises(PreflightError) as caught:
        programs.from_folder(PINNED, NAMES, given, [].append)
    assert "v9.9.8" in caught.value.why
    (given / "kubectl").write_bytes(program())
    folder = programs.from_folder(PINNED, NAMES, given, [].append)
    assert (folder / "kubectl").read_bytes() == program()


def test_an_archive_that_somebody_brought_along(tmp_path):
    (tmp_path / PINNED.archive).write_bytes(ARCHIVE)
    assert programs.from_folder(PINNED, NAMES, tmp_path, [].append).is_dir()
    (tmp_path / PINNED.archive).write_bytes(ARCHIVE[:-1])
    with pytest.raises(ArchiveRefused):
        programs.from_folder(PINNED, NAMES, tmp_path, [].append)


@pytest.fixture
def sets(monkeypatch, tmp_path):
    """Three sets as pinned above, and a compiler that writes what it was asked for."""
    names = {release.ETCD: ("etcd",), release.COREDNS: ("coredns",), release.KUBERNETES: NAMES}
    # Apart from the cache: the folder of a source is read while others write there.
    module = tmp_path / "module"
    module.mkdir()
    made = {
        name: go_sets.GoSet(
            name=name, source=module, packages=tuple((one, f"./{one}") for one in programs_of)
        )
        for name, programs_of in names.items()
    }
    monkeypatch.setattr(binaries, "sets", lambda: list(made.values()))
    monkeypatch.setattr(release, "PINNED", {one.name: one for one in (PINNED, ETCD, DNS)})
    compiler = tmp_path / "compiler"
    compiler.write_text('#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\necho compiled >"$2"\n')
    compiler.chmod(0o755)
    return made, Go(compiler, "go1")


def test_the_choice_holds_for_its_version_and_until_compiling_is_asked_for(serve, sets):
    made, go = sets
    source = programs.ProgramSource("auto", mirror=serve(ARCHIVE).url)
    found = binaries.ensure(go, [].append, source)
    assert found["kubectl"].read_bytes() == program()
    assert binaries.missing("go1") == []
    assert programs.chosen(pinned(version="v9.9.10")) is None
    assert binaries.verify("go1") == []
    found["kubectl"].write_bytes(program(text="changed"))
    assert binaries.verify("go1") == [found["kubectl"]]
    programs.choose(PINNED, None)
    assert binaries.located("go1")["kubectl"].parent == made[release.KUBERNETES].compiled("go1")


def test_all_that_is_released_is_taken_and_nothing_is_compiled(serve, sets):
    _made, go = sets
    server = serve(ARCHIVE, more=((ETCD, ETCD_ARCHIVE), (DNS, DNS_ARCHIVE)))
    found = binaries.ensure(Go(go.program.with_name("none"), "go1"), [].append, source_at(server))
    assert [found[name].read_bytes() for name in ("etcd", "coredns")] == [b"a database", b"names"]
    assert len(server.seen) == 3
    binaries.ensure(go, [].append, source_at(server))
    assert len(server.seen) == 3


def test_a_release_that_cannot_be_had_is_compiled_alone(serve, sets):
    _made, go = sets
    events, server = [], serve(ARCHIVE, more=((DNS, DNS_ARCHIVE + b"!"),))
    found = binaries.ensure(go, events.append, source_at(server))
    assert found["kubectl"].read_bytes() == program()
    assert [found[name].read_text() for name in ("etcd", "coredns")] == ["compiled\n"] * 2
    told = {one.part: one.detail for one in events if one.state == "note"}
    assert set(told) == {"etcd", "coredns"}
    assert "HTTP 404" in told["etcd"]
    assert "pinned is" in told["coredns"]
    with pytest.raises(PreflightError):
        binaries.ensure(go, [].append, source_at(server, "download"))


def test_a_folder_may_lack_what_is_quickly_compiled(sets, tmp_path):
    _made, go = sets
    given = tmp_path / "given"
    given.mkdir()
    (given / PINNED.archive).write_bytes(ARCHIVE)
    (given / ETCD.archive).write_bytes(ETCD_ARCHIVE)
    found = binaries.ensure(go, [].append, programs.ProgramSource("folder", given))
    assert [found[name].read_text() for name in ("etcd", "coredns")] == ["a database", "compiled\n"]


def source_at(server, kind="auto"):
    return programs.ProgramSource(kind, mirror=server.url)


@pytest.mark.parametrize(
    ("text", "kind"), [("", "auto"), ("auto", "auto"), ("download", "download"), ("compile", "compile")]
)
def test_words_for_where_programs_come_from(text, kind):
    assert programs.source(text).kind == kind


def test_a_folder_that_is_none_is_refused(tmp_path, monkeypatch):
    assert programs.source(str(tmp_path)).folder == tmp_path
    with pytest.raises(UsageError):
        programs.source(str(tmp_path / "absent"))
    monkeypatch.setenv(programs.VARIABLE, "compile")
    assert programs.source().kind == "compile"


@pytest.mark.parametrize(
    ("name", "module", "digits"),
    [
        (release.KUBERNETES, "k8s.io/kubernetes", 128),
        (release.ETCD, "go.etcd.io/etcd/server/v3", 64),
        (release.COREDNS, "github.com/coredns/coredns", 64),
        (release.CONTAINERD, "github.com/containerd/containerd/v2", 64),
    ],
)
def test_a_pinned_release_is_the_version_that_is_compiled(name, module, digits):
    one, (compiled,) = release.PINNED[name], [one for one in go_sets.sets() if one.name == name]
    required = (compiled.source / "go.mod").read_text()
    assert re.search(rf"\b{re.escape(module)} (\S+)", required)[1] == one.version
    assert len(one.checksum) == digits
    assert bytes.fromhex(one.checksum)
    assert one.version.removeprefix("v") in one.path
    assert one.url("http://mirror.invalid/") == f"http://mirror.invalid/{one.path}"

"""Where Apps and PackageRepositories fetch from in tests: the same content from Git, http and a registry."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from fake_registry import PASSWORD, USER, FakeRegistry
from git_fixtures import git

from pkgops.oci import ANONYMOUS, ImageRef, RegistryClient
from pkgops.oci.bundle import build_image, push

VERSIONS = ("1.0.0", "1.1.0-rc.1", "1.2.0-zeta.1", "2.0.0")
LOCK = "apiVersion: imgpkg.carvel.dev/v1alpha1\nkind: ImagesLock\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: content}}\ndata: {{version: {0}}}\n"
PACKAGE = (
    "apiVersion: data.packaging.carvel.dev/v1alpha1\nkind: Package\n"
    "metadata: {{name: p.example.com.{0}}}\nspec: {{refName: p.example.com, version: {0}}}\n"
)
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def write(folder: Path, version: str) -> None:
    """Write a ConfigMap and a Package of a version; the file at the top cannot be deployed."""
    files = {
        "top.yml": "no: object\n",
        "app/map.yml": MAP.format(version),
        "repo/packages/p.yml": PACKAGE.format(version),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def committed(root: Path) -> str:
    """Make apps.git, a tag for each version; return a commit that no reference names."""
    bare, tree = root / "served" / "apps.git", root / "apps"
    bare.mkdir(parents=True)
    git(bare, "init", "-q", "--bare", "-b", "main")
    tree.mkdir()
    git(tree, "init", "-q", "-b", "main")
    between = ""
    for version in ("0.9.0", *VERSIONS, "main"):
        write(tree, version)
        git(tree, "add", "-A")
        git(tree, "commit", "-q", "-m", version)
        if version in VERSIONS:
            git(tree, "tag", f"v{version}")
        between = between or git(tree, "rev-parse", "HEAD")
    git(tree, "push", "-q", str(bare), "main", "--tags")
    return between


@contextmanager
def registry(folder: Path) -> Iterator[FakeRegistry]:
    """A registry with an image and bundles of each version, which one has to log in to."""
    made = FakeRegistry()
    client = RegistryClient(ANONYMOUS)
    for version in VERSIONS:
        content = folder / version
        write(content, version)
        for name, part in (("files", content), ("bundle", content), ("packages", content / "repo")):
            is_bundle = name != "files"
            if is_bundle:
                (part / ".imgpkg").mkdir()
                (part / ".imgpkg" / "images.yml").write_text(LOCK)
            image = build_image([part], bundle=is_bundle)
            push(client, ImageRef.parse(f"{made.host}/{name}:{version}"), image)
    made.auth = "basic"
    yield made
    made.close()


@contextmanager
def web(folder: Path) -> Iterator[str]:
    """A server of content.tar; below /private one has to log in."""
    write(folder, "web")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:") as archive:
        for name in ("app", "repo"):
            archive.add(folder / name, name)
        archive.add(folder / "top.yml", "top.yml")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            private = self.path.startswith("/private/")
            refused = private and self.headers.get("Authorization") != f"Basic {BASIC}"
            self.send_response(401 if refused else 200)
            self.end_headers()
            self.wfile.write(b"" if refused else out.getvalue())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def access(host: str) -> str:
    """Return the content of a Secret that gives access to a registry."""
    return base64.b64encode(json.dumps({"auths": {host: {"auth": BASIC}}}).encode()).decode()

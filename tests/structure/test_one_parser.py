"""What a commit looks like in a source revision is written in one place, beside what Flux puts before it."""

from __future__ import annotations

from pathlib import Path

import pkgops

ROOT = Path(pkgops.__file__).parent
OTHERS = ("platform", "local", "lifecycle")
"""Git itself has its own rules; these packages ask it."""


def test_the_commit_in_a_revision_is_parsed_in_one_place():
    paths = [path.relative_to(ROOT) for path in ROOT.rglob("*.py") if "[0-9a-f]{40}" in path.read_text()]
    found = {str(path) for path in paths if path.parts[0] not in OTHERS}
    assert found == {"model/revision.py", "pipeline/revisions.py"}

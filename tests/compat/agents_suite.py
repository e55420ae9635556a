"""The Agents SDK's own tests, played on our FakeModel: whatever passes with the SDK's has to pass with ours.

    python tests/compat/agents_suite.py openai_agents-0.20.0.tar.gz

The source distribution is of openai-agents up to 0.20, whose tests have a `fake_model.py`; the Python that runs this
has that version installed. The tests that use it are run with `fake_model.py` replaced by an import; what fails then
is run once more as it was. Exits 1 where a test passes with the original only.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

OURS = "from fakemodel import FakeModel, PromptCacheFakeModel, get_response_obj\n"
USES_IT = re.compile(r"fake_model|utils\.hitl|utils import hitl")
CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    passed: int
    failed: frozenset[str]


def run(folder: Path, tests: list[str]) -> Outcome:
    """Run these tests of the folder."""
    report, cache = folder / "report.xml", folder / "cache"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:randomly", "--continue-on-collection-errors"]
    options = [f"--junitxml={report}", "-o", f"cache_dir={cache}"]
    environment = {"PYTHONPATH": str(CHECKOUT), "OPENAI_API_KEY": "key", "PATH": "/usr/bin:/bin"}
    with (folder / "log.txt").open("w") as log:
        subprocess.run([*command, *options, *tests], cwd=folder, stdout=log, stderr=log, env=environment, check=False)
    counts = next(ElementTree.parse(report).getroot().iter("testsuite")).attrib
    failed = cache / "v" / "cache" / "lastfailed"
    lost = sum(int(counts[kind]) for kind in ("failures", "errors", "skipped"))
    return Outcome(int(counts["tests"]) - lost, frozenset(json.loads(failed.read_text()) if failed.exists() else ()))


def main(archive: Path) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / name / archive.name.removesuffix(".tar.gz") for name in ("ours", "original")]
        for folder in folders:
            with tarfile.open(archive) as source:
                source.extractall(folder.parent, filter="data")
        ours, original = folders
        (ours / "tests" / "fake_model.py").write_text(OURS)
        found = [file for file in sorted(ours.glob("tests/**/test_*.py")) if USES_IT.search(file.read_text())]
        played = run(ours, [str(file.relative_to(ours)) for file in found])
        again = run(original, sorted(played.failed)) if played.failed else Outcome(0, frozenset())
    print(f"{ours.name}: {played.passed:,} tests pass with ours, {again.passed} with the original only")
    for why, names in (("fails with either", again.failed), ("only with the original", played.failed - again.failed)):
        print("".join(f"  {why}: {name}\n" for name in sorted(names)), end="")
    return 1 if again.passed or not played.passed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

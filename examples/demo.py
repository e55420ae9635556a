"""What `make demo` runs: a copy of this suite is recorded, shown, replayed offline, and caught out of date."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLES = Path(__file__).parent
PYPROJECT = """\
[tool.pytest.ini_options]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
"""


def announced(title: str) -> None:
    print(f"\n\033[1m== {title}\033[0m" if sys.stdout.isatty() else f"\n== {title}", flush=True)


def pytest(folder: Path, *args: str) -> tuple[int, str]:
    print("$ pytest", *args, flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *args]
    done = subprocess.run(command, cwd=folder, check=False, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="", flush=True)
    return done.returncode, done.stdout


def demo(folder: Path) -> int:
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("cassettes", "__pycache__"))
    (folder / "pyproject.toml").write_text(PYPROJECT)

    announced("1. Record: the openai SDK talks to a FakeOpenAI on loopback; the cassette is what it wrote")
    if pytest(folder, "--cassettes=record")[0]:
        return 1
    cassette = Path("cassettes/test_conversation/test_capital.yaml")
    print(f"\n{cassette}:\n")
    print((folder / cassette).read_text())

    announced("2. Replay: no server is started, and connections to other machines are refused")
    if pytest(folder)[0]:
        return 1

    announced("3. Change a prompt: the recorded answer no longer fits, and the test says so")
    test = folder / "test_conversation.py"
    test.write_text(test.read_text().replace('"Its capital? One word."', '"What is its capital?"'))
    print('CAPITAL = "What is its capital?"')
    failed, report = pytest(folder, "--tb=short", "test_conversation.py::test_capital")
    if failed != 1 or "CassetteMiss" not in report:
        print("The changed prompt should have failed with a CassetteMiss.")
        return 1

    announced("Done: recorded, replayed, and a stale answer refused")
    return 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="fakemodel-demo-") as folder:
        sys.exit(demo(Path(folder)))

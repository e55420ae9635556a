"""Run in an environment that has only the wheel: a downstream test plays a cassette that ships in it.

python check_wheel.py fakemodel-….whl
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

DOWNSTREAM = """
import openai
import pytest


@pytest.mark.cassette(name="fakemodel:previous_response_id/plain")
def test_a_shipped_cassette_plays():
    client = openai.OpenAI()
    first = client.responses.create(model="gpt-4.1", input="The largest country in South America? One word.")
    second = client.responses.create(
        model="gpt-4.1", input="Its capital? One word.", previous_response_id=first.id
    )
    assert second.output_text == "Brasília"


async def say_hello(model):
    return await model.get_response(input="Hello")


def test_a_model_speaks_without_the_agents_sdk(fake_model):
    import asyncio

    fake_model.say("Hello")
    assert asyncio.run(say_hello(fake_model)).output[0].content[0].text == "Hello"
"""

CHECKOUT = Path(__file__).parent.parent.parent
EXPECTED = {"fakemodel/py.typed", "fakemodel/plugin.py", "fakemodel/show/page.html"} | {
    f"fakemodel/{file.relative_to(CHECKOUT).as_posix()}" for file in CHECKOUT.glob("cassettes/**/*.yaml")
}


def check(wheel: Path) -> None:
    missing = EXPECTED - set(zipfile.ZipFile(wheel).namelist())
    assert not missing, f"the wheel lacks {', '.join(sorted(missing))}"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_downstream.py").write_text(DOWNSTREAM)
        command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
        subprocess.run(command, cwd=folder, check=True)


if __name__ == "__main__":
    check(Path(sys.argv[1]))

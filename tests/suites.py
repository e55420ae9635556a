"""What the suites in tests of the plugin begin with: a question to ask, and an API that answers it."""

ASK = """
import openai
import pytest


def ask(question="The largest country?", **more):
    with openai.OpenAI() as client:
        return client.responses.create(model="gpt-4.1", input=question, **more).output_text

"""
"""The head of a module of tests: `ask` sends one request."""

BRAZIL = """
import pytest


@pytest.fixture
def brazil(fake_openai):
    fake_openai.say("Brazil")

"""
"""A fixture, for a conftest or a module: the API that says one reply."""

"""What the pages show of a failing test is what pytest prints: their own blocks, each with one thing wrong."""

import re
from typing import NamedTuple

import pytest

from tests.contract.sdk import TELLS_FAILURES
from tests.docs.pages import blocks

MARGIN = re.compile(r"^E {7}")


class Shown(NamedTuple):
    """A text of a page, by its first line; the block below the same heading, what is wrong with it, how it is run."""

    page: str
    heading: str
    begins: str
    changes: tuple[tuple[str, str], ...]
    module: str = "test_page"
    options: tuple[str, ...] = ()
    recorded: bool = False


INVENTS_IDS = """
class Inventing(OpenAIResponsesModel):
    async def get_response(self, *args, **kwargs):
        answer = await super().get_response(*args, **kwargs)
        answer.response_id = "resp_3f9a1c22"
        return answer


class TestMyModel"""

LOSES_A_DELTA = """
    events[5].part.refusal = "No"
    events[6].item.content[0].refusal = "No"
    events[7].response.output[0].content[0].refusal = "No"
    assert events == expected_events"""

SHOWN = [
    Shown(
        "README.md",
        "An agent's loop",
        "fakemodel.errors.NoReplyLeft",
        (('        Reply("Still sunny."),\n', ""),),
    ),
    Shown(
        "README.md",
        "Code that speaks HTTP",
        "NoReplyLeft",
        (
            ("with pytest.raises(openai.BadRequestError) as refused", "with pytest.raises(openai.InternalServerError)"),
            (', previous_response_id="resp_gone"', ""),
            ('    assert refused.value.code == "previous_response_not_found"\n', ""),
            ('    assert fake_openai.requests[-1].json["previous_response_id"] == "resp_gone"\n', ""),
        ),
    ),
    Shown(
        "README.md",
        "Record once, replay for ever",
        "fakemodel.errors.CassetteMiss",
        (
            ('"Its capital? One word."', '"What is its capital?"'),
            (", previous_response_id=first.id", ""),
        ),
        module="test_geo",
        recorded=True,
    ),
    Shown(
        "docs/laws.md",
        "A breach",
        "fakemodel.errors.StreamError",
        (("    with pytest.raises(StreamError) as broken:\n        check_events", "    check_events"),),
    ),
    Shown(
        "docs/recipes.md",
        "An adapter",
        "AssertionError: assert events",
        (("\n    assert events == expected_events", LOSES_A_DELTA),),
    ),
    Shown(
        "docs/contract.md",
        "A model of the Agents SDK",
        "______________ TestMyModel",
        (("\nclass TestMyModel", INVENTS_IDS), ("return OpenAIResponsesModel", "return Inventing")),
        options=("-k", "test_response_id_is_the_servers and plain"),
    ),
    Shown(
        "docs/faults.md",
        "Chaos",
        "  request 1",
        (("    assert any(", "    print(api.faults_met)\n    assert not any("),),
    ),
    Shown(
        "docs/cassettes.md",
        "How strict is my suite?",
        "audit:",
        (),
        module="test_geo",
        options=("--audit-cassettes",),
        recorded=True,
    ),
    Shown(
        "docs/strategies.md",
        "Conversations",
        "AssertionError: step 1",
        (
            (
                '    with pytest.raises(AssertionError, match="previous_response_not_found"):\n        play(',
                "    play(",
            ),
        ),
        options=("-k", "takes_any_id"),
    ),
]


@pytest.mark.parametrize("shown", SHOWN, ids=[f"{shown.page}: {shown.heading}" for shown in SHOWN])
def test_a_page_shows_what_is_printed(suite: pytest.Pytester, shown):
    below = [block for block in blocks() if (block.page, block.heading) == (shown.page, shown.heading)]
    (code,) = (block.text for block in below if block.language == "python")
    if "hypothesis" in code:
        pytest.importorskip("hypothesis", reason="this block needs hypothesis")
    (text,) = (block.text for block in below if block.text.startswith(shown.begins))
    if "agents" in code:
        pytest.importorskip("agents", reason="this block needs openai-agents")
    if "fakemodel.contract" in code and not TELLS_FAILURES:
        pytest.skip("the adapter of this Agents SDK is told of in other words")
    if shown.recorded:
        suite.makepyfile(**{shown.module: code})
        suite.runpytest("--cassettes=record").assert_outcomes(passed=1)
    for old, new in shown.changes:
        assert code.count(old) == 1
        code = code.replace(old, new)
    suite.makepyfile(**{shown.module: code})

    printed = suite.runpytest(*shown.options).outlines

    lines = [MARGIN.sub("", line).rstrip() for line in printed]
    assert f"\n{text}" in "\n".join(["", *lines, ""])


def test_every_text_that_is_printed_by_pytest_is_compared():
    errors = re.compile(
        r"^(?:[\w.]*(?:NoReplyLeft|UnplayedReplies|CassetteMiss|StreamError|AssertionError)\b|audit: |___|  request )"
    )
    texts = {
        (block.page, block.text.partition("\n")[0])
        for block in blocks()
        if not block.language and errors.match(block.text)
    }

    assert len(texts) == len(SHOWN)
    assert all(any(page == shown.page and line.startswith(shown.begins) for shown in SHOWN) for page, line in texts)

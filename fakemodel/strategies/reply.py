"""Any reply that all four renderings have a form for, and the parts that it is made of.

They shrink to what a person would write: one text, of one fragment, that says `a`. What is awkward on a wire
(characters of several bytes, line ends, what looks like a frame) is as likely in a text as all the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from fakemodel.parts import Reasoning, Refusal, Text, ToolCall, Usage, reasoning, refusal, text, tool_call, usage
from fakemodel.reply import Reply
from fakemodel.wire.payload import Payload

__all__ = ["reasonings", "refusals", "replies", "texts", "tool_calls"]

AWKWARD = ("é", "🌦", "\n", "\r\n", "\n\n", "\u2028", "data: [DONE]\n\n", "")
"""What clients that read a stream by bytes, by lines or by frames stumble over."""

# What is drawn in fewer steps is what Hypothesis shrinks to: so plain words, and one fragment, come first.
WORDS: SearchStrategy[str] = st.sampled_from(["a", "b", *AWKWARD]) | st.text(max_size=8)
FRAGMENTS: SearchStrategy[list[str]] = WORDS.map(lambda word: [word]) | st.lists(WORDS, min_size=1, max_size=3)

LOGPROBS = st.floats(-20, 0)
TOP_LOGPROBS = st.lists(st.fixed_dictionaries({"token": WORDS, "logprob": LOGPROBS}), max_size=2)
ENTRIES = st.fixed_dictionaries({"token": WORDS, "logprob": LOGPROBS}, optional={"top_logprobs": TOP_LOGPROBS})
OF_FRAGMENT: SearchStrategy[Any] = LOGPROBS | ENTRIES | st.lists(ENTRIES, max_size=2)


def _citations(length: int) -> SearchStrategy[Payload]:
    """Citations of pages, in a text of this length."""
    places = st.tuples(st.integers(0, length), st.integers(0, length)).map(sorted)
    return st.builds(
        lambda place, title: {
            "type": "url_citation",
            "start_index": place[0],
            "end_index": place[1],
            "title": title,
            "url": "https://example.com/",
        },
        places,
        WORDS,
    )


def texts() -> SearchStrategy[Text]:
    """Texts: of one to three fragments, with and without log probabilities and citations."""
    return FRAGMENTS.map(lambda said: text(*said)) | _told_texts()


@st.composite
def _told_texts(draw: DrawFn) -> Text:
    """Texts of which more is told than what they say."""
    said = draw(FRAGMENTS)
    logprobs = draw(st.none() | st.lists(OF_FRAGMENT, min_size=len(said), max_size=len(said)))
    cited = draw(st.lists(_citations(len("".join(said))), max_size=2))
    return text(*said, logprobs=logprobs, annotations=cited)


def refusals() -> SearchStrategy[Refusal]:
    """Refusals: of one to three fragments."""
    return FRAGMENTS.map(lambda said: refusal(*said))


JSON_VALUES = WORDS | st.none() | st.booleans() | st.integers()
ARGUMENTS: SearchStrategy[Mapping[str, Any] | str | Sequence[str]] = (
    st.dictionaries(WORDS, JSON_VALUES, max_size=2) | st.lists(WORDS, max_size=3) | WORDS
)
CALL_IDS = st.none() | st.integers(0, 10**24 - 1).map(lambda number: f"call_{number:024d}")


def tool_calls() -> SearchStrategy[ToolCall]:
    """Calls of one of two functions: with arguments as JSON, broken JSON, in fragments, and with none."""
    return st.builds(tool_call, st.sampled_from(["f", "get_weather"]), ARGUMENTS, id=CALL_IDS)


def reasonings() -> SearchStrategy[Reasoning]:
    """Reasoning: with a summary of up to three fragments, encrypted or not."""
    return st.builds(
        lambda summary, encrypted: reasoning(*summary, encrypted_content=encrypted),
        FRAGMENTS | FRAGMENTS.map(lambda _: []),
        st.none() | WORDS,
    )


COUNTS = st.tuples(st.integers(0, 9999), st.integers(0, 9999)).map(sorted)
USAGES: SearchStrategy[Usage] = st.builds(
    lambda sent, said: usage(sent[1], said[1], cached=sent[0], reasoning=said[0]), COUNTS, COUNTS
)
ENDINGS: SearchStrategy[dict[str, str]] = st.sampled_from(
    [
        {},
        {"status": "incomplete"},
        {"status": "incomplete", "reason": "max_output_tokens"},
        {"status": "incomplete", "reason": "content_filter"},
    ]
)
IDS = st.sampled_from([None, "resp_1", "chatcmpl-1"])
MODELS = st.sampled_from(["fake-model", "gpt-4.1", "o4-mini"])


def replies(parts: SearchStrategy[Any] | None = None) -> SearchStrategy[Reply]:
    """Replies of up to five parts: completed or cut short, with and without usage, an id and a model.

    `parts` are what they are made of, in the place of texts, refusals, tool calls and reasoning: anything that
    `Reply` takes. Nothing is said by some. None is `failed`, for which Chat Completions has no form.
    """
    part = texts() | refusals() | tool_calls() | reasonings() if parts is None else parts
    said = st.lists(part, min_size=1, max_size=5).filter(_of_unlike_ids)
    return st.builds(
        lambda said, ending, **told: Reply(*said, **ending, **told),
        said | said.map(lambda _: []),  # which is no simpler than one that says something
        ENDINGS,
        usage=st.none() | USAGES,
        id=IDS,
        model=MODELS,
    )


def _of_unlike_ids(said: Sequence[object]) -> bool:
    given = [part.id for part in said if isinstance(part, ToolCall) and part.id]
    return len(given) == len(set(given))

"""Any reply that all four renderings have a form for, as hypothesis strategies."""

from hypothesis import strategies as st

from fakemodel import Reply, reasoning, refusal, text, tool_call, usage
from fakemodel.parts import Text, ToolCall
from fakemodel.tokens import counted

__all__ = ["replies", "with_usage"]

words = st.text(max_size=8)
fragments = st.lists(words, min_size=1, max_size=3)
numbers = st.floats(-20, 0)
tops = st.lists(st.fixed_dictionaries({"token": words, "logprob": numbers}), max_size=2)
entries = st.fixed_dictionaries({"token": words, "logprob": numbers}, optional={"top_logprobs": tops})
told = numbers | entries | st.lists(entries, max_size=2)


def citations(length: int) -> st.SearchStrategy[dict]:
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
        words,
    )


@st.composite
def texts(draw) -> Text:
    said = draw(fragments)
    logprobs = draw(st.none() | st.lists(told, min_size=len(said), max_size=len(said)))
    cited = draw(st.lists(citations(len("".join(said))), max_size=2))
    return text(*said, logprobs=logprobs, annotations=cited)


json_values = st.none() | st.booleans() | st.integers() | words
arguments = st.dictionaries(words, json_values, max_size=2) | words | st.lists(words, max_size=3)
call_ids = st.none() | st.integers(0, 10**24 - 1).map(lambda number: f"call_{number:024d}")
calls = st.builds(tool_call, st.sampled_from(["f", "get_weather"]), arguments, id=call_ids)
thoughts = st.builds(
    lambda summary, encrypted: reasoning(*summary, encrypted_content=encrypted),
    st.lists(words, max_size=3),
    st.none() | words,
)
parts = texts() | fragments.map(lambda said: refusal(*said)) | calls | thoughts


def of_unlike_ids(said: list) -> bool:
    given = [part.id for part in said if isinstance(part, ToolCall) and part.id]
    return len(given) == len(set(given))


counts = st.tuples(st.integers(0, 9999), st.integers(0, 9999)).map(sorted)
usages = st.builds(lambda sent, said: usage(sent[1], said[1], cached=sent[0], reasoning=said[0]), counts, counts)
endings = st.sampled_from(
    [
        {},
        {"status": "incomplete"},
        {"status": "incomplete", "reason": "max_output_tokens"},
        {"status": "incomplete", "reason": "content_filter"},
    ]
)
names = st.fixed_dictionaries(
    {}, optional={"id": st.sampled_from(["resp_1", "chatcmpl-1"]), "model": st.sampled_from(["gpt-4.1", "o4-mini"])}
)

replies = st.builds(
    lambda said, counted, ending, named: Reply(*said, usage=counted, **ending, **named),
    st.lists(parts, max_size=5).filter(of_unlike_ids),
    st.none() | usages,
    endings,
    names,
)


def with_usage(reply: Reply) -> Reply:
    """The reply with the usage that its renderings tell, where it has none: a server counts what it is asked."""
    return counted(reply, 1)

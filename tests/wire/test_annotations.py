"""Citations of a text: after which delta they come, what repeats them, and what Chat Completions makes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemodel import FakeOpenAI, Reply, ReplyInvalid, check_chunks, check_events, refusal, text

MEMBERS = {"url": "https://a.test", "title": "A"}
FILE = {"type": "file_citation", "file_id": "file-1", "filename": "a.txt", "index": 3}
CHAT_ONE = {"type": "url_citation", "url_citation": {**MEMBERS, "start_index": 0, "end_index": 3}}


def url_citation(start, end):
    return {"type": "url_citation", **MEMBERS, "start_index": start, "end_index": end}


ONE, TWO = url_citation(0, 3), url_citation(4, 8)


def told(reply):
    """The deltas and annotations in the order of the stream."""
    events = [event.to_dict() for event in reply.events()]
    return [event.get("delta", event.get("annotation")) for event in events if {"delta", "annotation"} & event.keys()]


@pytest.mark.parametrize(
    ("part", "stream"),
    [
        (text("The sun", annotations=[ONE]), ["The sun", ONE]),
        (text("The", " sun", annotations=[ONE]), ["The", ONE, " sun"]),
        (text("Th", "e sun", annotations=[ONE]), ["Th", "e sun", ONE]),
        (text("The", " sun", "!", annotations=[ONE, TWO]), ["The", ONE, " sun", "!", TWO]),
        (text("The sun", "!", annotations=[ONE, ONE]), ["The sun", ONE, ONE, "!"]),
        (text("The", " sun", annotations=[url_citation(0, 99)]), ["The", " sun", url_citation(0, 99)]),
        (text("The", " sun", annotations=[FILE]), ["The", FILE, " sun"]),
        (
            text("The", " sun", annotations=[{"type": "file_path", "file_id": "file-1"}]),
            ["The", " sun", {"type": "file_path", "file_id": "file-1"}],
        ),
        (text("Thé", " sun", annotations=[ONE]), ["Thé", ONE, " sun"]),
    ],
)
def test_a_citation_comes_after_the_delta_that_it_ends_in(part, stream):
    reply = Reply(part)

    assert told(reply) == stream
    check_events(reply.events())


def test_citations_are_counted_in_their_part_and_have_its_place():
    reply = Reply("Look: ", text("The", " sun", annotations=[ONE, FILE]), refusal("No"), text("a", annotations=[TWO]))
    added = [event for event in reply.events() if event.type == "response.output_text.annotation.added"]
    (message,) = reply.output

    assert [event.to_dict() for event in added] == [
        {
            "type": "response.output_text.annotation.added",
            "sequence_number": event.sequence_number,
            "item_id": message.id,
            "output_index": 0,
            "content_index": content_index,
            "annotation_index": annotation_index,
            "annotation": annotation,
        }
        for event, content_index, annotation_index, annotation in zip(
            added, (1, 1, 3), (0, 1, 0), (ONE, FILE, TWO), strict=True
        )
    ]


def test_the_part_the_item_and_the_response_hold_the_citations():
    events = [event.to_dict() for event in Reply(text("The sun", annotations=[ONE, TWO])).events()]
    by_type = {event["type"].removeprefix("response."): event for event in events}

    assert by_type["content_part.added"]["part"]["annotations"] == []
    assert by_type["content_part.done"]["part"]["annotations"] == [ONE, TWO]
    assert by_type["output_item.done"]["item"]["content"][0]["annotations"] == [ONE, TWO]
    assert by_type["completed"]["response"]["output"][0]["content"][0]["annotations"] == [ONE, TWO]


def test_a_message_that_was_given_is_streamed_with_its_citations():
    ours = Reply(text("The sun", annotations=[ONE, FILE]))
    (item,) = ours.output

    assert [event.to_dict() for event in Reply(item).events()] == [event.to_dict() for event in ours.events()]


def test_a_client_reads_the_citations_streamed_or_not():
    reply = Reply(text("The", " sun", annotations=[ONE, FILE]))
    client = FakeOpenAI([reply, reply]).client()

    with client.responses.stream(model="fake-model", input="Hi") as stream:
        streamed = stream.get_final_response()
    plain = client.responses.create(model="fake-model", input="Hi")

    for response in (streamed, plain):
        assert [each.to_dict() for each in response.output[0].content[0].annotations] == [ONE, FILE]


def test_chat_says_the_citations_of_pages_in_its_own_form():
    reply = Reply(text("The", " sun", annotations=[ONE]), "!")

    assert reply.completion().to_dict()["choices"][0]["message"]["annotations"] == [CHAT_ONE]
    assert [chunk.to_dict()["choices"][0]["delta"] for chunk in reply.chunks(include_usage=False)] == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "The"},
        {"content": " sun"},
        {"content": "!"},
        {"annotations": [CHAT_ONE]},
    ]
    check_chunks(reply.chunks())


def test_a_message_that_was_given_is_cited_in_chat_as_well():
    (item,) = Reply(text("The sun", annotations=[ONE])).output

    assert Reply(item).completion().to_dict()["choices"][0]["message"]["annotations"] == [CHAT_ONE]


def test_a_chat_client_reads_the_citations_streamed_or_not():
    reply = Reply(text("The sun", annotations=[ONE]))
    client = FakeOpenAI([reply, reply]).client()
    request = {"model": "fake-model", "messages": [{"role": "user", "content": "Hi"}]}

    message = client.chat.completions.create(**request).choices[0].message
    streamed = client.chat.completions.create(**request, stream=True)

    assert [each.to_dict() for each in message.annotations] == [CHAT_ONE]
    deltas = [chunk.to_dict()["choices"][0]["delta"] for chunk in streamed]
    assert [delta["annotations"] for delta in deltas if "annotations" in delta] == [[CHAT_ONE]]


@pytest.mark.parametrize("render", [Reply.chunks, Reply.completion])
@pytest.mark.parametrize("type", ["file_citation", "container_file_citation", "file_path"])
def test_chat_has_no_citations_of_files(render, type):
    reply = Reply(text("The sun", annotations=[ONE, {"type": type, "file_id": "file-1"}]))

    with pytest.raises(ReplyInvalid) as refused:
        render(reply)

    assert str(refused.value) == (
        f"Chat Completions has no form for an annotation of type {type!r}, only 'url_citation'."
    )


@pytest.mark.parametrize(
    ("annotations", "shown"),
    [
        (["https://a.test"], "'https://a.test'"),
        ([ONE, {"url": "https://a.test"}], "{'url': 'https://a.test'}"),
        ([{"type": None}], "{'type': None}"),
        ([[]], "[]"),
    ],
)
def test_what_is_no_annotation_is_refused_where_it_is_written(annotations, shown):
    with pytest.raises(ReplyInvalid) as refused:
        text("The sun", annotations=annotations)

    assert str(refused.value) == f"An annotation is a dict with its `type`, such as 'url_citation', not {shown}."


@pytest.mark.parametrize("annotations", [None, 5, ONE, "url_citation"])
def test_annotations_come_in_a_list(annotations):
    with pytest.raises(ReplyInvalid):
        text("The sun", annotations=annotations)


def test_citations_are_detached_from_what_was_given():
    given = url_citation(0, 3)
    reply = Reply(text("The sun", annotations=[given]))

    given["url"] = "https://b.test"
    reply.output[0].content[0].annotations[0].url = "https://c.test"

    assert reply.output[0].content[0].annotations[0].to_dict() == ONE


def test_a_reply_shows_its_citations_as_they_were_written():
    assert repr(Reply(text("The", " sun", annotations=[FILE]))) == f"Reply(text('The', ' sun', annotations=[{FILE!r}]))"


fragments = st.lists(st.text(max_size=6), min_size=1, max_size=4)
citations = st.lists(st.builds(url_citation, st.integers(0, 9), st.integers(0, 30)) | st.just(FILE), max_size=4)


@given(st.lists(st.builds(lambda found, cited: text(*found, annotations=cited), fragments, citations), max_size=3))
def test_whatever_is_cited_keeps_the_laws_and_its_order(parts):
    reply = Reply(*parts)
    cited = [
        annotation
        for part in reply.response().to_dict()["output"]
        for each in part["content"]
        for annotation in each["annotations"]
    ]

    check_events(reply.events())
    assert [each for each in told(reply) if isinstance(each, dict)] == cited

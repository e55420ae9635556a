"""Embeddings through the openai SDK: vectors that nobody has to script."""

import math
from base64 import b64decode
from struct import unpack

import openai
import pytest
from openai.types import CreateEmbeddingResponse

from fakemodel import FakeOpenAI

SMALL, LARGE, OLD = "text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002"


def embedded(client, input, model=SMALL, **options) -> list[list[float]]:
    found = client.embeddings.create(model=model, input=input, **options)
    return [each.embedding for each in found.data]


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_equal_texts_have_equal_vectors_and_others_have_others(client):
    cat, dog, again = embedded(client, ["cat", "dog", "cat"])

    assert cat == again == embedded(client, "cat")[0]
    assert abs(cosine(cat, dog)) < 0.1


def test_a_vector_is_a_function_of_the_text_on_every_server(client):
    assert embedded(client, "cat") == embedded(FakeOpenAI().client(), "cat")


@pytest.mark.parametrize("dimensions", [1, 2, 256, 1536])
def test_a_vector_has_length_one(client, dimensions):
    (vector,) = embedded(client, "cat", dimensions=dimensions)

    assert len(vector) == dimensions
    assert math.hypot(*vector) == pytest.approx(1)


@pytest.mark.parametrize(("model", "size"), [(SMALL, 1536), (LARGE, 3072), (OLD, 1536), ("nomic-embed-text", 1536)])
def test_the_model_says_how_long_a_vector_is(client, model, size):
    assert len(embedded(client, "cat", model=model)[0]) == size


def test_a_shorter_vector_is_the_beginning_of_the_longer_one(client):
    (whole,), (short,) = embedded(client, "cat"), embedded(client, "cat", dimensions=64)
    begins = whole[:64]

    assert short == pytest.approx([number / math.hypot(*begins) for number in begins], abs=1e-7)


def test_both_encodings_say_the_same(client, http):
    request = {"model": SMALL, "input": "cat"}
    plain = http.post("embeddings", json=request).json()["data"][0]["embedding"]
    encoded = http.post("embeddings", json={**request, "encoding_format": "base64"}).json()["data"][0]["embedding"]

    assert plain == list(unpack("<1536f", b64decode(encoded)))
    assert plain == embedded(client, "cat")[0] == embedded(client, "cat", encoding_format="float")[0]


def test_tokens_are_embedded_like_texts(client):
    one, two, again = embedded(client, [[1, 2], [1, 3], [1, 2]])

    assert one == again == embedded(client, [1, 2])[0]
    assert abs(cosine(one, two)) < 0.1


@pytest.mark.parametrize(
    ("input", "tokens"), [("cat", 1), ("category", 2), (["category", "cat"], 3), ([7, 8, 9], 3), ([[7], [8, 9]], 3)]
)
def test_the_usage_counts_texts_and_tokens(client, input, tokens):
    usage = client.embeddings.create(model=SMALL, input=input).usage

    assert (usage.prompt_tokens, usage.total_tokens) == (tokens, tokens)


def test_the_answer_is_the_sdk_s_type(http):
    body = http.post("embeddings", json={"model": SMALL, "input": ["cat", "dog"]}).json()

    found = CreateEmbeddingResponse.model_validate(body, strict=True)
    assert found.to_dict() == body
    assert [each.index for each in found.data] == [0, 1]
    assert found.model == SMALL


def test_embeddings_take_nothing_from_the_script(api, client):
    api.say("Hello")

    embedded(client, "cat")

    assert api.remaining == 1
    assert len(api.turns) == 0
    assert api.requests[-1].path == "/v1/embeddings"


async def test_async_clients_are_answered(api):
    async with api.async_client() as client:
        found = await client.embeddings.create(model=SMALL, input="cat")

    assert [found.data[0].embedding] == embedded(api.client(), "cat")


INVALID = "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."


@pytest.mark.parametrize(
    ("input", "message"),
    [
        ("", "Invalid 'input': input cannot be an empty string."),
        ([], "Invalid 'input': input cannot be an empty array."),
        (["cat", ""], "Invalid 'input[1]': input cannot be an empty string."),
        ([[1], []], "Invalid 'input[1]': input cannot be an empty array."),
        (["cat"] * 2049, "Invalid 'input': array length must be 2048 or less."),
        ([7] * 8193, "Invalid 'input': maximum input length is 8192 tokens."),
        ([[7], [7] * 8193], "Invalid 'input[1]': maximum input length is 8192 tokens."),
        (["cat", None], INVALID),
        ([["cat"]], INVALID),
        ([True], INVALID),
    ],
)
def test_an_input_that_cannot_be_embedded_is_refused(client, input, message):
    with pytest.raises(openai.BadRequestError) as refused:
        client.embeddings.create(model=SMALL, input=input)

    assert refused.value.body == {
        "message": message,
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


def test_as_many_inputs_as_the_api_takes_are_embedded(client):
    assert len(embedded(client, ["cat"] * 2048, dimensions=1)) == 2048
    assert len(embedded(client, [[7] * 8192], dimensions=1)) == 1


@pytest.mark.parametrize(
    ("model", "dimensions", "message"),
    [
        (SMALL, 1537, "Invalid value for 'dimensions' = 1537. Must be less than or equal to 1536."),
        (LARGE, 3073, "Invalid value for 'dimensions' = 3073. Must be less than or equal to 3072."),
        (OLD, 256, "This model does not support specifying dimensions."),
    ],
)
def test_dimensions_that_a_model_does_not_have_are_refused(client, model, dimensions, message):
    with pytest.raises(openai.BadRequestError) as refused:
        client.embeddings.create(model=model, input="cat", dimensions=dimensions)

    assert refused.value.body["message"] == message


def test_a_model_of_somebody_else_s_may_be_larger(client):
    assert len(embedded(client, "cat", model="qwen3-embedding-8b", dimensions=4096)[0]) == 4096

"""What a client sends beside its question, and a server beside its answer, stays out of the file."""

from pathlib import Path

import openai
import pytest
import requests
import vcr
import yaml

import fakemodel
from tests.tape.recorded import COMPLETED, HTTPX, JSON

pytestmark = pytest.mark.usefixtures("own_folder")


def test_keys_cookies_and_organisations_stay_out_of_the_file(origin):
    origin.answer(
        COMPLETED,
        headers=(
            JSON,
            ("set-cookie", "__cf_bm=SECRET; path=/"),
            ("set-cookie", "_cfuvid=SECRET"),
            ("openai-organization", "org-SECRET"),
            ("openai-project", "proj_SECRET"),
            ("x-request-id", "req_SECRET"),
            ("openai-version", "2020-10-01"),
        ),
    )
    with (
        fakemodel.cassette("geo.yaml", mode="record"),
        openai.OpenAI(
            base_url=origin.base_url,
            api_key="sk-SECRET",
            organization="org-SECRET",
            project="proj_SECRET",
            default_headers={"cookie": "session=SECRET", "x-api-key": "SECRET"},
        ) as client,
    ):
        client.responses.create(model="gpt-4.1", input="Brazil?")

    ((_, sent),) = origin.asked
    assert {name for name, value in sent.items() if "SECRET" in value} == {
        "authorization",
        "cookie",
        "openai-organization",
        "openai-project",
        "x-api-key",
    }
    (turn,) = yaml.safe_load(Path("geo.yaml").read_text("utf-8"))["interactions"]
    assert "SECRET" not in Path("geo.yaml").read_text("utf-8")
    assert turn["request"]["headers"] == {"content-type": ["application/json"]}
    assert turn["response"]["headers"] == {"content-type": ["application/json"], "openai-version": ["2020-10-01"]}


def test_a_password_in_the_address_stays_out_of_the_file(origin):
    origin.answer(COMPLETED, headers=(JSON,))
    with fakemodel.cassette("geo.yaml", mode="record"), HTTPX.Client() as client:
        client.post(f"{origin.base_url}/responses".replace("://", "://me:SECRET@"), json={})

    assert "SECRET" not in Path("geo.yaml").read_text("utf-8")


SECRETS = ["api-key", "x-api-key", "key", "client_secret", "access_token", "X-Amz-Security-Token", "password", "sig"]


@pytest.mark.parametrize("name", SECRETS)
def test_a_key_in_the_query_stays_out_of_the_file_and_of_messages(origin, name):
    def ask(secret: str, question: str = "Brazil?") -> int:
        with HTTPX.Client() as client:
            address = f"{origin.base_url}/responses?{name}={secret}&after=1"
            return client.post(address, json={"input": question}).status_code

    origin.answer(COMPLETED, headers=(JSON,))
    with fakemodel.cassette("geo.yaml", mode="record"):
        ask("TOPSECRET")
    assert "TOPSECRET" not in Path("geo.yaml").read_text()

    with fakemodel.cassette("geo.yaml"):
        assert ask("ANOTHER") == 200
    with pytest.raises(fakemodel.CassetteMiss) as miss, fakemodel.cassette("geo.yaml"):
        ask("TOPSECRET", "Peru?")
    assert "TOPSECRET" not in str(miss.value)


def test_a_recording_of_vcrpys_own_with_a_key_in_the_query_is_replayed(origin):
    origin.answer(COMPLETED, headers=(JSON,))
    address = f"{origin.base_url}/responses?api-key=zzz&after=1"
    with vcr.use_cassette("geo.yaml"):
        requests.post(address, json={"input": "Brazil?"})

    with fakemodel.cassette("geo.yaml"):
        assert requests.post(address, json={"input": "Brazil?"}).status_code == 200

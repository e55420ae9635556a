"""Payload files: long base64 stands beside the cassette, by its digest, and is played as it was recorded."""

import base64
import hashlib
from pathlib import Path

import pytest

import fakemodel
from fakemodel import CassetteInvalid, CassetteMiss, FakeOpenAI, SettingInvalid

pytestmark = pytest.mark.usefixtures("own_folder")

IMAGE = bytes(range(256)) * 8
SENT = base64.b64encode(IMAGE).decode()
BESIDE = Path("geo.payloads") / f"{hashlib.sha256(IMAGE).hexdigest()}.bin"
NAMED = f"payload-sha256-{BESIDE.stem}"


def ask(image: str = SENT) -> str:
    """Ask for what is in a picture."""
    shown = [{"role": "user", "content": [{"type": "input_image", "image_url": f"data:image/png;base64,{image}"}]}]
    with FakeOpenAI(["A map."]).client() as client:
        return client.responses.create(model="gpt-4.1", input=shown).output_text


def record(mode: str = "record", **settings: int) -> str:
    with fakemodel.cassette("geo.yaml", mode=mode, **settings):
        ask()
    return Path("geo.yaml").read_text("utf-8")


def test_a_long_payload_stands_in_a_file_of_its_own_and_is_played():
    text = record(payloads_over=1000)

    assert SENT not in text
    assert f'"data:image/png;base64,{NAMED}"' in text
    assert BESIDE.read_bytes() == IMAGE
    with fakemodel.cassette("geo.yaml"):
        assert ask() == "A map."


@pytest.mark.parametrize("over", [0, 2048])
def test_without_being_asked_for_or_where_it_is_short_it_stays_in_the_cassette(over):
    text = record(payloads_over=over)

    assert SENT in text
    assert not BESIDE.parent.exists()


def test_another_payload_is_a_miss():
    record(payloads_over=1000)

    with pytest.raises(CassetteMiss), fakemodel.cassette("geo.yaml"):
        ask(base64.b64encode(IMAGE[::-1]).decode())


def test_a_payload_that_is_not_there_is_told():
    record(payloads_over=1000)
    BESIDE.unlink()

    with pytest.raises(CassetteInvalid, match=f"its payload {BESIDE.stem} is not beside it"):
        fakemodel.cassette("geo.yaml").__enter__()


def test_recording_anew_takes_away_what_is_no_longer_named():
    record(payloads_over=1000)
    stale = BESIDE.with_stem("0" * 64)
    stale.write_bytes(b"stale")

    record("rerecord", payloads_over=1000)
    assert stale.exists(), "an equal recording leaves all as it is"

    record("rerecord", payloads_over=10_000)
    assert (stale.exists(), BESIDE.exists()) == (False, False)


@pytest.mark.parametrize("name", ["max_age", "payloads_over"])
@pytest.mark.parametrize("value", [-5, True, "many", 1.5, None])
def test_what_is_no_number_is_refused(name, value):
    with pytest.raises(SettingInvalid) as refused:
        record(**{name: value})

    assert str(refused.value) == f"fakemodel.cassette says {name}={value!r}, expected is a number from 0 on."

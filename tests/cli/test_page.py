"""`fakemodel show --html`: the page as a real browser has it, at a desk and in a hand, with hostile recordings too."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import call, interaction, message, put, response, run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.skipif(
        not (find_spec("typer") and find_spec("rich") and find_spec("jinja2")),
        reason="the page needs typer, rich and jinja2, the `cli` extra",
    ),
    pytest.mark.skipif(find_spec("playwright") is None, reason="no playwright to drive a browser with"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is found on the PATH"),
]

HOSTILE = [
    "<script>document.title = 'taken'</script>",
    "</textarea></pre></details></article><img src=x onerror=\"document.title='taken'\">",
    "<svg onload=document.title='taken'>",
    "javascript:document.title='taken'",
    "{{ 7 * 7 }} {% raw %}",
    "\" onmouseover=\"document.title='taken'",
    "<a href=\"http://evil.example/\">click</a><link rel=stylesheet href='http://evil.example/a.css'>",
    "\x1b[31m\u202e" + "x" * 3000,
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield (browser := playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]))
        browser.close()


class Visit:
    """A page of a recording in a window of some width, and what it asked of any network."""

    def __init__(self, browser: Any, file: Path, width: int, scheme: str) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda told: self.errors.append(told.text) if told.type == "error" else None)
        self.page.on("dialog", lambda dialog: self.errors.append(dialog.message))
        self.page.goto(file.as_uri())


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens the page of a cassette."""
    visits: list[Visit] = []

    def opened(cassette: object, width: int = 1280, scheme: str = "light") -> Visit:
        file = tmp_path / "page.html"
        told = run("show", cassette, "--html", file)
        assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
        visits.append(Visit(browser, file, width, scheme))
        return visits[-1]

    yield opened
    for each in visits:
        each.context.close()


def overflows(page: Any) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_all_turns_are_told_with_links_to_those_they_go_on_from(visit):
    seen = visit("fakemodel:previous_response_id/tool_call")
    page = seen.page

    assert page.title() == "fakemodel:previous_response_id/tool_call"
    turns = page.locator("article")
    assert [turns.nth(n).locator("h2").inner_text() for n in range(turns.count())] == ["turn 1", "turn 2"]
    assert all(turns.nth(n).is_visible() for n in range(turns.count()))
    assert "after resp_1 ← turn 1" in turns.nth(1).locator("header").inner_text()
    turns.nth(1).locator("header a").click()
    assert page.url.endswith("#turn-1")
    assert seen.requests == [page.url.partition("#")[0]]
    assert seen.errors == []


def test_a_call_and_its_output_lead_to_each_other(visit):
    page = visit("fakemodel:previous_response_id/tool_call").page

    asked, answered = page.locator(".item.call"), page.locator(".item.output")
    assert asked.inner_text().split("\n") == ["call_1", "answered in turn 2", 'get_weather({"city":"Brasília"})']
    assert asked.locator("a").get_attribute("href") == "#turn-2"
    assert answered.locator("a").get_attribute("href") == "#turn-1"
    assert "sunny" in answered.inner_text()


def test_every_link_leads_to_a_turn_that_is_there(visit):
    page = visit("fakemodel:conversation/mismatched_history").page

    targets = {link.get_attribute("href") for link in page.locator("a").all()}
    assert targets
    assert all(page.locator(target).count() == 1 for target in targets)


def test_bodies_and_events_are_folded_and_whole(visit):
    page = visit("fakemodel:previous_response_id/streamed").page

    turn = page.locator("article").first
    assert not turn.locator("pre").first.is_visible()
    turn.get_by_text("request: POST /v1/responses").click()
    assert json.loads(turn.locator("pre").first.inner_text())["stream"] is True
    turn.get_by_text("9 events").last.click()
    events = turn.locator("ol.events > li > details > summary").all_inner_texts()
    assert (events[0], events[-1], len(events)) == ("response.created", "response.completed", 9)


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_was_recorded_is_text_and_nothing_else(visit, tmp_path: Path, width, scheme):
    """Whatever it is: it stands on the page as it was said, runs nothing, asks for nothing, and does not stick out."""
    turns = [
        interaction(
            {"input": text, "instructions": text, "model": text},
            response(n, call(n, text, text), message(text), {"type": text, "value": text}, model=text),
        )
        for n, text in enumerate(HOSTILE, 1)
    ]
    error = {"error": {"message": HOSTILE[0], "code": HOSTILE[1]}}
    file = put(
        tmp_path / "hostile.yaml",
        *turns,
        interaction({"input": HOSTILE[0], "previous_response_id": HOSTILE[1]}, error, status=400),
        interaction(
            HOSTILE[0], 'data: {"type": "<b>"}\n\ndata: <script>\n\n', uri="https://a.example/<b>", stream=True
        ),
    )

    seen = visit(file, width, scheme)
    page = seen.page
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.mouse.move(200, 300)

    assert page.title() == str(file)
    assert page.locator("article").count() == len(HOSTILE) + 2
    for number, text in enumerate(HOSTILE[:-1], 1):
        assert page.locator(f"#turn-{number} .item.user .text").text_content() == text
    assert page.locator("script, img, svg, iframe, link, textarea, b").count() == 0
    assert page.locator("a:not([href^='#turn-'])").count() == 0
    assert page.evaluate(
        "[...document.querySelectorAll('*')].every(e => e.getAttributeNames().every(n => !n.startsWith('on')))"
    )
    assert seen.requests == [page.url]
    assert seen.errors == []
    assert not overflows(page)


EVERYWHERE = "\ud83d</script><img src=x onerror=\"document.title='taken'\">&#60;\u2028\u202e" + "w" * 10_000


def test_every_field_of_a_cassette_is_text_alone(visit, tmp_path: Path):
    """Also those that no API would fill so, with half a character, which a file of UTF-8 cannot hold."""
    odd = interaction(json.dumps({"model": EVERYWHERE, "input": [{"role": EVERYWHERE, "content": EVERYWHERE}]}), {})
    odd["request"] |= {"method": EVERYWHERE, "uri": f"https://a.example/{EVERYWHERE}"}
    odd["request"]["headers"] = odd["response"]["headers"] = {EVERYWHERE: [EVERYWHERE]}
    said = response(
        1, call(1, EVERYWHERE, EVERYWHERE), message(EVERYWHERE), id=EVERYWHERE, model=EVERYWHERE, status=EVERYWHERE
    )
    refused = interaction({"input": EVERYWHERE}, {"error": {"message": EVERYWHERE, "code": EVERYWHERE}}, status=400)
    refused["response"]["status"]["message"] = EVERYWHERE
    streamed = interaction({}, f"data: {json.dumps({'type': EVERYWHERE})}\n\n", stream=True)
    file = tmp_path / "hostile.json"
    turns = [odd, interaction({"input": EVERYWHERE, "previous_response_id": EVERYWHERE}, said), refused, streamed]
    file.write_text(json.dumps({"version": 1, "interactions": turns}), encoding="utf-8")

    seen = visit(file)
    seen.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")

    assert seen.page.title() == str(file)
    assert seen.page.locator("article").count() == len(turns)
    assert seen.page.locator("script, img").count() == 0
    assert not re.search("[\u2028\u202e]", seen.page.locator("main").inner_text())
    assert (seen.requests, seen.errors) == ([seen.page.url], [])
    assert not overflows(seen.page)


def test_it_fits_a_hand_and_follows_the_colours_that_are_wished_for(visit):
    seen = [visit("fakemodel:conversation/tool_call_continuation", 375, scheme).page for scheme in ("light", "dark")]

    assert not any(map(overflows, seen))
    light, dark = (page.evaluate("getComputedStyle(document.body).backgroundColor") for page in seen)
    assert light != dark


def test_the_page_can_go_to_the_output():
    told = run("show", "fakemodel:chat/text", "--html", "-")

    assert told.stdout.startswith("<!doctype html>")
    assert not re.search(r"(?:src|href)=\"(?!#turn-)", told.stdout)


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path):
    told = run("show", "fakemodel:chat/text", "--html", tmp_path / "nowhere" / "page.html")

    assert (told.returncode, told.stderr) == (
        2,
        f"fakemodel: {tmp_path / 'nowhere' / 'page.html'} cannot be written: {os.strerror(2)}\n",
    )

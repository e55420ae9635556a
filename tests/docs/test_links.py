"""The links of the pages lead somewhere, on GitHub as on the site; and every page can be reached from the index."""

from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, blocks, links

INDEX = "docs/index.md"


def target(page: str, link: str) -> tuple[str, str]:
    """The file that a link of a page leads to, from the root, and its anchor."""
    path, _, anchor = link.partition("#")
    folder = (ROOT / page).parent
    file = (folder / path).resolve() if path else ROOT / page
    return PurePosixPath(file.relative_to(ROOT)).as_posix(), anchor


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_and_to_a_heading_of_it(page):
    inner = [link for link in links(page) if not urlsplit(link).scheme]
    for link in inner:
        file, anchor = target(page, link)
        assert (ROOT / file).exists(), link
        if anchor:
            assert anchor in anchors(file), link


@pytest.mark.parametrize("page", PAGES)
def test_a_link_to_elsewhere_is_a_whole_address(page):
    for link in links(page):
        address = urlsplit(link)
        if address.scheme:
            assert address.scheme == "https"
            assert "." in address.netloc


def test_every_page_can_be_reached_from_the_index_and_is_in_its_tree():
    reached, ahead = set(), [INDEX]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        found = {target(page, link)[0] for link in links(page) if not urlsplit(link).scheme}
        ahead += found & PAGES.keys() - reached
    trees = [block.text for block in blocks() if block.page == INDEX and block.language == "{toctree}"]
    entries = [line for tree in trees for line in tree.splitlines() if line and not line.startswith(":")]
    listed = {target(INDEX, f"{entry}.md")[0] for entry in entries}

    assert reached == PAGES.keys()
    assert listed == PAGES.keys() - {INDEX}
    assert len(entries) == len(set(entries))


def test_the_index_leads_to_every_page_itself():
    direct = {target(INDEX, link)[0] for link in links(INDEX) if not urlsplit(link).scheme}

    assert direct == PAGES.keys() - {INDEX}


def test_equal_headings_have_anchors_of_their_own(monkeypatch):
    monkeypatch.setitem(PAGES, "page.md", "# `say(…)`: a [link](to)\n## Two\n## Two\n```\n# none\n```\n")

    assert anchors("page.md") == {"say-a-link", "two", "two-1"}

"""The pages as text: what is on them, and where their headings, links, tables and blocks are."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FILES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md")))
PAGES = {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in FILES}

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", flags=re.MULTILINE)
LINK = re.compile(r"(?<!!)\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A fenced block: the page it is on, the `## ` heading that it stands below, its language, and what it says."""

    page: str
    heading: str
    language: str
    text: str


def blocks() -> Iterator[Block]:
    """Every fenced block of every page."""
    for page, words in PAGES.items():
        for found in FENCE.finditer(words):
            before = re.findall(r"^## (.+)$", words[: found.start()], flags=re.MULTILINE)
            yield Block(page, before[-1] if before else "", found[1], found[2])


def prose(page: str) -> str:
    """A page without its blocks."""
    return FENCE.sub("", PAGES[page])


def links(page: str) -> list[str]:
    """Where a page's links lead; a word of code is none."""
    return LINK.findall(re.sub(r"`[^`\n]*`", "code", prose(page)))


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them; of equal ones the second gets a number."""
    found: list[str] = []
    for heading in HEADING.findall(prose(page)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.append(slug if slug not in found else f"{slug}-{sum(each == slug for each in found)}")
    return set(found)


def rows(page: str, heading: str) -> list[list[str]]:
    """The rows of the tables below a heading, each as its cells; without the heads."""
    _, _, below = PAGES[page].partition(f"\n## {heading}\n")
    section = below.partition("\n## ")[0]
    tables = re.findall(r"^\|(?:[- ]*\|)+\n((?:\|.*\n?)+)", section, flags=re.MULTILINE)
    return [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        for table in tables
        for row in table.splitlines()
    ]


def code(cell: str) -> list[str]:
    """The words of code in a cell."""
    return re.findall(r"`([^`]+)`", cell)

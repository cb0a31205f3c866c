import re

import pytest

from tests.docs.tree import ROOT, pages, text_of

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def _links() -> list[tuple[str, str]]:
    found = [(page, link) for page in pages() for link in _LINK.findall(text_of(page))]
    return [(page, link) for page, link in found if "://" not in link]


def _anchors(page: str) -> set[str]:
    """Return a page's anchors, made of its headings as forges make them."""
    headings = (re.sub(r"[^\w\- ]", "", h.lower()).strip() for h in _HEADING.findall(text_of(page)))
    return {heading.replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("page", "link"), _links())
def test_a_link_leads_to_what_is_tracked_here(page: str, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = ((ROOT / page).parent / path).resolve() if path else ROOT / page

    assert target.is_relative_to(ROOT)
    assert target.exists()
    assert not anchor or anchor in _anchors(str(target.relative_to(ROOT)))


def test_every_decision_says_what_was_decided_and_what_follows() -> None:
    decisions = [page for page in pages() if page.startswith("docs/decisions/")]

    assert decisions
    for page in decisions:
        parts = re.findall(r"^\*\*(\w+)\.\*\*", text_of(page), re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences", "Alternatives"], page

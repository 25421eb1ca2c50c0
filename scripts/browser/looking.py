"""What a page shows in Chromium, without a network: its sections, its elements, what it did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
_LOOK = """() => {
  document.querySelectorAll('details').forEach(details => { details.open = true; });
  const article = document.querySelector('article');
  const sections = [];
  let section = {text: '', nodes: []};
  for (const element of article.children) {
    if (element.tagName === 'H2') sections.push(section = {text: '', nodes: []});
    section.text += element.innerText + '\\n';
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const inside = walker.currentNode.parentElement.tagName;
      section.nodes.push([inside, walker.currentNode.nodeValue]);
    }
  }
  const elements = [...article.querySelectorAll('*')];
  const attributes = elements.flatMap(element => [...element.attributes]);
  return {
    sections,
    tags: elements.map(element => element.tagName.toLowerCase()),
    handlers: attributes.map(a => a.name).filter(name => name.startsWith('on')),
    links: elements.filter(e => e.tagName === 'A').map(e => e.getAttribute('href')),
    executed: window.executed === undefined ? '' : String(window.executed),
    width: document.documentElement.scrollWidth - window.innerWidth,
  };
}"""


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under a heading. ``nodes``: ``(element, text)`` of every piece of text."""

    text: str
    nodes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A page with everything unfolded. ``requests``: what it asked for besides itself.

    ``overflow_px``: by how much it is wider than the window.
    """

    sections: tuple[Section, ...]
    tags: tuple[str, ...]
    handlers: tuple[str, ...]
    links: tuple[str, ...]
    executed: str
    requests: tuple[str, ...]
    overflow_px: int


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def look(browser: Browser, path: Path, pictures: Path | None = None) -> Seen:
    """Open a page from the disk, at the width of a phone, and see what there is.

    ``pictures``: the beginning of the names of its screenshots.
    """
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    requests: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("dialog", lambda dialog: _dismiss(dialog, dialogs))
    page.goto(path.as_uri())
    found: dict[str, Any] = page.evaluate(_LOOK)
    if pictures is not None:
        _photograph(page, pictures)
    context.close()
    return Seen(
        sections=tuple(
            Section(part["text"], tuple(map(tuple, part["nodes"]))) for part in found["sections"]
        ),
        tags=tuple(found["tags"]),
        handlers=tuple(found["handlers"]),
        links=tuple(link or "" for link in found["links"]),
        executed=" ".join([found["executed"], *dialogs]).strip(),
        requests=tuple(url for url in requests if url != path.as_uri()),
        overflow_px=max(0, int(found["width"])),
    )


def _dismiss(dialog: Any, messages: list[str]) -> None:
    messages.append(f"dialog {dialog.message}")
    dialog.dismiss()


def _photograph(page: Page, pictures: Path) -> None:
    pictures.parent.mkdir(parents=True, exist_ok=True)
    for kind, width in (("phone", 390), ("desktop", 1100)):
        page.set_viewport_size({"width": width, "height": 1600})
        page.screenshot(path=f"{pictures}-{kind}.png")

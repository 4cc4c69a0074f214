"""Forms of pages, filled in as a browser would."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from helpers.offices import Headers


class Forms(HTMLParser):
    """Collects a page's forms: address, and hidden fields; and all its text.

    Attributes
    ----------
    hidden : list of (str, dict)
        Address and hidden fields of each form, in order.
    text : str
        What is seen.
    tags : list of str
        Every element.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.hidden: list[tuple[str, dict[str, str]]] = []
        self.text, self.tags = "", list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag == "form":
            self.hidden.append((given["action"], {}))
        if tag == "input" and given.get("type") == "hidden":
            self.hidden[-1][1][given["name"]] = given["value"]

    def handle_data(self, data: str) -> None:
        self.text += data

    def find(self, action: str, **fields: str) -> dict[str, str]:
        """Return the hidden fields of the form that is sent somewhere and has some of them; of the last one there without any."""
        found = [hidden for to, hidden in self.hidden if to.endswith(action) and fields.items() <= hidden.items()]
        return found[0 if fields else -1]


def send(web: Any, path: str, fields: Mapping[str, str], headers: Headers) -> Any:
    """Send a form, and do not follow where the answer leads."""
    return web.post(path, data=dict(fields), headers=headers, follow_redirects=False)

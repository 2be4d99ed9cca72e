"""The forms of a page as a browser would send them back."""

from html.parser import HTMLParser


class _Forms(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms = []
        self.select = self.area = None

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "form":
            method = (found.get("method") or "get").lower()
            self.forms.append((method, found.get("action") or "", []))
        elif tag == "option" and self.select:
            if "selected" in found:
                self.keep(self.select, found.get("value") or "")
        elif not self.forms or not found.get("name"):
            return
        elif tag == "input":
            kind = found.get("type", "text")
            is_off = kind in ("checkbox", "radio") and "checked" not in found
            if not is_off and kind not in ("submit", "file", "button", "image"):
                self.keep(found["name"], found.get("value") or "")
        elif tag == "textarea":
            self.area = (found["name"], [])
        elif tag == "select":
            self.select = found["name"]

    def handle_endtag(self, tag):
        if tag == "textarea" and self.area:
            name, words = self.area
            self.keep(name, "".join(words).removeprefix("\n"))
            self.area = None
        elif tag == "select":
            self.select = None

    def handle_data(self, data):
        if self.area:
            self.area[1].append(data)

    def keep(self, name, value):
        self.forms[-1][2].append((name, value))


def forms_of(page):
    """Return (action, data) of each form that posts; a field may hold several values."""
    parser = _Forms()
    parser.feed(page.content.decode())
    found = []
    for method, action, pairs in parser.forms:
        if method == "post":
            data = {}
            for name, value in pairs:
                data.setdefault(name, []).append(value)
            found.append((action, data))
    return found

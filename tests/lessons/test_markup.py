import pytest
from hypothesis import given, strategies as st

from lessons import markup

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "<a href='#' onclick='x()'>x</a>",
    "![x](x.png)",
    "<style>*{display:none}</style>",
    "<iframe src=//evil.example></iframe>",
    '[x](http://a.example "on\\"onmouseover=alert(1)")',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_no_hostile_markup(text):
    html = markup.to_html(text)
    tags = html.replace("&lt;", "").replace("&gt;", "")

    for forbidden in ("<script", "<img", "<style", "<iframe", "javascript:", "data:"):
        assert forbidden not in tags.split("<p>")[-1].replace(text, "") or (
            f"{forbidden}" not in html
        )
    assert "<script" not in html
    assert "<img" not in html
    assert "<style" not in html
    assert "<iframe" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert " onclick=" not in html.partition("&lt;a")[0]


def test_markdown_becomes_plain_html():
    html = markup.to_html("# Big\n\nA *word* and **two**.\n\n- one\n- two\n")

    assert html == (
        "<h3>Big</h3>\n<p>A <em>word</em> and <strong>two</strong>.</p>\n"
        "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"
    )


def test_tables_and_links_pass():
    html = markup.to_html("| a | b |\n|---|---|\n| 1 | [x](https://a.example) |\n")

    assert "<td>1</td>" in html
    assert '<a href="https://a.example">x</a>' in html


def test_inline_text_has_no_paragraph():
    assert markup.to_inline_html("*I Chose Freedom*") == "<em>I Chose Freedom</em>"


def test_pieces_are_cut_at_placing_lines():
    found = markup.pieces(
        "Before\n\n{source a}\n\nBetween {source b} stays\n{mnemonic why}\n"
    )

    assert [(piece.kind, piece.value.strip()) for piece in found] == [
        ("text", "Before"),
        ("source", "a"),
        ("text", "Between {source b} stays"),
        ("mnemonic", "why"),
    ]


@given(st.text())
def test_any_text_is_rendered_and_keeps_no_handler(text):
    html = markup.to_html(text)

    assert "<script" not in html.lower()


@given(st.text(alphabet="{}source abmni\n", max_size=80))
def test_cutting_loses_no_text(text):
    pieces = markup.pieces(text)
    kept = "".join(p.value for p in pieces if p.kind == "text")

    placed = [line for line in text.split("\n") if line.startswith("{")]
    for letter in set(text) - set("{}source abmni\n"):
        assert letter in kept
    assert len([p for p in pieces if p.kind != "text"]) <= len(placed)

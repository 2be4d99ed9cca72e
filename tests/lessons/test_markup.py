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


def test_lines_of_their_own_place_parts_lists_and_covers():
    text = (
        "Before.\n\n{source A}\n\n{covered: a death}\nHard.\n\n{note one}\n"
        "{end covered}\n\n{timeline}\nAfter."
    )

    assert [(piece.kind, piece.value) for piece in markup.pieces(text)] == [
        ("text", "Before.\n\n"),
        ("source", "a"),
        ("covered", "a death"),
        ("timeline", ""),
        ("text", "\nAfter."),
    ]
    covered = markup.pieces(text)[2]
    assert [(piece.kind, piece.value.strip()) for piece in covered.inside] == [
        ("text", "Hard."),
        ("note", "one"),
    ]
    assert [(piece.kind, piece.value) for piece in markup.placed(text)] == [
        ("source", "a"),
        ("note", "one"),
        ("timeline", ""),
    ]


def test_a_cover_that_nobody_ends_reaches_to_the_end():
    found = markup.pieces("{covered: one}\nA.\n\n{covered: two}\nB.")

    assert [(piece.value, piece.inside[0].value.strip()) for piece in found] == [
        ("one", "A."),
        ("two", "B."),
    ]
    assert markup.pieces("A.\n\n{end covered}\n\nB.")[1].value.strip() == "B."


TERMS = {"kulak": ["kulaks", "kulak"], "nkvd": ["NKVD"]}


def test_a_word_is_explained_at_its_first_use_only():
    html, used = markup.explain("<p>Kulaks fled. A kulak, the NKVD.</p>", TERMS)

    assert used == ["kulak", "nkvd"]
    assert html == (
        '<p><button type="button" class="term" popovertarget="term-kulak" '
        'id="use-kulak">Kulaks</button> fled. A kulak, the '
        '<span class="keep"><button type="button" class="term" '
        'popovertarget="term-nkvd" id="use-nkvd">NKVD</button>.</span></p>'
    )


@pytest.mark.parametrize(
    "html",
    [
        "<blockquote><p>A kulak.</p></blockquote>",
        "<h3>The kulak</h3>",
        '<a href="/x">kulak</a>',
        "<figure><svg><title>kulak</title></svg></figure>",
        "<table><tr><td>kulak</td></tr></table>",
        "<p>kulakism, ex-kulak</p>",
        '<p title="a > kulak">x</p>',
    ],
)
def test_links_headings_and_others_words_are_left_alone(html):
    assert markup.explain(html, TERMS) == (html, [])


def test_without_words_nothing_changes():
    assert markup.explain("<p>kulak</p>", {}) == ("<p>kulak</p>", [])

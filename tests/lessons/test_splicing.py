import gzip

from hypothesis import given, strategies as st

from lessons import splicing

parts = st.binary(max_size=2000)


@given(parts, parts, parts)
def test_the_spliced_page_is_the_page(head, body, tail):
    deflated = splicing.deflate_body(body)

    page = splicing.gzip_page(head, body, deflated, tail)

    assert gzip.decompress(page) == head + body + tail
    assert splicing.inflate_body(deflated) == body


def test_it_is_one_gzip_member_for_browsers_that_read_only_one():
    body = b"words " * 20_000
    page = splicing.gzip_page(b"a", body, splicing.deflate_body(body), b"z")

    assert page.count(b"\x1f\x8b\x08") == 1
    assert len(page) < len(body) / 50

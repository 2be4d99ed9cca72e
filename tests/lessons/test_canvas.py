import pytest
from hypothesis import given, strategies as st

from lessons.canvas import Box, Spot, find_room, plain, width_of, with_commas, wrapped

places = st.builds(
    Spot,
    st.sampled_from(["1", "936,750", "Sevzheldorlag"]),
    st.floats(0, 1),
    st.floats(0, 12),
    st.sampled_from(["start", "middle", "end"]),
)
walls = st.builds(
    lambda left, top, width, height: Box(left, left + width, top, top + height),
    *[st.floats(0, 15)] * 2,
    *[st.floats(0.1, 3)] * 2,
)


@given(st.lists(st.lists(places, max_size=3), max_size=12), st.lists(walls, max_size=6))
def test_words_never_meet_each_other_or_a_wall(wishes, blocks):
    found = find_room(wishes, 18.5, blocks)

    boxes = [spot.box(18.5) for spot in found.values()]
    for number, box in enumerate(boxes):
        assert box.is_inside(18.5)
        assert not any(box.meets(other) for other in [*blocks, *boxes[number + 1 :]])
    assert all(spot in wishes[number] for number, spot in found.items())


def test_the_first_free_place_is_taken():
    first, second = Spot("1", 0.5, 1), Spot("1", 0.9, 1)

    assert find_room([[first, second]], 18.5, []) == {0: first}
    assert find_room([[first, second]], 18.5, [], [first]) == {0: second}
    assert find_room([[first]], 18.5, [first.box(18.5)]) == {}


@given(st.text(st.sampled_from("abcm W,1"), max_size=60), st.floats(3, 20))
def test_lines_keep_all_words_and_are_narrow(words, width):
    lines = wrapped(words, width)

    assert " ".join(lines).split() == words.split()
    for line in lines:
        assert width_of(line) <= width or " " not in line


@pytest.mark.parametrize(
    ("number", "typed", "shown"),
    [
        (0, "0", "0"),
        (1344923, "1344923", "1,344,923"),
        (200, "200", "200"),
        (0.95, "0.95", "0.95"),
        (0.1 + 0.2, "0.3", "0.3"),
        (1234.5, "1234.5", "1,234.5"),
    ],
)
def test_numbers_are_written_as_they_were_typed(number, typed, shown):
    assert plain(number) == typed
    assert with_commas(number) == shown

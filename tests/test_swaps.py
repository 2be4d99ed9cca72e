"""Putting a backup in place: all of it, or none."""

import shutil
from pathlib import Path

import pytest

from terror_site import swaps


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def place(tmp_path):
    """What is there (a database, pictures in two folders), and what comes."""
    for name, text in {
        "here/data": "old data", "here/media/a/1": "one", "here/media/2": "two",
        "new/data": "new data", "new/media/a/1": "other", "new/media/b/3": "three",
    }.items():  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "aside").mkdir()
    return tmp_path


def swap_both(place):
    with swaps.swap(place / "aside") as swap:
        for name in ("data", "media"):
            swap.put(place / "new" / name, place / "here" / name)


def test_all_is_put_in_place_and_what_was_there_aside(place):
    before, coming = tree(place / "here"), tree(place / "new")
    folder = (place / "here" / "media").stat().st_ino
    swap_both(place)

    assert tree(place / "here") == coming
    assert tree(place / "aside") == before
    # A disk of its own cannot be renamed: the folder is the same one.
    assert (place / "here" / "media").stat().st_ino == folder


@pytest.mark.parametrize("broken", range(1, 7))
@pytest.mark.parametrize("is_half_copied", [True, False])
def test_wherever_it_breaks_all_is_as_it_was(
    place, monkeypatch, broken, is_half_copied
):
    before = tree(place / "here")
    move, asked = shutil.move, []

    def fails(old, new):
        asked.append(old)
        if len(asked) == broken:
            if is_half_copied:
                Path(new).write_text("ha")
            raise OSError("the disk is full")
        return move(old, new)

    monkeypatch.setattr(shutil, "move", fails)
    with pytest.raises(OSError, match="the disk is full"):
        swap_both(place)

    assert len(asked) > broken or broken == 1
    assert tree(place / "here") == before


def test_what_goes_wrong_afterwards_takes_it_back_too(place):
    before = tree(place / "here")
    with pytest.raises(KeyError), swaps.swap(place / "aside") as swap:
        swap.put(place / "new" / "media", place / "here" / "media")
        raise KeyError

    assert tree(place / "here") == before


def test_where_nothing_can_be_taken_back_it_says_so(place, monkeypatch):
    move, asked = shutil.move, []

    def fails(old, new):
        asked.append(old)
        if len(asked) > 2:
            raise OSError("the disk is gone")
        return move(old, new)

    monkeypatch.setattr(shutil, "move", fails)
    with pytest.raises(swaps.HalfDoneError, match="nor all be put back"):
        swap_both(place)

"""Uploaded pictures: what comes out, what is refused, and what either may cost."""

import io
import json
import subprocess
import sys
import zipfile
import zlib
from functools import cache
from itertools import chain, repeat
from struct import pack, unpack_from

import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image, ImageChops, ImageCms, ImageOps

from lessons import pictures

RED, GREEN, BLUE, WHITE = (
    (255, 0, 0),
    (0, 255, 0),
    (0, 0, 255),
    (255, 255, 255),
)
CANARY = b"<script>alert('canary')</script>"


# Making files


def saved(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def corners(width=64, height=48, mode="RGB"):
    """Return a picture with another colour in each quarter."""
    image = Image.new("RGB", (width, height), WHITE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    return image.convert(mode)


def photograph(width=1600, height=1067, grain=8):
    """Return light and shade in all sizes, as photographs have them."""
    light = Image.new("L", (width, height), 128)
    for octave in range(8):
        size = (2 + (width >> octave), 2 + (height >> octave))
        noise = Image.effect_noise(size, grain * 1.4**octave)
        noise = noise.resize((width, height), Image.Resampling.BICUBIC)
        light = ImageChops.add(light, noise, offset=-128)
    tints = (lambda value: value, lambda value: value * 0.9, lambda value: value * 0.7)
    return Image.merge("RGB", [light.point(tint) for tint in tints])


def chunk(name, body=b""):
    return pack(">L", len(body)) + name + body + pack(">L", zlib.crc32(name + body))


def png(width, height, colour=0, depth=8, rows=None, before=b"", after=b""):
    """Return a PNG of one colour, without ever holding it unpacked."""
    bands = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    rows = height if rows is None else rows
    row = b"\0" + b"\x55" * -(-width * bands * depth // 8) if rows else b""
    packer = zlib.compressobj(1)
    pixels = b"".join(map(packer.compress, repeat(row, rows)))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", pack(">LLBBBBB", width, height, depth, colour, 0, 0, 0)),
            before,
            chunk(b"IDAT", pixels + packer.flush()),
            after,
            chunk(b"IEND"),
        )
    )


def segment(code, body=b""):
    return bytes((0xFF, code)) + pack(">H", len(body) + 2) + body


def many_scans(side, scans):
    """Return a small JPEG that makes its decoder walk the picture again and again."""
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xDB, b"\0" + b"\1" * 64),
            segment(0xC2, pack(">BHHB3B", 8, side, side, 1, 1, 0x11, 0)),
            segment(0xC4, b"\x00\1" + bytes(15) + b"\0"),
            segment(0xC4, b"\x10\1" + bytes(15) + b"\xe0"),
            segment(0xDA, b"\1\1\0\0\0\0") + bytes(40),
            (segment(0xDA, b"\1\1\0\1\77\x10") + bytes(40)) * scans,
            b"\xff\xd9",
        )
    )


def greedy_webp(groups=60_000, side=1024):
    """Return a lossless WebP of 300 kB whose decoder builds 60,000 sets of tables."""
    bits = []

    def put(value, width):
        bits.append(f"{value:0{width}b}"[::-1])

    def symbol_zero():
        put(0b0001, 4)

    def all_bytes():
        put(0, 1)
        put(8, 4)
        for code in (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8):
            put(code in (8, 16), 3)
        put(1, 1)
        put(2, 3)
        put(42, 6)
        put(0, 1)
        for extra in chain(repeat(3, 42), [0]):
            put(1, 1)
            put(extra, 2)

    put(0x2F, 8)
    put(side - 1, 14)
    put(side - 1, 14)
    put(0, 4)
    put(0b000100, 6)
    put(0, 1)
    all_bytes()
    all_bytes()
    for _ in range(3):
        symbol_zero()
    for block in range((side // 4) ** 2):
        group = block % groups
        bits.append(f"{group & 255:08b}{group >> 8:08b}")
    for _ in range(5 * groups):
        symbol_zero()
    stream = "".join(bits)
    stream += "0" * (-len(stream) % 16)
    return webp(b"VP8L", int(stream[::-1], 2).to_bytes(len(stream) // 8, "little"))


def webp(*names_and_bodies):
    pairs = zip(names_and_bodies[::2], names_and_bodies[1::2], strict=True)
    inside = b"WEBP" + b"".join(
        name + pack("<L", len(body)) + body + b"\0" * (len(body) % 2)
        for name, body in pairs
    )
    return b"RIFF" + pack("<L", len(inside)) + inside


def frame_of(data):
    """Return the picture itself of a plain WebP file."""
    return data[20 : 20 + unpack_from("<L", data, 16)[0]]


def exif(orientation, order=">", kind=3):
    mark = b"MM\0*" if order == ">" else b"II*\0"
    make = pack(f"{order}HHLL", 0x010F, 2, 4, 0)
    turn = pack(f"{order}HHLHH", 0x0112, kind, 1, orientation, 0)
    return mark + pack(f"{order}LH", 8, 2) + make + turn + bytes(4)


def swapped_profile():
    """Return a colour profile in which red and green have changed places."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return (
        profile.replace(b"rXYZ", b"?XYZ", 1)
        .replace(b"gXYZ", b"rXYZ", 1)
        .replace(b"?XYZ", b"gXYZ", 1)
    )


def archive():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("canary.html", CANARY)
    return buffer.getvalue()


# Looking at what comes out


def made(data):
    return pictures.renditions(io.BytesIO(data))


def shown(data):
    with Image.open(io.BytesIO(made(data).large.data)) as image:
        return image.convert("RGB")


def refused(data):
    with pytest.raises(pictures.PictureError) as caught:
        made(data)
    return caught.value.sentence


def assert_close(colour, expected, most=24):
    assert max(abs(a - b) for a, b in zip(colour, expected, strict=True)) <= most, (
        colour
    )


def assert_quarters(image, expected):
    wide, high = image.size
    for (x, y), colour in zip(((1, 1), (3, 1), (1, 3), (3, 3)), expected, strict=True):
        assert_close(image.getpixel((wide * x // 4, high * y // 4)), colour)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "CMYK"),
        ("PNG", "RGB"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("WEBP", "RGB"),
    ],
)
def test_pictures_of_every_kind_keep_their_colours(kind, mode):
    small, large = made(saved(corners(mode=mode), kind))

    for rendition in (small, large):
        assert (rendition.width, rendition.height) == (64, 48)
        with Image.open(io.BytesIO(rendition.data)) as image:
            assert (image.format, image.mode, image.size) == ("WEBP", "RGB", (64, 48))
            assert_quarters(image, (RED, GREEN, BLUE, WHITE))


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "L"), ("PNG", "L"), ("PNG", "LA")])
def test_grey_pictures_stay_grey(kind, mode):
    image = shown(
        saved(Image.new(mode, (9, 9), 90 if mode == "L" else (90, 255)), kind)
    )

    assert_close(image.getpixel((4, 4)), (90, 90, 90), most=4)


def test_black_and_white_and_sixteen_bits():
    assert_close(
        shown(png(20, 20, depth=1)).resize((1, 1)).getpixel((0, 0)), (127,) * 3
    )
    for colour in (0, 2, 4, 6):
        on_white = 0x55 * 0x55 // 255 + 255 - 0x55 if colour in (4, 6) else 0x55
        pixel = shown(png(20, 20, colour, depth=16)).getpixel((9, 9))
        assert_close(pixel, (on_white,) * 3, most=4)


def test_what_is_see_through_lies_on_white():
    for mode, clear in (("RGBA", (200, 0, 0, 0)), ("LA", (0, 0))):
        assert_close(
            shown(saved(Image.new(mode, (9, 9), clear))).getpixel((4, 4)), WHITE
        )
    palette = corners(mode="P")
    red = palette.getpixel((1, 1))
    assert_quarters(
        shown(saved(palette, transparency=red)), (WHITE, GREEN, BLUE, WHITE)
    )
    for colour, bands in ((0, 1), (2, 3)):
        clear = chunk(b"tRNS", b"\0\x55" * bands)
        assert_close(shown(png(9, 9, colour, before=clear)).getpixel((4, 4)), WHITE)


@pytest.mark.parametrize(
    ("before", "small", "large"),
    [
        ((1, 1), (1, 1), (1, 1)),
        ((500, 400), (500, 400), (500, 400)),
        ((1000, 50), (720, 36), (1000, 50)),
        ((3200, 1000), (720, 225), (1600, 500)),
        ((1800, 5000), (389, 1080), (864, 2400)),
        ((9000, 2), (720, 1), (1600, 1)),
    ],
)
def test_both_sizes_keep_the_shape_and_never_grow(before, small, large):
    result = made(png(*before))

    assert result.small[1:] == small
    assert result.large[1:] == large


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("size", [(97, 61), (500, 301), (1000, 833)])
def test_scaling_in_strips_is_scaling(mode, size, monkeypatch):
    monkeypatch.setattr(pictures, "_STRIP_PIXELS", 30_000)
    image = photograph(1000, 833).convert(mode)
    whole = image.convert("CMYK" if mode == "CMYK" else "RGB")

    difference = ImageChops.difference(
        pictures._scaled(image, size), whole.resize(size, Image.Resampling.LANCZOS)
    )

    assert max(high for _, high in map(Image.Image.getextrema, difference.split())) <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", "<>")
def test_pictures_stand_upright(orientation, order):
    block = exif(orientation, order)
    expected = corners(96, 48)
    expected.getexif()[0x0112] = orientation
    expected = ImageOps.exif_transpose(expected)
    plain = saved(corners(96, 48), "WEBP")
    for data in (
        saved(corners(96, 48), "JPEG", exif=b"Exif\0\0" + block),
        saved(corners(96, 48), "PNG", exif=block),
        webp(b"VP8X", bytes(10), b"VP8 ", frame_of(plain), b"EXIF", block),
    ):
        image = shown(data)
        assert image.size == expected.size
        wide, high = expected.size
        places = ((wide * x // 4, high * y // 4) for y in (1, 3) for x in (1, 3))
        assert_quarters(image, map(expected.getpixel, places))


def test_a_picture_on_its_side_is_measured_upright():
    data = saved(Image.new("L", (3000, 1500)), "JPEG", exif=b"Exif\0\0" + exif(6))

    assert made(data).large[1:] == (1200, 2400)


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"nonsense",
        b"MM\0*\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"MM\0*\0\0\0\x08\0\0",
        exif(0),
        exif(9),
        exif(65535),
    ],
)
def test_a_bad_orientation_does_not_count(block):
    data = saved(corners(), "JPEG", exif=b"Exif\0\0" + block)

    assert_quarters(shown(data), (RED, GREEN, BLUE, WHITE))


def test_colour_profiles_are_applied_and_dropped():
    profile = swapped_profile()
    plain = saved(corners(), "WEBP")
    for data in (
        saved(corners(), "JPEG", icc_profile=profile),
        saved(corners(), "JPEG", icc_profile=profile + bytes(70_000)),
        saved(corners(), "PNG", icc_profile=profile),
        webp(b"VP8X", bytes(10), b"ICCP", profile, b"VP8 ", frame_of(plain)),
    ):
        assert_quarters(shown(data), (GREEN, RED, BLUE, WHITE))
        assert b"ICCP" not in made(data).large.data


@pytest.mark.parametrize(
    "profile", [b"nonsense", swapped_profile()[:300], bytes(5_000_000)]
)
def test_a_bad_colour_profile_does_not_count(profile):
    assert_quarters(
        shown(saved(corners(), "JPEG", icc_profile=profile)), (RED, GREEN, BLUE, WHITE)
    )
    for body in (b"x\0\0" + zlib.compress(profile), b"x\0\0nonsense", b"x"):
        data = png(9, 9, before=chunk(b"iCCP", body))
        assert_close(shown(data).getpixel((4, 4)), (0x55,) * 3, most=4)


def test_a_profile_for_other_colours_does_not_count():
    data = saved(corners(mode="CMYK"), "JPEG", icc_profile=swapped_profile())

    assert_quarters(shown(data), (RED, GREEN, BLUE, WHITE))


def hiding_places():
    jpeg = saved(
        corners(),
        "JPEG",
        comment=CANARY,
        exif=b"Exif\0\0" + exif(1) + CANARY,
        xmp=CANARY,
        icc_profile=swapped_profile() + CANARY,
    )
    other = corners().rotate(180)
    png_with_text = png(
        9,
        9,
        before=chunk(b"tEXt", b"k\0" + CANARY)
        + chunk(b"zTXt", b"k\0\0" + zlib.compress(CANARY))
        + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + CANARY)
        + chunk(b"prVt", CANARY),
        after=chunk(b"tEXt", b"k\0" + CANARY),
    )
    plain = saved(corners(), "WEBP")
    return {
        "jpeg": jpeg,
        "jpeg and archive": jpeg + archive(),
        "jpeg and second jpeg": saved(corners(), "JPEG")
        + saved(other, "JPEG")
        + CANARY,
        "png": png_with_text,
        "png and web page": png_with_text + b"<html>" + CANARY,
        "png and archive": png_with_text + archive(),
        "webp": webp(
            b"VP8X", b"\4" + bytes(9), b"VP8 ", frame_of(plain), b"XMP ", CANARY
        ),
        "webp and script": plain + CANARY,
    }


@pytest.mark.parametrize("name", hiding_places())
def test_nothing_but_the_picture_comes_out(name):
    data = hiding_places()[name]
    assert CANARY in data or b"PK" in data or b"JFIF" in data

    for rendition in made(data):
        kind, length, form, frame = unpack_from("<4sL4s4s", rendition.data)
        assert (kind, form, frame) == (b"RIFF", b"WEBP", b"VP8 ")
        assert length == len(rendition.data) - 8
        assert 20 + len(frame_of(rendition.data)) in (length + 7, length + 8)
        for trace in (b"canary", b"script", b"PK\3\4", b"<html", b"Exif"):
            assert trace not in rendition.data


def test_of_a_moving_png_the_first_picture_is_shown():
    frames = [Image.new("RGB", (9, 9), colour) for colour in (RED, BLUE)]
    data = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    assert b"acTL" in data

    assert_close(shown(data).getpixel((4, 4)), RED)


def test_photographs_become_small_files():
    small, large = made(saved(photograph(), "JPEG", quality=92))

    assert large[1:] == (1600, 1067)
    assert 100_000 < len(large.data) <= 250_000
    assert 30_000 < len(small.data) <= 80_000


@pytest.mark.parametrize(
    ("grain", "expected"), [(2, [80]), (5, [80, 70]), (7, [80, 60]), (40, [80, 50])]
)
def test_quality_is_given_up_only_as_far_as_it_must_be(grain, expected, monkeypatch):
    qualities = []
    encoded = pictures._webp

    def recorded(image, quality):
        if image.width == 1600:
            qualities.append(quality)
        return encoded(image, quality)

    monkeypatch.setattr(pictures, "_webp", recorded)
    large = made(saved(photograph(grain=grain), compress_level=1)).large

    assert qualities == expected
    assert len(large.data) <= 250_000 or qualities[-1] == 50


def test_a_file_is_read_from_its_start():
    file = io.BytesIO(png(5, 4))
    file.seek(7)

    assert pictures.renditions(file).large[1:] == (5, 4)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (bytes(pictures.LARGEST_FILE + 1), "larger than 15 MB"),
        (b"Dear Sir or Madam", "not a picture of a kind"),
        (b"\0" * 40, "not a picture of a kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a drawing (SVG)"),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><svg/>", "a drawing (SVG)"),
        (b"<!DOCTYPE html><script>1</script>", "a web page"),
        (b"%PDF-1.7\n", "a PDF"),
        (archive(), "an archive"),
        (b"GIF89a/*\1\0*/=1;alert(1)//", "a GIF"),
        (saved(corners(), "GIF"), "a GIF"),
        (saved(corners(), "TIFF"), "a TIFF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC"),
        (saved(corners(), "AVIF"), "an AVIF"),
        (saved(corners(), "BMP"), "not a picture of a kind"),
    ],
)
def test_other_files_are_named_and_refused(data, words):
    sentence = refused(data)

    assert words in sentence
    assert "Please" in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize("options", [{"lossless": True}, {"save_all": True}])
def test_webp_files_that_are_costly_to_open_are_refused(options):
    if "save_all" in options:
        options = {"save_all": True, "append_images": [corners().rotate(90)]}

    assert "lossless, see-through or moving" in refused(
        saved(corners(), "WEBP", **options)
    )
    assert "see-through" in refused(
        saved(corners(mode="RGBA").convert("LA").convert("RGBA").rotate(9), "WEBP")
    )


def broken():
    jpeg = saved(corners(640, 480), "JPEG")
    scan = jpeg.index(b"\xff\xda")
    plain = saved(corners(), "WEBP")
    frame = frame_of(plain)
    header = chunk(b"IHDR", pack(">LLBBBBB", 9, 9, 8, 0, 0, 0, 0))
    good = png(9, 9)
    return {
        "jpeg: cut in the picture": jpeg[:-500],
        "jpeg: cut in the header": jpeg[:100],
        "jpeg: the first bytes": jpeg[:3],
        "jpeg: no scan": jpeg[:scan] + b"\xff\xd9",
        "jpeg: no frame": b"\xff\xd8" + jpeg[scan:],
        "jpeg: two frames": jpeg.replace(
            b"\xff\xc4", segment(0xC0, bytes(6)) + b"\xff\xc4"
        ),
        "jpeg: short frame": b"\xff\xd8" + segment(0xC0, b"\x08") + jpeg[2:],
        "jpeg: no colours": b"\xff\xd8"
        + segment(0xC2, pack(">BHHB", 8, 9, 9, 0))
        + jpeg[scan:],
        "jpeg: no height": b"\xff\xd8"
        + segment(0xC0, pack(">BHHB", 8, 0, 9, 1))
        + jpeg[scan:],
        "jpeg: short segment": b"\xff\xd8\xff\xfe\0\1" + jpeg[2:],
        "jpeg: not a marker": b"\xff\xd8\xff\xfe\0\2\0" + jpeg[2:],
        "jpeg: 12 bits": jpeg.replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"),
        "jpeg: another method": jpeg.replace(b"\xff\xc0", b"\xff\xc9"),
        "png: cut": png(99, 99)[:-20],
        "png: the first bytes": good[:8],
        "png: a changed byte": good.replace(b"IDATx", b"IDATy"),
        "png: no header": good[:8] + good[33:],
        "png: two headers": good[:33] + header + good[33:],
        "png: short header": good[:8] + chunk(b"IHDR", b"\0\0\0\1") + good[33:],
        "png: no picture": good[:33] + chunk(b"IEND"),
        "png: no width": png(0, 9),
        "png: unknown colours": good[:8]
        + chunk(b"IHDR", pack(">LLBBBBB", 9, 9, 8, 5, 0, 0, 0))
        + good[33:],
        "png: nonsense for a picture": good[:33]
        + chunk(b"IDAT", CANARY)
        + chunk(b"IEND"),
        "webp: cut": plain[:-9],
        "webp: no picture": webp(b"VP8X", bytes(10)),
        "webp: short picture": webp(b"VP8 ", frame[:9]),
        "webp: nonsense for a picture": webp(b"VP8 ", frame[:10] + bytes(40)),
        "webp: no width": webp(b"VP8 ", frame[:6] + bytes(4) + frame[10:]),
        "webp: long chunk": plain[:16] + b"\xff\xff\xff\x7f" + plain[20:],
    }


@pytest.mark.parametrize("name", broken())
def test_damaged_files_are_refused(name):
    assert "damaged or not complete" in refused(broken()[name])


@pytest.mark.parametrize(
    "data",
    [
        png(16_001, 1),
        png(5001, 5000, depth=1, rows=0),
        saved(corners(), "JPEG").replace(b"\0\x30\0\x40", b"\x40\0\x20\0"),
        saved(corners(), "JPEG", progressive=True).replace(
            b"\0\x30\0\x40", b"\x14\0\x14\0"
        ),
        webp(b"VP8 ", b"\x30\1\0\x9d\1\x2a\0\x10\0\x10"),
    ],
)
def test_a_picture_too_large_to_open_is_refused(data):
    sentence = refused(data)

    assert sentence.startswith("The picture is too large: ")
    assert "Please" in sentence


@pytest.mark.parametrize("limit", ["_MOST_PARTS", "_MOST_SCANS"])
def test_a_file_in_too_many_parts_is_refused(limit, monkeypatch):
    monkeypatch.setattr(pictures, limit, 1)

    assert "damaged" in refused(saved(corners(), "JPEG", progressive=True))
    if limit == "_MOST_PARTS":
        assert "damaged" in refused(png(9, 9))
        assert "damaged" in refused(webp(b"VP8X", bytes(10), b"XMP ", b""))


def test_a_file_that_means_two_sizes_is_refused(monkeypatch):
    monkeypatch.setattr(
        pictures, "_parts", lambda data: pictures._Parts("PNG", (8, 8), data)
    )

    assert "damaged" in refused(png(9, 9))


FILES = [
    saved(corners(), "JPEG", icc_profile=swapped_profile(), exif=b"Exif\0\0" + exif(6)),
    saved(corners(mode="CMYK"), "JPEG", progressive=True, comment=b"x"),
    saved(corners(mode="P"), "PNG", transparency=1, exif=exif(3)),
    saved(corners(mode="RGBA"), "PNG", icc_profile=swapped_profile()),
    saved(corners(), "WEBP"),
]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.integers(0, 2**16), st.binary(max_size=6)), max_size=5),
)
def test_any_bytes_are_a_picture_or_a_sentence(data, changes):
    for place, patch in changes:
        place %= len(data)
        data = data[:place] + patch + data[place + len(patch) :]

    try:
        assert made(data).large.width > 0
    except pictures.PictureError as error:
        assert error.sentence


# What it may cost: every file below is read in a process of its own, which may use
# 5 s of processor time and 200 MB more than it had before.

MEASURE = """
import io, json, os, resource, sys, time
from lessons import pictures
from tests.lessons.test_pictures import png

def status(field):
    with open("/proc/self/status") as lines:
        return next(int(s.split()[1]) for s in lines if s.startswith(field)) * 1024

pictures.renditions(io.BytesIO(png(50, 50, 6)))
for path in sys.argv[1:]:
    sys.stdout.flush()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        continue
    resource.setrlimit(resource.RLIMIT_AS, (status("VmSize") + 200_000_000,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
    before, start = status("VmHWM"), time.process_time()
    with open(path, "rb") as file:
        try:
            answer = "ok %d × %d" % pictures.renditions(file).large[1:]
        except pictures.PictureError as error:
            answer = error.sentence
    seconds = round(time.process_time() - start, 2)
    megabytes = (status("VmHWM") - before) // 1_000_000
    print(json.dumps([path, answer, seconds, megabytes]))
    sys.stdout.flush()
    os._exit(0)
"""

EMPTY_TEXT = chunk(b"teXt")
TOO_LARGE, DAMAGED = "The picture is too large", "damaged or not complete"
GREY = {"width": 5000, "height": 5000}


@cache
def bomb(size):
    """Return so many megabytes of nothing, deflated."""
    packer = zlib.compressobj(1)
    zeros = bytes(1_000_000)
    return b"".join(packer.compress(zeros) for _ in range(size)) + packer.flush()


def noise(width, height):
    bands = (Image.effect_noise((width, height), 100) for _ in range(3))
    return Image.merge("RGB", list(bands))


# What each must be answered with, and how to make it.
COSTLY = {
    "png 30000 x 30000": (TOO_LARGE, lambda: png(30_000, 30_000, depth=1)),
    "png 20000 x 20000": (TOO_LARGE, lambda: png(20_000, 20_000, 2, rows=100)),
    "png huge in its header": (TOO_LARGE, lambda: png(2**31 - 1, 2**31 - 1, 6, rows=0)),
    "png one line": (TOO_LARGE, lambda: png(25_000_000, 1)),
    "png one column": (TOO_LARGE, lambda: png(1, 25_000_000, rows=10)),
    "png a large one": ("ok 1600", lambda: png(5000, 5000, 6)),
    "png a large one, 16 bits": ("ok 1600", lambda: png(5000, 5000, 6, 16)),
    "png a large one, palette": (
        "ok 1600",
        lambda: png(5000, 5000, 3, before=chunk(b"PLTE", bytes(768))),
    ),
    "png wide": ("ok 1600", lambda: png(16_000, 1562, 6)),
    "png high": ("ok 234", lambda: png(1562, 16_000, 6)),
    "png holds less than it says": ("ok 1600", lambda: png(5000, 5000, 6, rows=1)),
    "png holds more than it says": ("ok 50", lambda: png(50, 50, rows=200_000)),
    "png zTXt bomb": (
        "ok 9",
        lambda: png(9, 9, before=chunk(b"zTXt", b"k\0\0" + bomb(300))),
    ),
    "png iTXt bombs": (
        "ok 9",
        lambda: png(9, 9, after=chunk(b"iTXt", b"k\0\1\0\0\0" + bomb(300)) * 9),
    ),
    "png iCCP bomb": (
        "ok 9",
        lambda: png(9, 9, before=chunk(b"iCCP", b"k\0\0" + bomb(300))),
    ),
    "png a million parts": (DAMAGED, lambda: png(9, 9, before=EMPTY_TEXT * 1_200_000)),
    "png many parts": ("ok 9", lambda: png(9, 9, before=EMPTY_TEXT * 19_000)),
    "jpeg huge in its header": (
        TOO_LARGE,
        lambda: saved(corners(), "JPEG").replace(b"\0\x30\0\x40", b"\xff\xff\xff\xff"),
    ),
    "jpeg a large one": (
        "ok 1600",
        lambda: saved(
            Image.linear_gradient("L").resize((5000, 5000)).convert("RGB"), "JPEG"
        ),
    ),
    "jpeg a large one, high, for print": (
        "ok 923",
        lambda: saved(Image.new("CMYK", (3100, 8060)), "JPEG"),
    ),
    "jpeg progressive": (
        "ok 1442",
        lambda: saved(
            Image.new("RGB", (3100, 5160)), "JPEG", progressive=True, subsampling=0
        ),
    ),
    "jpeg progressive, for print": (
        "ok 1600",
        lambda: saved(Image.new("CMYK", (3464, 3464)), "JPEG", progressive=True),
    ),
    "jpeg progressive, too large": (
        TOO_LARGE,
        lambda: saved(Image.new("RGB", (5000, 4000)), "JPEG", progressive=True),
    ),
    "jpeg fifty scans": ("ok 1600", lambda: many_scans(5000, 48)),
    "jpeg ten thousand scans": (DAMAGED, lambda: many_scans(5000, 10_000)),
    "jpeg a million comments": (
        DAMAGED,
        lambda: b"\xff\xd8" + segment(0xFE) * 3_700_000,
    ),
    "jpeg nothing but filling": (DAMAGED, lambda: b"\xff\xd8" + b"\xff" * 14_900_000),
    "jpeg zeros": (DAMAGED, lambda: b"\xff\xd8\xff" + bytes(14_900_000)),
    "jpeg noise": ("ok 1600", lambda: saved(noise(1600, 2400), "JPEG", quality=95)),
    "jpeg cut": (DAMAGED, lambda: saved(noise(3000, 2000), "JPEG")[:-1000]),
    "jpeg and archive": ("ok 64", lambda: saved(corners(), "JPEG") + archive()),
    "webp a large one": (
        "ok 1600",
        lambda: saved(Image.new("RGB", (4000, 2500)), "WEBP", method=0),
    ),
    "webp too large": (
        TOO_LARGE,
        lambda: webp(b"VP8 ", b"\x30\1\0\x9d\1\x2a\xff\x3f\xff\x3f" + bytes(40)),
    ),
    "webp greedy": ("lossless", greedy_webp),
    "webp a million parts": (DAMAGED, lambda: webp(*(b"XMP ", b"") * 1_200_000)),
    "gif huge screen": (
        "a GIF",
        lambda: b"GIF89a\xff\xff\xff\xff" + saved(corners(), "GIF")[10:],
    ),
    "gif and script": ("a GIF", lambda: b"GIF89a/*" + bytes(99) + b"*/=1;alert(1)"),
    "svg called png": ("a drawing (SVG)", lambda: b" " * 14_900_000 + b"<svg"),
    "archive": ("an archive", lambda: archive() + bytes(14_000_000)),
    "text": ("not a picture", lambda: b"Dear Sir or Madam, " * 700_000),
    "nothing": ("The file is empty", lambda: b""),
    "20 MB": ("larger than 15 MB", lambda: bytes(20_000_000)),
}


@pytest.mark.skipif(sys.platform != "linux", reason="measures as Linux does")
def test_no_file_costs_much(tmp_path):
    paths = {}
    for number, (name, (_, make)) in enumerate(COSTLY.items()):
        path = tmp_path / f"{number}.png"
        path.write_bytes(make())
        paths[str(path)] = name

    output = subprocess.run(
        [sys.executable, "-c", MEASURE, *paths], capture_output=True, check=True
    ).stdout
    # Whoever went beyond a limit of the process has not lived to write a line.
    costs = {paths[path]: cost for path, *cost in map(json.loads, output.splitlines())}

    assert set(COSTLY) - set(costs) == set()
    for name, (answer, seconds, megabytes) in costs.items():
        assert COSTLY[name][0] in answer, name
        assert answer.startswith("ok") or "Please" in answer, name
        assert (seconds <= 5, megabytes <= 200) == (True, True), name

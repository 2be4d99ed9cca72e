"""An uploaded picture → two clean WebP pictures, or a sentence why not (pure).

A file is taken apart here before Pillow sees it: its kind and its size in pixels are
read from its own bytes, and only the parts that make up the picture go on. Whatever
else was inside (place and date, comments, a second file at the end) is left behind,
and what comes out is encoded afresh. Nothing is decoded that would need more than
some 200 MB or 5 s.

So a few files are refused that a picture program would open: a lossless WebP of
300 kB can ask its decoder for 400 MB, and a JPEG of 70 kB can keep it busy for a minute.
"""

import re
import struct
import threading
import zlib
from collections.abc import Iterator
from io import BytesIO
from math import ceil
from typing import BinaryIO, NamedTuple

from PIL import Image, ImageCms, ImageOps

LARGEST_FILE = 15_000_000
MOST_PIXELS = 25_000_000
LONGEST_SIDE = 16_000
# What decoders need for a pixel differs: 4 bytes as a rule, 16 for WebP, and two more
# for each colour of a JPEG that comes in several scans.
_MOST_PIXELS_WEBP = 10_000_000
_MOST_BUFFERED = 96_000_000
_MOST_PARTS = 20_000
_MOST_SCANS = 50
_LARGEST_PROFILE = 4_000_000

# The quality to begin with; then those below it, and what share of the bytes is left.
_QUALITY = 80
_LOWER_QUALITIES = ((70, 0.82), (60, 0.75), (50, 0.0))
_STRIP_PIXELS = 1_000_000
_one_at_a_time = threading.Lock()

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_JPEG = b"\xff\xd8\xff"
_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
_JPEG_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_JPEG_FRAMES = {0xC0, 0xC1, 0xC2}
_JPEG_PROGRESSIVE = 0xC2
_JPEG_TABLES = {0xC4, 0xDB, 0xDD}
_JPEG_SCAN = 0xDA
_JPEG_END = 0xD9
_WEBP_FRAGILE = {b"VP8L", b"ALPH", b"ANIM", b"ANMF"}
_ORIENTATION = 0x0112

# What people choose by mistake: where to look, what stands there, what it is.
_OTHERS = (
    (0, rb"GIF8", "a GIF"),
    (0, rb"%PDF", "a PDF"),
    (0, rb"II\*\x00|MM\x00\*", "a TIFF"),
    (0, rb"PK\x03\x04", "an archive or an office document"),
    (4, rb"ftyp(?:hei[cx]|mif1)", "a HEIC picture, as iPhones take them"),
    (4, rb"ftypavi[fs]", "an AVIF picture"),
    (
        0,
        rb"(?i)(?:\xef\xbb\xbf)?\s*<(?:[?!]|svg|html)",
        "a web page or a drawing (SVG)",
    ),
)

_DAMAGED = (
    "The picture is damaged or not complete. Please fetch it again, or open it in a "
    "picture program, save it as JPEG or PNG, and upload that."
)


class _Limits(NamedTuple):
    """As wide and as high as a rendition may be, and the bytes it should stay under."""

    width: int
    height: int
    size: int


_SMALL = _Limits(720, 1080, 80_000)
_LARGE = _Limits(1600, 2400, 250_000)


class PictureError(ValueError):
    """A file that is refused, with a sentence for people."""

    def __init__(self, sentence: str):
        super().__init__(sentence)
        self.sentence = sentence


class Rendition(NamedTuple):
    """A WebP file and its size in pixels."""

    data: bytes
    width: int
    height: int


class Renditions(NamedTuple):
    """One picture twice: for a column of text, and for a whole screen."""

    small: Rendition
    large: Rendition


class _Parts(NamedTuple):
    """What was in a file; `clean` is the file again with the picture alone."""

    kind: str
    size: tuple[int, int]
    clean: bytes
    exif: bytes = b""
    profile: bytes = b""


def renditions(file: BinaryIO) -> Renditions:
    """Return the picture in an uploaded file; raises `PictureError`."""
    parts = _parts(_read(file))
    with _one_at_a_time:
        large = _decoded(parts)
    size = _fitted(large.size, _SMALL.width, _SMALL.height)
    small = large.resize(size, Image.Resampling.LANCZOS)
    return Renditions(_encoded(small, _SMALL), _encoded(large, _LARGE))


def _read(file: BinaryIO) -> bytes:
    file.seek(0)
    data = file.read(LARGEST_FILE + 1)
    if not data:
        raise PictureError("The file is empty. Please choose the picture again.")
    if len(data) > LARGEST_FILE:
        raise PictureError(
            f"The file is larger than {LARGEST_FILE // 1_000_000} MB. Please make the "
            "picture smaller – 1600 pixels wide is plenty – and upload it again."
        )
    return data


def _parts(data: bytes) -> _Parts:
    """Take a file apart; what it is called or said to be does not count."""
    if data.startswith(_PNG):
        return _png_parts(data)
    if data.startswith(_JPEG):
        return _jpeg_parts(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp_parts(data)
    kinds = (
        kind
        for place, signature, kind in _OTHERS
        if re.compile(signature).match(data, place)
    )
    kind = next(kinds, "not a picture of a kind that can be shown here")
    raise PictureError(
        f"This file is {kind}, whatever its name says. Please open the picture in a "
        "picture program, save it as JPEG or PNG, and upload that."
    )


def _check_pixels(size: tuple[int, int], most: int) -> None:
    pixels = size[0] * size[1]
    if not pixels:
        raise PictureError(_DAMAGED)
    if max(size) > LONGEST_SIDE:
        raise PictureError(
            f"The picture is too large: {size[0]} × {size[1]} pixels, and no side may "
            f"have more than {LONGEST_SIDE}. Please cut it to the part that matters, "
            "and upload it again."
        )
    if pixels > most:
        raise PictureError(
            f"The picture is too large: {size[0]} × {size[1]} pixels are "
            f"{ceil(pixels / 1_000_000)} megapixels, and a file of this kind may have "
            f"{most // 1_000_000}. Please make it smaller – 1600 pixels wide is plenty "
            "– and upload it again."
        )


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield name, content and the whole of each chunk, up to the last one."""
    at = len(_PNG)
    for _ in range(_MOST_PARTS):
        length = int.from_bytes(data[at : at + 4])
        end = at + length + 12
        name, body = data[at + 4 : at + 8], data[at + 8 : end - 4]
        if data[end - 4 : end] != struct.pack(">L", zlib.crc32(body, zlib.crc32(name))):
            break
        yield name, body, data[at:end]
        if name == b"IEND":
            return
        at = end
    raise PictureError(_DAMAGED)


def _png_parts(data: bytes) -> _Parts:
    size, exif, profile = (0, 0), b"", b""
    kept = [_PNG]
    for name, body, chunk in _png_chunks(data):
        if name == b"IHDR":
            if len(kept) > 1 or len(body) != 13:
                raise PictureError(_DAMAGED)
            size = struct.unpack_from(">LL", body)
            _check_pixels(size, MOST_PIXELS)
        if name in _PNG_KEPT:
            kept.append(chunk)
        elif name == b"eXIf":
            exif = body
        elif name == b"iCCP":
            profile = _inflated(body.partition(b"\0")[2][1:])
    _check_pixels(size, MOST_PIXELS)
    return _Parts("PNG", size, b"".join(kept), exif, profile)


def _inflated(deflated: bytes) -> bytes:
    """Return a deflated colour profile; of a bomb only as much as one may have."""
    try:
        return zlib.decompressobj().decompress(deflated, _LARGEST_PROFILE)
    except zlib.error:
        return b""


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield code, header and the whole of each segment, up to the end of the picture."""
    at = 2
    for _ in range(_MOST_PARTS):
        marker = _JPEG_MARKER.match(data, at)
        if not marker:
            break
        code = marker[1][0]
        if code == _JPEG_END:
            return
        start = marker.end() + 2
        end = start - 2 + int.from_bytes(data[start - 2 : start])
        if not start <= end <= len(data):
            break
        header = data[start:end]
        if code == _JPEG_SCAN:
            following = _JPEG_SCAN_END.search(data, end)
            if not following:
                break
            end = following.start()
        yield code, header, data[at:end]
        at = end
    raise PictureError(_DAMAGED)


def _jpeg_parts(data: bytes) -> _Parts:
    size, colours, scans, exif = (0, 0), 1, 0, b""
    kept, profile = [_JPEG[:2]], []
    for code, header, segment in _jpeg_segments(data):
        if code in _JPEG_FRAMES:
            if size != (0, 0) or len(header) < 6:
                raise PictureError(_DAMAGED)
            height, width, colours = struct.unpack_from(">xHHB", header)
            size = (width, height)
            _check_pixels(size, MOST_PIXELS)
            scans += code == _JPEG_PROGRESSIVE
        elif code == _JPEG_SCAN:
            scans += 1
            if scans > _MOST_SCANS:
                raise PictureError(_DAMAGED)
        elif header.startswith(b"Exif\0"):
            exif = header
        elif header.startswith(b"ICC_PROFILE\0"):
            profile.append(header)
        if (
            code in _JPEG_FRAMES | _JPEG_TABLES | {_JPEG_SCAN}
            or header.startswith((b"JFIF\0", b"Adobe"))
        ):  # fmt: skip
            kept.append(segment)
    kept.append(bytes((0xFF, _JPEG_END)))
    most = _MOST_BUFFERED // (2 * max(colours, 1)) if scans > 1 else MOST_PIXELS
    _check_pixels(size, min(most, MOST_PIXELS))
    icc = b"".join(part[14:] for part in sorted(profile))
    return _Parts("JPEG", size, b"".join(kept), exif, icc)


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of each chunk."""
    at, last = 12, 8 + int.from_bytes(data[4:8], "little")
    for _ in range(_MOST_PARTS):
        if at >= last:
            return
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + length
        if end > min(last, len(data)):
            break
        yield data[at : at + 4], data[at + 8 : end]
        at = end + length % 2
    raise PictureError(_DAMAGED)


def _webp_parts(data: bytes) -> _Parts:
    found: dict[bytes, bytes] = {}
    for name, body in _webp_chunks(data):
        if name in _WEBP_FRAGILE:
            raise PictureError(
                "This WebP picture is lossless, see-through or moving, and only plain "
                "ones can be taken. Please open it in a picture program, save it as "
                "PNG, and upload that."
            )
        found[name] = body
    frame = found.get(b"VP8 ", b"")
    if len(frame) < 10:
        raise PictureError(_DAMAGED)
    width, height = struct.unpack_from("<HH", frame, 6)
    size = (width & 0x3FFF, height & 0x3FFF)
    _check_pixels(size, _MOST_PIXELS_WEBP)
    clean = (
        b"WEBPVP8 " + struct.pack("<L", len(frame)) + frame + b"\0" * (len(frame) % 2)
    )
    return _Parts(
        "WEBP",
        size,
        b"RIFF" + struct.pack("<L", len(clean)) + clean,
        found.get(b"EXIF", b""),
        found.get(b"ICCP", b""),
    )


def _orientation(exif: bytes) -> int:
    """Return how a camera was held, 1 to 8 as Exif counts; 1 is upright."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}L", exif, 4)
        (entries,) = struct.unpack_from(f"{order}H", exif, at)
        for entry in range(at + 2, at + 2 + 12 * entries, 12):
            tag, value = struct.unpack_from(f"{order}H6xH", exif, entry)
            if tag == _ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _decoded(parts: _Parts) -> Image.Image:
    """Return the picture upright, in sRGB, on white, and no larger than the large one."""
    turn = _orientation(parts.exif)
    sides = (_LARGE.width, _LARGE.height)
    size = _fitted(parts.size, *(sides if turn < 5 else reversed(sides)))
    try:
        with Image.open(BytesIO(parts.clean), formats=[parts.kind]) as picture:
            if picture.size != parts.size:
                raise ValueError(f"{picture.size} is not {parts.size}")
            picture.draft(None, size)
            picture.load()
            scaled = _scaled(picture, size)
    # Pillow raises whatever its parsers stumble over; it all means the same here.
    except Exception as error:
        raise PictureError(_DAMAGED) from error
    plain = _in_srgb(scaled, parts.profile)
    plain.getexif()[_ORIENTATION] = turn
    return ImageOps.exif_transpose(plain)


def _fitted(size: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Return a size of the same shape inside these limits; never a larger one."""
    scale = min(1, width / size[0], height / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _scaled(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the picture in another size, as RGB or CMYK.

    Strip by strip, so that a large picture is never there twice. A strip takes some
    lines more on both sides: the resampling looks three of its own lines far.
    """
    scaled = Image.new("CMYK" if picture.mode == "CMYK" else "RGB", size)
    wide, high = picture.size
    ratio = high / size[1]
    step = max(8, int(_STRIP_PIXELS / (wide * ratio)))
    margin = ceil(3 * ratio) + 1
    for top in range(0, size[1], step):
        bottom = min(top + step, size[1])
        first = max(0, int(top * ratio) - margin)
        last = min(high, ceil(bottom * ratio) + margin)
        strip = _plain(picture.crop((0, first, wide, last))).resize(
            (size[0], bottom - top),
            Image.Resampling.LANCZOS,
            (0, top * ratio - first, wide, min(bottom * ratio, high) - first),
        )
        scaled.paste(strip, (0, top))
    return scaled


def _plain(strip: Image.Image) -> Image.Image:
    """Return a strip as RGB or CMYK; what is see-through lies on white."""
    if strip.mode == "CMYK":
        return strip
    if strip.mode == "I;16":
        strip = strip.point(lambda value: value / 256).convert("L")
    if strip.has_transparency_data:
        strip = strip.convert("RGBA")
        on_white = Image.new("RGB", strip.size, "white")
        on_white.paste(strip, mask=strip)
        return on_white
    return strip.convert("RGB")


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """Return the picture in the colours of screens; a bad profile does not count."""
    if profile and len(profile) < _LARGEST_PROFILE:
        try:
            return ImageCms.buildTransform(
                ImageCms.ImageCmsProfile(BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                picture.mode,
                "RGB",
            ).apply(picture)
        except (ImageCms.PyCMSError, OSError):
            pass
    return picture.convert("RGB")


def _encoded(picture: Image.Image, limits: _Limits) -> Rendition:
    """Return the picture as WebP: the pixels alone, and few bytes if that can be."""
    data = _webp(picture, _QUALITY)
    if len(data) > limits.size:
        most = limits.size / len(data)
        data = _webp(picture, next(q for q, share in _LOWER_QUALITIES if share <= most))
    return Rendition(data, *picture.size)


def _webp(picture: Image.Image, quality: int) -> bytes:
    buffer = BytesIO()
    nothing_else = {"exif": b"", "icc_profile": None, "xmp": b""}
    picture.save(buffer, "WEBP", quality=quality, method=2, **nothing_else)
    return buffer.getvalue()

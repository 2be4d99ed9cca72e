"""A page from parts, of which the long one was compressed before (pure).

Compressing a lesson costs more than making the page around it. The body is
deflated once; head and tail, which differ for every reader, are deflated in
passing, and the three streams make one valid gzip file (RFC 1952): a full flush
ends on a byte boundary and leaves no reference into what came before.
"""

import struct
import zlib

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_RAW = -zlib.MAX_WBITS


def _deflate(data: bytes, level: int, flush: int) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, _RAW)
    return compressor.compress(data) + compressor.flush(flush)


def deflate_body(body: bytes) -> bytes:
    """Return the middle of a gzip stream, as small as it gets."""
    return _deflate(body, 9, zlib.Z_FULL_FLUSH)


def inflate_body(deflated: bytes) -> bytes:
    return zlib.decompressobj(_RAW).decompress(deflated)


def gzip_page(head: bytes, body: bytes, deflated: bytes, tail: bytes) -> bytes:
    """Return head + body + tail as one gzip file; `deflated` is the body's."""
    checksum = zlib.crc32(tail, zlib.crc32(body, zlib.crc32(head)))
    size = len(head) + len(body) + len(tail)
    return b"".join(
        (
            _HEADER,
            _deflate(head, 1, zlib.Z_FULL_FLUSH),
            deflated,
            _deflate(tail, 1, zlib.Z_FINISH),
            struct.pack("<LL", checksum, size & 0xFFFFFFFF),
        )
    )

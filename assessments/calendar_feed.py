"""A calendar file by RFC 5545: escaped, folded at 75 octets, in UTC (pure)."""

import datetime
from collections.abc import Iterable
from typing import NamedTuple

LONGEST_LINE = 75  # octets, without the line's end
END = "\r\n"


class Event(NamedTuple):
    """Something at one moment; `uid` stays the same for the same thing."""

    uid: str
    at: datetime.datetime
    title: str
    description: str
    address: str


def escaped(text: str) -> str:
    """Return text as a property's value; line ends become the two signs backslash n."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    text = text.replace("\n", "\\n")
    return "".join(letter for letter in text if letter >= " " or letter == "\t")


def folded(line: str) -> str:
    """Return a line in pieces of at most 75 octets; no character is cut in two."""
    pieces, piece, size = [], "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > LONGEST_LINE:
            pieces.append(piece)
            # The space that begins a further line is one of its octets.
            piece, size = " ", 1
        piece += letter
        size += octets
    return END.join([*pieces, piece])


def moment(at: datetime.datetime) -> str:
    return at.astimezone(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")


def written(name: str, events: Iterable[Event], now: datetime.datetime) -> str:
    """Return the file: a calendar of that name, each event at its moment."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//History classroom//Calendar//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{escaped(name)}",
    ]
    for event in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{escaped(event.uid)}",
            f"DTSTAMP:{moment(now)}",
            f"DTSTART:{moment(event.at)}",
            f"SUMMARY:{escaped(event.title)}",
            f"DESCRIPTION:{escaped(event.description)}",
            # An address is no text: its commas and semicolons stand as they are.
            f"URL:{event.address}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(folded(line) + END for line in lines)

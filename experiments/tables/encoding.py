"""In which encoding a file is written.

UTF-8 is proved by decoding the whole file; for anything else charset-normalizer compares
what the bytes would say in each encoding that spreadsheets and CRMs write.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from charset_normalizer import from_bytes

from experiments.problem import Refused, problem

# Opens the same bytes anew each time: a file is read more than once.
Opener = Callable[[], BinaryIO]

CHUNK = 1 << 16
SAMPLE = 1 << 13

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # The mark of UTF-32 begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHERS = [
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "koi8_r",
    "shift_jis",
    "euc_jp",
    "gb18030",
    "big5",
    "euc_kr",
]
_LATIN = {"cp1252", "cp1250", "cp1254", "cp1257"}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x19\x7f]")
_CELL_ENDS = re.compile(rb"[\r\n\t;,|]")


def detect(open_file: Opener) -> str:
    """The name of the encoding, as Python's codecs know it.

    Raises:
        Refused: for what is not text, or in no encoding that we know.
    """
    with open_file() as file:
        start = file.read(CHUNK)
    if not start.strip():
        raise Refused(problem("file", "The file is empty."))
    if start.startswith(_OLD_OFFICE):
        text = "This is a workbook of before 2007: save it as .xlsx, or the sheet as CSV."
        raise Refused(problem("file", text))
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    if b"\x00" in start:
        return _wide(start)
    if len(_CONTROLS.findall(start)) > len(start) // 200:
        raise _not_text()
    return "utf-8" if _is_utf8(open_file) else _other(open_file)


def checked(name: str) -> str:
    """An encoding that a person named. Raises Refused for one that does not exist."""
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise Refused(problem("encoding", "No encoding is called {name}.", name=name)) from None


def _wide(start: bytes) -> str:
    # Headers are mostly ASCII, so every second byte of UTF-16 is null.
    even, odd = start[0::2].count(0), start[1::2].count(0)
    half = len(start) // 2
    little = odd > half * 0.5 and even < half * 0.05
    big = even > half * 0.5 and odd < half * 0.05
    name = "utf-16-le" if little else "utf-16-be"
    said = start.decode(name, errors="replace").encode("utf-8")
    if not (little or big) or len(_CONTROLS.findall(said)) > len(said) // 200:
        raise _not_text()
    return name


def _is_utf8(open_file: Opener) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(open_file):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _other(open_file: Opener) -> str:
    sample = _foreign_words(open_file)
    matches = list(from_bytes(sample, cp_isolation=_OTHERS, threshold=0.5))
    if not matches:
        raise _not_text()
    tied = {each.encoding for each in matches if each.chaos == matches[0].chaos}
    if _is_latin(sample):
        # A few accents read alike in many encodings; the commonest one is the best guess.
        doubt = len(tied) > 1 and _decodes(sample, "cp1252")
        return "cp1252" if doubt else matches[0].encoding
    return next((each for each in _OTHERS if each in tied - _LATIN), matches[0].encoding)


def _is_latin(sample: bytes) -> bool:
    """Whether its words are mostly ASCII letters: accents stand among them, scripts do not."""
    words = [word for word in re.split(rb"[\s\d.,&()-]+", sample) if not word.isascii()]
    mixed = sum(any(chr(byte).isalpha() for byte in word if byte < 128) for word in words)
    return mixed * 2 > len(words)


def _foreign_words(open_file: Opener) -> bytes:
    """The cells that are not ASCII: the rest would only dilute what they tell."""
    found: list[bytes] = []
    size = 0
    for chunk in _chunks(open_file):
        for cell in _CELL_ENDS.split(chunk):
            if not cell.isascii():
                found.append(cell)
                size += len(cell)
        if size > SAMPLE:
            break
    return b"\n".join(found)[:SAMPLE]


def _decodes(sample: bytes, name: str) -> bool:
    try:
        sample.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _chunks(open_file: Opener) -> Iterator[bytes]:
    with open_file() as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _not_text() -> Refused:
    text = "This is not a text file, or in no encoding that we know. Save it as CSV in UTF-8."
    return Refused(problem("file", text))

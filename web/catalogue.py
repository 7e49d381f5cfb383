"""The languages of the site: what translators wrote, as the site says it.

The files are `translations/LANGUAGE/LC_MESSAGES/messages.po`, read as they stand: nothing has to
be compiled, and a mended sentence is there at the next start.
"""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

FOLDER = Path(__file__).parent / "translations"
# The texts in the code are the English ones.
ENGLISH = "en"


@cache
def languages() -> tuple[str, ...]:
    """Codes of the languages that there are, English first."""
    found = FOLDER.glob("*/LC_MESSAGES/messages.po")
    return (ENGLISH, *sorted(each.parent.parent.name for each in found))


@cache
def translations(language: str) -> NullTranslations:
    """The texts of a language; English ones where there is no such language."""
    if language == ENGLISH or language not in languages():
        return NullTranslations()
    with (FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)

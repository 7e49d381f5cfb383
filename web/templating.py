"""The Jinja environment of the pages, and who reads them.

A macro that is imported sees no context, yet it formats days and protects forms; so what belongs
to the person reading (language, zone, CSRF token) travels beside the context, set by `render`
for the one page it draws.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from experiments.problem import Problem
from experiments.users import Calendar
from web import format, measures
from web.catalogue import translations

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
STATIC = HERE / "static"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a page.

    Args:
        locale: The language of the texts and the form of numbers and days.
        zone: The zone in which days begin and times are shown.
        csrf_token: What the forms of this session carry; empty on pages without a session.
        calendar: By which days are told.
    """

    locale: Locale
    zone: ZoneInfo
    csrf_token: str = ""
    translations: NullTranslations = field(default_factory=NullTranslations)
    calendar: Calendar = Calendar.GREGORIAN

    @property
    def dated(self) -> dict[str, Any]:
        """What `format.day` and its like need to know of the reader."""
        return {"locale": self.locale, "zone": self.zone, "calendar": self.calendar}

    @property
    def mirrored(self) -> bool:
        """Whether the page runs from right to left, its charts with it."""
        return self.locale.text_direction == "rtl"


def reader_for(
    language: str,
    zone: ZoneInfo,
    csrf_token: str = "",
    calendar: Calendar = Calendar.GREGORIAN,
) -> Reader:
    """The reader of a language such as `en` or `fa`, with its translations."""
    return Reader(Locale.parse(language), zone, csrf_token, translations(language), calendar)


@cache
def make_environment() -> Environment:
    """The environment in which every page is rendered; one, as compiling templates takes time."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        gettext=lambda text: _reader.get().translations.gettext(text),
        ngettext=lambda one, many, n: _reader.get().translations.ngettext(one, many, n),
        pgettext=lambda place, text: _reader.get().translations.pgettext(place, text),
        npgettext=lambda place, one, many, n: _reader.get().translations.npgettext(
            place, one, many, n
        ),
        newstyle=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters.update(_filters())
    environment.globals["static_url"] = static_url
    environment.globals["csrf_token"] = lambda: _reader.get().csrf_token
    return environment


def render(environment: Environment, template: str, *, reader: Reader, **context: Any) -> str:
    """A page as text.

    Args:
        template: A path under `web/templates`.
        context: What the template names; a name missing raises `UndefinedError`.
    """
    token = _reader.set(reader)
    try:
        return environment.get_template(template).render(
            lang=str(reader.locale).replace("_", "-"),
            dir=reader.locale.text_direction,
            **context,
        )
    finally:
        _reader.reset(token)


def static_url(name: str) -> str:
    """The address of a file of `web/static`, with a mark that changes with its content.

    Raises:
        FileNotFoundError: if there is no such file.
    """
    path = STATIC / name
    return f"/static/{name}?v={_content_mark(path, path.stat().st_mtime_ns)}"


_reader: ContextVar[Reader] = ContextVar("reader")


def say(problem: Problem) -> str:
    """A problem's message in the reader's language."""
    message = _reader.get().translations.gettext(problem.message)
    values = {
        name: say(value) if isinstance(value, Problem) else value
        for name, value in problem.values.items()
    }
    return message.format(**values)


def _filters() -> dict[str, Callable[..., str]]:
    local: tuple[Callable[..., str], ...] = (
        format.count,
        format.number,
        format.percent,
        format.points,
        format.signed_points,
        format.money,
        format.duration,
        format.days,
    )
    dated: tuple[Callable[..., str], ...] = (format.day, format.moment)
    return {
        **{each.__name__: _for_the_reader(each, _locale) for each in local},
        **{each.__name__: _for_the_reader(each, _locale_and_zone) for each in dated},
        "time": _for_the_reader(format.time, _locale_and_own_zone),
        "interval": _for_the_reader(format.interval, _locale_and_words),
        "bare": _for_the_reader(measures.bare, _locale),
        "own_in": _for_the_reader(measures.own_in, _locale),
        "own_between": _for_the_reader(measures.own_between, _locale_and_words),
        "in_unit": _for_the_reader(measures.in_unit, _locale_and_words),
        "signed_in": _for_the_reader(measures.signed_in, _locale),
        "interval_in": _for_the_reader(measures.interval_in, _locale_and_words),
        "say": _for_the_reader(say, dict),
    }


def _for_the_reader(
    write: Callable[..., str], options_of_reader: Callable[[], dict[str, Any]]
) -> Callable[..., str]:
    # A filter that takes the context is never folded into the compiled template, where a
    # constant such as {{ 5|days }} would keep its first reader's language.
    @pass_context
    def filtered(_context: Context, *args: Any, **options: Any) -> str:
        return write(*args, **options_of_reader(), **options)

    return filtered


def _locale() -> dict[str, Any]:
    return {"locale": _reader.get().locale}


def _locale_and_zone() -> dict[str, Any]:
    return _reader.get().dated


def _locale_and_own_zone() -> dict[str, Any]:
    reader = _reader.get()
    return {"locale": reader.locale, "zone": reader.zone}


def _locale_and_words() -> dict[str, Any]:
    reader = _reader.get()
    return {"locale": reader.locale, "gettext": reader.translations.gettext}


@lru_cache(maxsize=64)
def _content_mark(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]

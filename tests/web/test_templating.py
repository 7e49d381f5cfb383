"""The environment of the pages, its frame and its form macros."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from gettext import NullTranslations
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from jinja2 import ChoiceLoader, DictLoader, Environment, UndefinedError

from experiments.problem import problem
from web.forms import Form
from web.templating import (
    STATIC,
    TEMPLATES,
    Reader,
    make_environment,
    reader_for,
    render,
    static_url,
)

ENGLISH = reader_for("en", ZoneInfo("UTC"), csrf_token="a-token")


class Shouting(NullTranslations):
    """A language in which every text is in capitals."""

    def gettext(self, message: str) -> str:
        return message.upper().replace("%(NAME)S", "%(name)s")


def page(source: str) -> Environment:
    """The real environment with one more template, `page.html`."""
    environment = make_environment()
    assert environment.loader is not None
    environment.loader = ChoiceLoader([DictLoader({"page.html": source}), environment.loader])
    return environment


def show(source: str, reader: Reader = ENGLISH, **context: object) -> str:
    return render(page(source), "page.html", reader=reader, **context)


def field(macro: str, form: Form, **options: object) -> str:
    source = (
        '{% import "parts/form.html" as field %}'
        "{{ field[macro](form, 'name', 'Name', **options) }}"
    )
    return show(source, macro=macro, form=form, options=options)


def test_every_template_compiles() -> None:
    environment = make_environment()
    names = environment.list_templates()
    assert "base.html" in names
    for name in names:
        environment.get_template(name)


def test_no_template_holds_a_style_or_a_script_of_its_own() -> None:
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        if path.name == "standalone.html":
            # A file that is taken along has nobody to fetch the style sheet from.
            text = text.replace("<style>{{ style|safe }}</style>", "")
        assert not re.search(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=", text), path


def test_text_from_outside_is_escaped() -> None:
    assert show("{{ name }}", name="<b>") == "&lt;b&gt;"


def test_a_name_that_the_page_was_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="missing"):
        show("{{ missing }}")


def test_texts_are_translated_also_inside_imported_macros() -> None:
    reader = Reader(Locale("en"), ZoneInfo("UTC"), translations=Shouting())
    source = '{% from "parts/page.html" import disclosure %}{% call disclosure() %}{% endcall %}'
    assert "HOW IS THIS COMPUTED?" in show(source, reader)


def test_a_translation_cannot_smuggle_markup_through_its_values() -> None:
    assert show('{{ _("Hello %(name)s", name=name) }}', name="<b>") == "Hello &lt;b&gt;"


def test_filters_use_the_readers_language_and_zone() -> None:
    berlin = reader_for("fa", ZoneInfo("Europe/Berlin"))
    late = datetime(2026, 11, 4, 23, 15, tzinfo=UTC)
    assert show("{{ at|day }} {{ rate|percent }}", berlin, at=late, rate=0.14) == (
        "۵ نوامبر ۲۰۲۶ ۱۴٫۰٪"
    )


def test_a_constant_is_written_anew_for_each_reader() -> None:
    environment = page("{{ 9|days }}")
    persian = reader_for("fa", ZoneInfo("UTC"))
    assert render(environment, "page.html", reader=ENGLISH) == "9 days"
    assert render(environment, "page.html", reader=persian) == "۹ روز"


def test_the_reader_is_forgotten_after_the_page() -> None:
    environment = page("{{ 0.14|percent }}")
    render(environment, "page.html", reader=ENGLISH)
    with pytest.raises(LookupError):
        environment.get_template("page.html").render()


def test_a_problem_is_said_with_its_values() -> None:
    wrong = problem("weight", "A weight must be above {least}.", least=0)
    assert show("{{ wrong|say }}", wrong=wrong) == "A weight must be above 0."


def test_a_static_address_carries_a_mark_of_the_content() -> None:
    assert re.fullmatch(r"/static/stagelift\.css\?v=[0-9a-f]{12}", static_url("stagelift.css"))


def test_a_static_file_that_is_missing_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        static_url("missing.css")


def test_the_style_sheet_turns_for_right_to_left() -> None:
    css = (STATIC / "stagelift.css").read_text(encoding="utf-8")
    sides = "left|right|top|bottom"
    physical = rf"(?<![\w-])(?:(?:margin|padding|border)-(?:{sides})|{sides}|width|height)\s*:"
    assert not re.findall(physical, css.replace("--end: right", "").replace("--end: left", ""))
    assert css.count("\n") <= 600


FRAME = (
    '{% extends "base.html" %}{% block title %}Today{% endblock %}'
    "{% block content %}{% endblock %}"
)


def frame(reader: Reader = ENGLISH, **context: object) -> str:
    return show(FRAME, reader, **context)


def test_a_page_says_its_language_and_direction() -> None:
    assert '<html lang="en" dir="ltr">' in frame()
    assert '<html lang="fa" dir="rtl">' in frame(reader_for("fa", ZoneInfo("UTC")))


def test_the_current_page_is_marked_in_the_navigation() -> None:
    nav: list[Mapping[str, object]] = [
        {"href": "/experiments", "label": "Experiments", "current": True},
        {"href": "/leads", "label": "Leads", "current": False},
    ]
    shown = frame(nav=nav)
    assert '<a href="/experiments" aria-current="page">Experiments</a>' in shown
    assert '<a href="/leads">Leads</a>' in shown


def test_signing_out_is_a_protected_post() -> None:
    shown = frame(user={"name": "Mina Rahimi", "role": "manager"})
    assert "Mina Rahimi" in shown
    assert '<form class="me" method="post" action="/sign-out">' in shown
    assert 'name="csrf_token" value="a-token"' in shown


def test_a_page_for_someone_not_signed_in_has_no_navigation() -> None:
    shown = show(FRAME.replace("base.html", "bare.html"))
    assert "<nav" not in shown
    assert "/sign-out" not in shown


def test_flash_messages_are_announced() -> None:
    shown = frame(flashes=[{"kind": "good", "text": "Launched."}])
    assert 'role="status"' in shown
    assert '<p class="note good">Launched.</p>' in shown


def test_a_field_keeps_what_was_typed() -> None:
    assert 'value="a &#34;b&#34;"' in field("text", Form({"name": 'a "b"'}))
    assert ">\na &lt;b&gt;</textarea>" in field("textarea", Form({"name": "a <b>"}))


def test_a_password_is_never_sent_back() -> None:
    assert "secret" not in field("password", Form({"name": "secret"}))


def test_a_refused_field_points_to_its_error_and_hint() -> None:
    form = Form({"name": "x"}, [problem("name", "Give a longer name.")])
    shown = field("text", form, hint="As in the CRM.")
    assert 'aria-describedby="f-name-hint f-name-error" aria-invalid="true"' in shown
    assert '<p class="error" id="f-name-error">Give a longer name.</p>' in shown


def test_a_sound_field_is_not_marked() -> None:
    shown = field("text", Form())
    assert "aria-invalid" not in shown
    assert "aria-describedby" not in shown


def test_the_summary_links_each_problem_to_its_field() -> None:
    form = Form({}, [problem("name", "Give a name."), problem("", "Nothing was changed.")])
    shown = show(
        '{% from "parts/form.html" import errors_summary %}{{ errors_summary(form) }}', form=form
    )
    assert "2 things to mend" in shown
    assert '<a href="#f-name">Give a name.</a>' in shown
    assert "<li>Nothing was changed.</li>" in shown


def test_a_summary_without_problems_is_nothing() -> None:
    source = '{% from "parts/form.html" import errors_summary %}{{ errors_summary(form) }}'
    assert show(source, form=Form()).strip() == ""


def test_the_chosen_option_is_selected() -> None:
    shown = field("select", Form({"name": "2"}), options=[(1, "One"), (2, "Two")])
    assert '<option value="2" selected>Two</option>' in shown
    assert '<option value="1">One</option>' in shown


def test_the_chosen_boxes_are_ticked() -> None:
    options = [("a", "Ada"), ("b", "Bo"), ("c", "Cy")]
    shown = field("checkboxes", Form({"name": ["a", "c"]}), options=options)
    assert re.findall(r'value="(\w)" id="[\w-]+" checked', shown) == ["a", "c"]


def test_every_choice_has_an_id_of_its_own_and_the_first_has_the_fields() -> None:
    shown = field("radios", Form(), options=[("rep", "Reps"), ("lead", "Leads")])
    assert re.findall(r' id="([\w-]+)"', shown) == ["f-name", "f-name-2"]


def test_two_forms_on_a_page_have_different_ids() -> None:
    assert Form(key="left").field_id("name") != Form(key="right").field_id("name")


def test_a_stage_bar_tells_done_current_and_to_come() -> None:
    shown = show(
        '{% from "parts/page.html" import stages %}{{ stages(["Call", "Demo", "Won"], 1) }}'
    )
    assert re.search(r'class="done">Call\s+<span class="hidden-text">\(done\)', shown)
    assert '<li aria-current="step">Demo</li>' in shown
    assert "<li>Won</li>" in shown


def test_a_stacking_table_repeats_its_column_beside_each_value() -> None:
    shown = show(
        '{% from "parts/table.html" import values %}{{ values(columns, rows) }}',
        columns=[("Rep", ""), ("Leads", "n")],
        rows=[("Omar", 31)],
    )
    assert 'data-label="Leads"' in shown
    assert re.search(r'role="rowheader">Omar<', shown)


def test_a_single_page_has_no_pager() -> None:
    source = '{% from "parts/page.html" import pager %}{{ pager(page, pages, none, "?page=2") }}'
    assert show(source, page=1, pages=1).strip() == ""
    assert 'href="?page=2"' in show(source, page=1, pages=3)

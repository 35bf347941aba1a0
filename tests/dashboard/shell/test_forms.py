"""Fields of forms: what stands beside them, what describes them, errors."""

from __future__ import annotations

import re

from django import forms
from django.http import QueryDict
from django.template.loader import render_to_string

from dashboard.shell.forms import FieldNote, PageForm, with_reset


class Turns(PageForm):
    turns = forms.IntegerField(min_value=0, help_text="Higher: safer.")
    mode = forms.ChoiceField(choices=[("auto", "auto"), ("never", "never")])
    caching = forms.BooleanField(required=False)
    notes = {"turns": FieldNote("turns", "4"), "caching": FieldNote(default="on")}


def shown(form: PageForm, name: str) -> str:
    return " ".join(render_to_string("dashboard/shell/forms/field.html", {"field": form[name]}).split())


def test_a_field_is_described_by_its_help_unit_and_error() -> None:
    html = shown(Turns({"turns": "-1"}), "turns")
    described = re.search(r'<input[^>]*aria-describedby="([^"]+)"', html)
    assert described
    for part in described[1].split():
        assert f'id="{part}"' in html
    assert {"Higher: safer.", "turns</span>"} <= set(re.findall(r"Higher: safer\.|turns</span>", html))
    assert "greater than or equal to 0" in html
    assert 'aria-invalid="true"' in html


def test_reset_shows_only_where_it_would_change_something() -> None:
    def is_hidden(name: str, **posted: str) -> bool:
        return "hidden>Reset" in shown(Turns(posted), name)

    assert is_hidden("turns", turns="4")
    assert not is_hidden("turns", turns="5")
    assert is_hidden("caching", caching="on")
    assert not is_hidden("caching")
    assert "Reset" not in shown(Turns({}), "mode")


def test_reset_without_scripts_puts_the_default_in() -> None:
    posted = QueryDict("turns=9&mode=auto&reset=turns")
    assert with_reset(posted, Turns.notes)["turns"] == "4"
    assert with_reset(QueryDict("turns=9&reset=mode"), Turns.notes)["turns"] == "9"
    assert with_reset(QueryDict("turns=9&reset=nonsense"), Turns.notes)["turns"] == "9"


def test_errors_are_summed_up_with_links_to_their_fields() -> None:
    form = Turns({"turns": "x", "mode": "odd"})
    form.add_error(None, "Something else.")
    html = render_to_string("dashboard/shell/forms/error_summary.html", {"form": form})
    assert "3 things to correct" in html
    assert re.findall(r'href="#(\w+)">(\w+)<', html) == [("id_turns", "Turns"), ("id_mode", "Mode")]
    assert "Something else." in html
    assert render_to_string("dashboard/shell/forms/error_summary.html", {"form": Turns()}).strip() == ""

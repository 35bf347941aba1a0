"""The forms of the documents page: what is said of uploaded files, what is searched for, what is listed."""

from __future__ import annotations

from django import forms
from django.db.models import Q

from dashboard.documents.metadata import MetadataField
from dashboard.documents.rows import STATES
from dashboard.shell.select import options_of
from optimizer_app.models.document import DocumentQuerySet
from token_optimizer.models import BlockType

TYPES = [item.value for item in BlockType]
TYPE_CHOICES = options_of(TYPES)


class UploadForm(forms.Form):
    """What is said of all files of one form."""

    type = forms.ChoiceField(choices=TYPE_CHOICES)
    metadata = MetadataField(required=False, strip=True, max_length=500)


class SearchForm(forms.Form):
    """The question, and what the passages must be."""

    q = forms.CharField(strip=True, max_length=2_000)
    type = forms.ChoiceField(required=False, choices=TYPE_CHOICES)
    where = MetadataField(required=False, strip=True, max_length=500)


class DocumentFilter(forms.Form):
    """Which documents to list, by state and by a part of their title or id."""

    state = forms.ChoiceField(required=False, choices=[(key, label) for key, label, _ in STATES])
    name = forms.CharField(required=False, strip=True, max_length=300)

    def applied_to(self, documents: DocumentQuerySet) -> DocumentQuerySet:
        """The documents that the valid filters let through; a filter that is not valid lets none."""
        if not self.is_valid():
            return documents.none()
        if name := self.cleaned_data["name"]:
            documents = documents.filter(Q(title__icontains=name) | Q(external_id__icontains=name))
        if chosen := self.cleaned_data["state"]:
            states = next(states for key, _, states in STATES if key == chosen)
            documents = documents.filter(state__in=states)
        return documents

    def chosen(self) -> dict[str, str]:
        """The filters that are set, by the name a reader knows them by."""
        shown = {"state": "state", "name": "name or id"}
        return {label: self.data[name] for name, label in shown.items() if self.data.get(name)}

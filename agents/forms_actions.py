"""The forms of an action: its own, that of a secret, and the one in which arguments are typed to try it out."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms

from agents.actions import arguments, template
from agents.admin_parts import SecretField
from agents.models import Action, ActionSecret

SCHEMA_EXAMPLE = '{"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}'
PREFIX = "argument_"


class ActionForm(forms.ModelForm[Action]):
    class Meta:
        model = Action
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets say which

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("query", "headers", "body", "arguments"):
            if name in self.fields:
                self.fields[name].widget = forms.Textarea(attrs={"rows": 5, "spellcheck": "false"})
        if "arguments" in self.fields:
            self.fields["arguments"].widget.attrs["placeholder"] = SCHEMA_EXAMPLE

    def clean_query(self) -> Any:
        return self.cleaned_data["query"] or {}

    def clean_headers(self) -> Any:
        return self.cleaned_data["headers"] or {}

    def clean_arguments(self) -> Any:
        return self.cleaned_data["arguments"] or {}


class ActionSecretForm(forms.ModelForm[ActionSecret]):
    """A secret for `{{secrets.name}}` in headers. It is kept for the address that the action has when it is entered."""

    value = SecretField(label="Value")

    class Meta:
        model = ActionSecret
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "value" in self.fields and self.instance.pk:
            help_text = "" if self.instance.fits else f"Enter it again: it was kept for {self.instance.origin}."
            kept_since = self.instance.updated_at
            self.fields["value"] = SecretField(label="Value", kept_since=kept_since, help_text=help_text)

    def clean_value(self) -> str:
        value = str(self.cleaned_data["value"])
        if not value and not self.instance.pk:
            raise forms.ValidationError("This is needed.")
        return value

    def save(self, commit: bool = True) -> ActionSecret:
        if value := self.cleaned_data.get("value"):
            self.instance.value = value
            # Asked for anew: the address may just have been saved, together with this.
            url = Action.objects.values_list("url", flat=True).get(pk=self.instance.action_id)
            self.instance.origin = template.origin(url)
        return super().save(commit)


class TryForm(forms.Form):
    """One field for each argument, by its schema. What is left empty isn't given."""

    def __init__(self, action: Action, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.action = action
        schema: Mapping[str, Any] = action.arguments
        needed = arguments.needed(schema)
        for name, about in schema.get("properties", {}).items():
            self.fields[PREFIX + name] = _field(name, about if isinstance(about, dict) else {}, name in needed)
        if action.kind == Action.Kind.WRITING:
            self.fields["confirm"] = forms.BooleanField(label="Really do it: this action changes something")

    def values(self) -> dict[str, Any]:
        """The arguments as typed in."""
        names = [name for name in self.fields if name.startswith(PREFIX)]
        given = {name.removeprefix(PREFIX): self.cleaned_data.get(name) for name in names}
        kinds = {name: _kind(about) for name, about in self.action.arguments.get("properties", {}).items()}
        return {
            name: value == "true" if kinds.get(name) == "boolean" else value
            for name, value in given.items()
            if value not in (None, "")
        }


def _kind(about: Any) -> str:
    kind = about.get("type") if isinstance(about, dict) else None
    return kind if isinstance(kind, str) and "enum" not in about else ""


def _field(name: str, about: Mapping[str, Any], needed: bool) -> forms.Field:
    given: dict[str, Any] = {"label": name, "required": needed, "help_text": str(about.get("description", ""))}
    choices = about.get("enum")
    if isinstance(choices, list) and all(isinstance(each, str) for each in choices):
        return forms.ChoiceField(choices=[("", "—"), *((each, each) for each in choices)], **given)
    kind = _kind(about)
    if kind == "string":
        return forms.CharField(max_length=arguments.LONGEST, **given)
    if kind == "integer":
        return forms.IntegerField(**given)
    if kind == "number":
        return forms.FloatField(**given)
    if kind == "boolean":
        return forms.ChoiceField(choices=[("", "—"), ("true", "yes"), ("false", "no")], **given)
    given["help_text"] = f"{given['help_text']} JSON, like {json.dumps(about.get('examples', ['…'])[:1])}.".strip()
    return forms.JSONField(widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}), **given)

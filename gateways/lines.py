"""A short list of texts in one column: a line for each in admin, a JSON list in the API."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

MOST_LINES = 200
LONGEST_LINE = 200


def check_lines(value: object) -> None:
    if not isinstance(value, list) or any(not isinstance(line, str) or not line.strip() for line in value):
        raise ValidationError("Give a list of texts, none of them empty.")
    if len(value) > MOST_LINES or any(len(line) > LONGEST_LINE for line in value):
        raise ValidationError(f"Give at most {MOST_LINES} texts of at most {LONGEST_LINE} characters each.")


class LinesFormField(forms.CharField):
    """A text area with one entry per line."""

    widget = forms.Textarea

    def __init__(self, **given: Any) -> None:
        given = {name: given[name] for name in ("label", "help_text", "initial", "required") if name in given}
        super().__init__(**given)
        self.widget.attrs |= {"rows": 2, "spellcheck": "false"}

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = value if isinstance(value, list) else str(value or "").splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))

    def validate(self, value: Any) -> None:
        """An empty list is fine; the column's own validators look at the rest."""

    def run_validators(self, value: Any) -> None:
        check_lines(value)


class LinesField(models.JSONField):
    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **{"default": list, "blank": True, "validators": [check_lines], **given})

    def formfield(self, **given: Any) -> Any:
        return LinesFormField(label=self.verbose_name.capitalize(), help_text=self.help_text, required=False)

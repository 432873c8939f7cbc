"""The form of one engine of an agent: options as JSON, checked as the engine says, and a secret that only goes in."""

from dataclasses import MISSING
from typing import Any

from django import forms

from agents.admin_parts import SecretField
from agents.config import default_of, kind_of, options
from agents.engines.registry import ENGINES, engine
from agents.models import EngineSetting

ADDRESSES = ("base_url", "url")  # options that say where the secret is sent


class EngineSettingForm(forms.ModelForm[EngineSetting]):
    engine = forms.ChoiceField(choices=lambda: [(name, engine(name).label) for name in sorted(ENGINES)])
    options = forms.JSONField(required=False, widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}))
    secret = SecretField(label="Key or signing secret")
    remove_secret = forms.BooleanField(label="Remove the secret", required=False)

    class Meta:
        model = EngineSetting
        fields = ("position", "engine", "options", "secret")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before_secret = self.instance.secret
        self.before = (self.instance.engine, _address(self.instance.options))
        kept_since = self.instance.updated_at if self.instance.secret != "" else None
        self.fields["secret"] = SecretField(label="Key or signing secret", kept_since=kept_since)
        self.fields["options"].help_text = " ".join(filter(None, map(_described, sorted(ENGINES))))

    def clean_options(self) -> Any:
        return self.cleaned_data["options"] or {}

    def clean_secret(self) -> str:
        return str(self.cleaned_data["secret"] or self.instance.secret)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("remove_secret"):
            data["secret"] = ""
        elif self.before_secret != "" and "secret" not in self.changed_data and self._goes_elsewhere(data):
            self.add_error("secret", "Enter it again: it was kept for another engine or address.")
        return data

    def _goes_elsewhere(self, data: dict[str, Any]) -> bool:
        """Whoever may change an address must not get the secret sent there without knowing it."""
        return self.before != (data.get("engine"), _address(data.get("options")))


def _address(values: Any) -> list[Any]:
    return [values.get(name) for name in ADDRESSES] if isinstance(values, dict) else []


def _described(name: str) -> str:
    """The options of the engine called so, as one sentence; "" when it has none."""
    shown = [
        f"{field.name} ({'needed' if default_of(field) is MISSING else default_of(field) or kind_of(field).__name__})"
        for field in options(engine(name).Config)
        if not field.metadata["secret"]
    ]
    return f"{engine(name).label}: {', '.join(shown)}." if shown else ""

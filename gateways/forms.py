"""Forms made from an adapter's typed Config: one field per option, and secrets that only go in."""

from collections.abc import Mapping
from dataclasses import MISSING, Field
from typing import Any

from django import forms

from agents.admin_parts import SecretField
from agents.models import Agent
from gateways import config
from gateways.errors import ConfigError
from gateways.models import Gateway, Hours, Secret
from gateways.registry import ADAPTERS
from gateways.schedule import WEEKDAYS

OPTION = "option_"
RENEW = "renew_"
REMOVE = "remove_"


class GatewayForm(forms.ModelForm[Gateway]):
    """What all platforms have in common; also the whole form for a new gateway."""

    platform = forms.ChoiceField(choices=lambda: sorted((name, kind.label) for name, kind in ADAPTERS.items()))

    class Meta:
        model = Gateway
        fields = ("name", "agent", "mode")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agent = self.fields.get("agent")
        if isinstance(agent, forms.ModelChoiceField) and not self.instance.pk:
            agent.initial = Agent.objects.values_list("pk", flat=True).first()


class HoursForm(forms.ModelForm[Hours]):
    """A row of the schedule, with its weekdays as boxes to tick."""

    days = forms.MultipleChoiceField(
        choices=[(day, day.capitalize()) for day in WEEKDAYS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None for a holiday, which has dates.",
    )

    class Meta:
        model = Hours
        fields = ("what", "days", "first_date", "last_date", "starts", "ends")


class OptionsForm(GatewayForm):
    """A gateway with the options of its platform. Made by `options_form`, which adds one field per option."""

    kind: Any
    kept: dict[str, Secret]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        values = self._values(data)
        try:
            config.load(self.kind.Config, values)
        except ConfigError as error:
            for name, text in error.errors.items():
                self.add_error(OPTION + name if OPTION + name in self.fields else None, text)
        secret = config.secret_names(self.kind.Config)
        self.instance.config = {name: value for name, value in values.items() if name not in secret}
        return data

    def _values(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The options as they will be: what was entered, and for empty secrets what is kept or will be made."""
        values: dict[str, Any] = {}
        for field in config.options(self.kind.Config):
            value = data.get(OPTION + field.name)
            if field.metadata["secret"] and not value and not data.get(REMOVE + field.name):
                kept = self.kept.get(field.name)
                generate = field.metadata["generate"]
                value = kept.value if kept else generate() if generate else None
            if value not in (None, "", {}):
                values[field.name] = value
        return values

    def store_secrets(self) -> dict[str, str]:
        """Store what was entered, make what was asked for or is missing. Returns the made ones, by label."""
        made: dict[str, str] = {}
        for field in config.options(self.kind.Config):
            if not field.metadata["secret"]:
                continue
            if self.cleaned_data.get(REMOVE + field.name):
                self.instance.secrets.filter(name=field.name).delete()
                continue
            entered = self.cleaned_data.get(OPTION + field.name)
            generate = field.metadata["generate"]
            wanted = self.cleaned_data.get(RENEW + field.name) or field.name not in self.kept
            if entered:
                keep_secret(self.instance, field.name, entered)
            elif generate and wanted:
                made[field.metadata["label"]] = keep_secret(self.instance, field.name, generate())
        return made


def options_form(gateway: Gateway) -> type[OptionsForm]:
    """The form class for an existing gateway."""
    about = {"kind": ADAPTERS[gateway.platform], "kept": _kept(gateway), "platform": None}
    return type("OptionsForm", (OptionsForm,), {**about, **option_fields(gateway)})


def option_fields(gateway: Gateway) -> dict[str, forms.Field]:
    """The form's fields for the options of the gateway's platform, in the order of its Config."""
    kind = ADAPTERS.get(gateway.platform)
    kept = _kept(gateway)
    fields: dict[str, forms.Field] = {}
    for field in config.options(kind.Config) if kind else ():
        fields |= _form_fields(field, gateway.config, kept.get(field.name))
    return fields


def _kept(gateway: Gateway) -> dict[str, Secret]:
    return {secret.name: secret for secret in gateway.secrets.all()}


def make_missing_secrets(gateway: Gateway) -> dict[str, str]:
    """Make those secrets of a new gateway that can be made. Returns them by label: the one time to show them."""
    have = set(gateway.secrets.values_list("name", flat=True))
    kind = ADAPTERS[gateway.platform].Config
    labels = {field.name: field.metadata["label"] for field in config.options(kind)}
    return {
        labels[name]: keep_secret(gateway, name, make())
        for name, make in config.makers(kind).items()
        if name not in have
    }


def keep_secret(gateway: Gateway, name: str, value: str) -> str:
    Secret.objects.update_or_create(gateway=gateway, name=name, defaults={"value": value, "issued": False})
    return value


def _form_fields(field: Field[Any], values: Mapping[str, Any], kept: Secret | None) -> dict[str, forms.Field]:
    """The option's own field, and for a secret the box beside it: make a new one, or do without it."""
    meta = field.metadata
    if not meta["secret"]:
        return {OPTION + field.name: _plain_field(field, values)}
    fields: dict[str, forms.Field] = {
        OPTION + field.name: SecretField(
            label=meta["label"],
            help_text=meta["help"],
            kept_since=kept.updated_at if kept else None,
            multiline=meta["multiline"],
        )
    }
    if meta["generate"]:
        fields[RENEW + field.name] = forms.BooleanField(
            label=f"Make a new {meta['label'].lower()}",
            required=False,
            help_text="The one in use stops working when you save. The new one is shown once.",
        )
    elif kept and config.default_of(field) is not MISSING:
        fields[REMOVE + field.name] = forms.BooleanField(label=f"Remove the {meta['label'].lower()}", required=False)
    return fields


def _plain_field(field: Field[Any], values: Mapping[str, Any]) -> forms.Field:
    meta = field.metadata
    kind = config.kind_of(field)
    default = config.default_of(field)
    given: dict[str, Any] = {
        "label": meta["label"],
        "help_text": meta["help"],
        "required": False,  # `config.load` says what is missing, in the same words as the API
        "initial": values.get(field.name, None if default is MISSING else default),
    }
    if meta["choices"]:
        return forms.ChoiceField(choices=[(choice, choice) for choice in meta["choices"]], **given)
    if kind is bool:
        return forms.BooleanField(**given)
    if kind is int:
        return forms.IntegerField(**given)
    if kind is float:
        return forms.FloatField(**given)
    if kind is dict:
        return forms.JSONField(widget=forms.Textarea(attrs={"rows": 5}), **given)
    if meta["multiline"]:
        return forms.CharField(widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}), strip=False, **given)
    return forms.CharField(widget=forms.TextInput(attrs={"class": "vTextField"}), **given)


class NamedSecretForm(forms.ModelForm[Secret]):
    """A secret under a name of the operator's own, for `{{secrets.name}}` in the platform's options."""

    value = SecretField(label="Value")

    class Meta:
        model = Secret
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "value" in self.fields:
            kept_since = self.instance.updated_at if self.instance.pk else None
            self.fields["value"] = SecretField(label="Value", kept_since=kept_since)

    def clean_value(self) -> str:
        if value := str(self.cleaned_data["value"]):
            return value
        if not self.instance.pk:
            raise forms.ValidationError("This is needed.")
        return str(self.instance.value)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        kind = ADAPTERS.get(self.instance.gateway.platform)
        if kind and name in config.secret_names(kind.Config):
            raise forms.ValidationError("This name belongs to one of the options above. Set it there.")
        return name

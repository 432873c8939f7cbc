from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError as DjangoError
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agents.api.fields import Strict, StrictModel
from gateways.api import options, scope_fields
from gateways.models import Gateway, Hours, Secret
from gateways.registry import ADAPTERS
from gateways.schedule import WEEKDAYS


class SecretNameSerializer(serializers.ModelSerializer[Secret]):
    """A secret that is set. Its value is never shown."""

    name = serializers.CharField(read_only=True)

    class Meta:
        model = Secret
        fields = ("name", "updated_at")
        read_only_fields = fields


class HoursSerializer(StrictModel[Hours]):
    """A row of the schedule: on these days, or dates, from–to."""

    what = serializers.ChoiceField(
        choices=Hours.What.choices, help_text="A mode, or whether people are there to take conversations over."
    )
    days = serializers.ListField(
        child=serializers.ChoiceField(choices=[(day, day) for day in WEEKDAYS]),
        required=False,
        help_text="Weekdays; none for a holiday, which has dates.",
    )

    class Meta:
        model = Hours
        fields = ("what", "days", "first_date", "last_date", "starts", "ends")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            Hours(**attrs).clean()
        except DjangoError as error:
            raise serializers.ValidationError(serializers.as_serializer_error(error)) from error
        return attrs


class GatewaySerializer(scope_fields.ScopeFields, StrictModel[Gateway]):
    """One configured account on one platform."""

    platform = serializers.ChoiceField(
        choices=[(name, kind.label) for name, kind in sorted(ADAPTERS.items())],
        read_only=True,
        help_text="Set when the gateway is made, and never changed.",
    )
    config = serializers.DictField(
        required=False,
        help_text="The platform's own options, without its secrets. Always the whole set: what is left out is unset.",
    )
    secrets = serializers.DictField(
        child=serializers.CharField(max_length=10_000, trim_whitespace=False, allow_null=True),
        required=False,
        write_only=True,
        help_text="The platform's secrets, by name, and others that its options refer to. Only those named here "
        "change; null removes one. Never shown.",
    )
    secret_names = SecretNameSerializer(
        many=True, read_only=True, source="given_secrets", help_text="The secrets that are set."
    )
    schedule = HoursSerializer(
        many=True,
        required=False,
        source="hours",
        help_text="Which mode counts at which hours, and when people are there. The first row that fits counts. "
        "Always the whole of it.",
    )
    authorized = serializers.SerializerMethodField(
        help_text="Whether the platform lets us in because an operator pressed “Connect with …”."
    )
    tokens_expire_at = serializers.SerializerMethodField(
        help_text="Until when it does. That is renewed ahead of time; null where it has no end or was never granted."
    )
    webhook_url = serializers.SerializerMethodField(help_text="The address that the platform sends its webhooks to.")

    class Meta:
        model = Gateway
        fields = (
            "id",
            "agent",
            "platform",
            "name",
            "mode",
            "scheduled",
            "time_zone",
            "schedule",
            "config",
            "secrets",
            "secret_names",
            "webhook_url",
            "authorized",
            "tokens_expire_at",
            *scope_fields.WRITABLE,
            *scope_fields.READ_ONLY,
            "status",
            "status_detail",
            "burst_window",
            "longest_wait",
            "first_delay",
            "later_delay",
            "thinking_after",
            "offer_minutes",
            "on_silence",
            "on_unknown",
            "command_names",
            "team_language",
            "notes_as_context",
            "status_after_answer",
            "status_at_handover",
            "status_at_close",
            "widget_origins",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("agent", "status", "status_detail", *scope_fields.READ_ONLY)
        extra_kwargs = {"status_detail": {"help_text": "What is wrong, where the status isn't `ok`."}}

    @extend_schema_field(serializers.URLField())
    def get_webhook_url(self, gateway: Gateway) -> str:
        return f"{settings.PUBLIC_URL}{reverse('webhook', args=[gateway.public_id])}"

    def get_authorized(self, gateway: Gateway) -> bool:
        return hasattr(gateway, "authorization") and gateway.authorization.stands

    def get_tokens_expire_at(self, gateway: Gateway) -> datetime | None:
        return gateway.authorization.expires_at if self.get_authorized(gateway) else None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is not None and attrs.keys() & {"config", "secrets"}:
            kept = {secret.name: secret.value for secret in self.instance.secrets.all()}
            secrets = {**kept, **attrs.get("secrets", {})}
            options.check(
                ADAPTERS[self.instance.platform],
                attrs.get("config", self.instance.config),
                {name: value for name, value in secrets.items() if value is not None},
            )
        return attrs

    def update(self, instance: Gateway, validated_data: dict[str, Any]) -> Gateway:
        secrets, points = validated_data.pop("secrets", {}), validated_data.pop("managing_points", None)
        hours = validated_data.pop("hours", None)
        was_active = instance.is_active
        super().update(instance, validated_data)
        scope_fields.keep_points(instance, points, was_active)
        scope_fields.keep_teammate(instance, validated_data)
        _follow(instance, hours)
        _keep(instance, secrets)
        return instance


class GatewayCreationSerializer(GatewaySerializer):
    """A new gateway, and, this once, the secrets that were made for it."""

    platform = serializers.ChoiceField(choices=[(name, kind.label) for name, kind in sorted(ADAPTERS.items())])
    managing_points = scope_fields.Points(
        read_only=True, help_text="None yet: the destinations of a new gateway have to be read first."
    )
    generated_secrets = serializers.SerializerMethodField(
        help_text="The secrets that you gave none for and that were made for you. Keep them: they aren't shown again."
    )

    class Meta(GatewaySerializer.Meta):
        fields = (*GatewaySerializer.Meta.fields, "generated_secrets")  # type: ignore[assignment]  # one longer

    def get_generated_secrets(self, gateway: Gateway) -> dict[str, str]:
        return self.generated

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind = ADAPTERS[attrs["platform"]]
        given = {name: value for name, value in attrs.pop("secrets", {}).items() if value is not None}
        self.generated = options.generate(kind, given)
        attrs["secrets"] = {**given, **self.generated}
        options.check(kind, attrs.get("config", {}), attrs["secrets"])
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Gateway:
        secrets = validated_data.pop("secrets")
        hours = validated_data.pop("hours", None)
        gateway = Gateway.objects.create(**validated_data)
        _follow(gateway, hours)
        _keep(gateway, secrets)
        return gateway


class CheckSerializer(Strict):
    """What "test connection" found."""

    ok = serializers.BooleanField()
    message = serializers.CharField(help_text="One sentence for operators.")


class AuthorizationSerializer(Strict):
    """Where to send a person so that a platform lets us in."""

    address = serializers.URLField(help_text="The platform's; open it in the browser that is signed in here.")
    redirect_address = serializers.URLField(help_text="Where the platform sends them back to: to be entered there.")


def _follow(gateway: Gateway, hours: list[dict[str, Any]] | None) -> None:
    """The schedule as it is from now on; None leaves it."""
    if hours is None:
        return
    gateway.hours.all().delete()
    Hours.objects.bulk_create(Hours(gateway=gateway, **row) for row in hours)


def _keep(gateway: Gateway, secrets: dict[str, str | None]) -> None:
    for name, value in secrets.items():
        if value is None:
            gateway.secrets.filter(name=name).delete()
        else:
            gateway.secrets.update_or_create(name=name, defaults={"value": value, "issued": False})

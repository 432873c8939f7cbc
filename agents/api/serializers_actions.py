from typing import Any

from django.core.exceptions import ValidationError as ModelError
from rest_framework import serializers

from agents.api.fields import StrictModel
from agents.models import Action, ActionSecret
from agents.models_actions import keep_secret, problems


class ActionSecretNameSerializer(serializers.ModelSerializer[ActionSecret]):
    """A secret that is set. Its value is never shown."""

    name = serializers.CharField(read_only=True)

    class Meta:
        model = ActionSecret
        fields = ("name", "origin", "updated_at")
        read_only_fields = fields


class ActionSerializer(StrictModel[Action]):
    """A public HTTP API as a tool of the agent."""

    method = serializers.ChoiceField(choices=Action.Method.values, default=Action.Method.GET.value)
    query = serializers.DictField(required=False, help_text="Names and values, in which {argument} stands for one.")
    headers = serializers.DictField(
        child=serializers.CharField(), required=False, help_text="Names and values, with {{secrets.name}}."
    )
    body = serializers.JSONField(
        required=False, allow_null=True, help_text="JSON in which “{argument}” stands for one; null for no body."
    )
    arguments = serializers.DictField(required=False, help_text="A JSON Schema of the type “object”.")
    outputs = serializers.ListField(
        child=serializers.CharField(max_length=500),
        required=False,
        help_text="JSON pointers to what may be shown of the answer; `*` is every item of a list, `/` all of it.",
    )
    secrets = serializers.DictField(
        child=serializers.CharField(max_length=10_000, trim_whitespace=False, allow_null=True),
        required=False,
        write_only=True,
        help_text="Secrets for headers, by name, kept for the host of the URL. Only those named here change; null "
        "removes one. Never shown.",
    )
    secret_names = ActionSecretNameSerializer(
        many=True, read_only=True, source="secrets", help_text="The secrets that are set."
    )

    class Meta:
        model = Action
        fields = (
            "id",
            "agent",
            "name",
            "slug",
            "description",
            "kind",
            "run",
            "everywhere",
            "method",
            "url",
            "query",
            "body",
            "headers",
            "arguments",
            "outputs",
            "seconds",
            "is_active",
            "secrets",
            "secret_names",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("agent",)
        extra_kwargs = {"seconds": {"min_value": 1, "max_value": 180}}

    def validate_secrets(self, value: dict[str, str | None]) -> dict[str, str | None]:
        for name in value:
            try:
                ActionSecret._meta.get_field("name").clean(name, None)
            except ModelError:
                text = "Name a secret with up to 60 letters, digits, hyphens and underscores."
                raise serializers.ValidationError({name: text}) from None
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in attrs.items() if name != "secrets"}
        if self.instance is None:
            whole = Action(**given)
        else:
            names = (field.name for field in Action._meta.concrete_fields)
            kept = {name: getattr(self.instance, name) for name in names}
            whole = Action(**{**kept, **given})
        if found := problems(whole):
            raise serializers.ValidationError(found)
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Action:
        secrets = validated_data.pop("secrets", {})
        action = Action.objects.create(**validated_data)
        _keep(action, secrets)
        return action

    def update(self, instance: Action, validated_data: dict[str, Any]) -> Action:
        secrets = validated_data.pop("secrets", {})
        super().update(instance, validated_data)
        _keep(instance, secrets)
        return instance


def _keep(action: Action, secrets: dict[str, str | None]) -> None:
    for name, value in secrets.items():
        keep_secret(action, name, value)

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery


def fill(apps, schema_editor):
    """Every row's gateway is its conversation's."""
    conversations = apps.get_model("conversations", "Conversation").objects.filter(pk=OuterRef("conversation"))
    for name in ("Turn", "Delivery"):
        rows = apps.get_model("conversations", name).objects
        rows.update(gateway=Subquery(conversations.values("gateway")[:1]))


def gateway(**options):
    cascade = django.db.models.deletion.CASCADE
    return models.ForeignKey(editable=False, on_delete=cascade, related_name="+", to="gateways.gateway", **options)


class Migration(migrations.Migration):
    dependencies = [("conversations", "0001_initial"), ("gateways", "0002_rate_limit")]
    atomic = False  # PostgreSQL won't change a table that has been filled in the same transaction

    operations = [
        migrations.RemoveIndex("turn", "turn_due"),
        migrations.RemoveIndex("delivery", "delivery_due"),
        migrations.AddField("turn", "gateway", gateway(null=True)),
        migrations.AddField("delivery", "gateway", gateway(null=True)),
        migrations.AddField(
            "delivery",
            "priority",
            models.PositiveSmallIntegerField(
                default=1,
                help_text="Of two conversations that wait, the lower goes first: words to customers before the rest.",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("turn", "gateway", gateway()),
        migrations.AlterField("delivery", "gateway", gateway()),
        migrations.AlterField(
            "attempt", "at", models.DateTimeField(default=django.utils.timezone.now, help_text="When it ended.")
        ),
        migrations.AddIndex(
            "turn", models.Index(condition=~Q(state="done"), fields=["gateway", "due_at"], name="turn_due")
        ),
        migrations.AddIndex(
            "delivery",
            models.Index(
                condition=Q(status__in=("pending", "sending")),
                fields=["gateway", "priority", "due_at"],
                name="delivery_due",
            ),
        ),
    ]

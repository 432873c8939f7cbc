import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    """Every timer's gateway is its turn's."""
    turns = apps.get_model("conversations", "Turn").objects.filter(pk=OuterRef("turn"))
    apps.get_model("conversations", "Timer").objects.update(gateway=Subquery(turns.values("gateway")[:1]))


def gateway(**options):
    cascade = django.db.models.deletion.CASCADE
    bare = {"db_index": False, "db_constraint": False}
    return models.ForeignKey(
        editable=False, on_delete=cascade, related_name="+", to="gateways.gateway", **bare, **options
    )


class Migration(migrations.Migration):
    dependencies = [("conversations", "0016_background_and_solved")]
    atomic = False  # PostgreSQL won't change a table that has been filled in the same transaction

    operations = [
        migrations.AddField("timer", "gateway", gateway(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("timer", "gateway", gateway()),
        migrations.AddIndex("timer", models.Index(fields=["gateway", "due_at"], name="timer_due")),
    ]

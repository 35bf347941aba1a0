"""The version that each config has today, as the first row of its history."""

from django.db import migrations


def record(apps, schema_editor):
    versions = apps.get_model("optimizer_app", "ConfigVersion")
    for config in apps.get_model("optimizer_app", "OptimizationConfig").objects.all():
        versions.objects.create(
            config=config, number=config.version, preset=config.preset, fields=config.fields
        )


class Migration(migrations.Migration):

    dependencies = [
        ('optimizer_app', '0011_config_versions'),
    ]

    operations = [migrations.RunPython(record, migrations.RunPython.noop)]

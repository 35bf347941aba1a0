from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('optimizer_app', '0007_provider_stream_usage'),
    ]

    operations = [
        migrations.AddField(
            model_name='document',
            name='left_out',
            field=models.JSONField(blank=True, default=list),
        ),
    ]

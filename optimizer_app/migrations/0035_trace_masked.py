from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('optimizer_app', '0034_why_not'),
    ]

    operations = [
        migrations.AddField(
            model_name='requesttrace',
            name='masked',
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]

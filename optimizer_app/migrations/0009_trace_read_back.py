from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('optimizer_app', '0008_document_left_out'),
    ]

    operations = [
        migrations.AddField(
            model_name='requesttrace',
            name='provider_calls',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='requesttrace',
            name='read_back_usd',
            field=models.DecimalField(decimal_places=9, max_digits=16, null=True),
        ),
        migrations.AddField(
            model_name='requesttrace',
            name='read_backs',
            field=models.JSONField(default=list),
        ),
    ]

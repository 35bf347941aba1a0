from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('optimizer_app', '0009_trace_read_back'),
    ]

    operations = [
        migrations.AddField(
            model_name='requesttrace',
            name='re_reads',
            field=models.JSONField(default=list),
        ),
    ]

from django.db import migrations, models


# Traces that are there are rolled up anew. The time stands in the first 48 bits of an id.
MARK_ALL = """
INSERT INTO optimizer_app_rollupmark (start)
SELECT DISTINCT to_timestamp(
  floor(('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint / 1000 / 900) * 900
) FROM optimizer_app_requesttrace
"""


class Migration(migrations.Migration):

    dependencies = [
        ('optimizer_app', '0023_saved_views'),
    ]

    operations = [
        migrations.AddField(
            model_name='tracerollup',
            name='provider',
            field=models.CharField(db_default='', default='', max_length=60),
        ),
        migrations.RunSQL(MARK_ALL, migrations.RunSQL.noop),
    ]

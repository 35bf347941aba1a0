"""Renames what was named after "ahead", with its data."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('optimizer_app', '0005_compressions'),
    ]

    operations = [
        migrations.RenameModel('AheadCompression', 'Precompression'),
        migrations.RenameModel('AheadHour', 'PrecompressionHour'),
        migrations.RenameField('PrecompressionHour', 'stays', 'unusable'),
        migrations.AlterField(
            model_name='precompression',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='precompressions', to='optimizer_app.project'),
        ),
        migrations.AlterField(
            model_name='precompressionhour',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='precompression_hours', to='optimizer_app.project'),
        ),
        migrations.RenameIndex(
            model_name='precompression',
            old_name='compression_newest_first',
            new_name='precompression_newest_first',
        ),
        migrations.RenameIndex(
            model_name='precompression',
            old_name='compression_unfinished',
            new_name='precompression_unfinished',
        ),
        migrations.RemoveConstraint(model_name='precompression', name='compression_once_a_project'),
        migrations.AddConstraint(
            model_name='precompression',
            constraint=models.UniqueConstraint(fields=('project', 'key'), name='precompression_once_a_project'),
        ),
        migrations.RemoveConstraint(model_name='precompressionhour', name='ahead_hour_once_a_project'),
        migrations.AddConstraint(
            model_name='precompressionhour',
            constraint=models.UniqueConstraint(fields=('project', 'hour'), name='precompression_hour_once'),
        ),
    ]

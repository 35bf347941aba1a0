"""The tables of stored blocks and their embeddings, as the library defines them."""

from django.db import migrations

from token_optimizer.storage.schema import DROP_SQL, SCHEMA_SQL


class Migration(migrations.Migration):
    dependencies = [("optimizer_app", "0001_initial")]
    operations = [migrations.RunSQL(SCHEMA_SQL, DROP_SQL)]

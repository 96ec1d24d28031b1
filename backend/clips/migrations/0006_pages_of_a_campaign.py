"""Page through a campaign's clips by one index, which serves the key to the campaign too."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_spoken_prompts"),
        ("clips", "0005_prompt_reports"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="clip",
            index=models.Index(fields=["campaign", "-id"], name="clip_of_campaign"),
        ),
        migrations.AlterField(
            model_name="clip",
            name="campaign",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="campaigns.campaign",
            ),
        ),
    ]

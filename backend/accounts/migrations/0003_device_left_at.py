from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_device_reports")]

    operations = [
        migrations.AddField(
            model_name="device",
            name="left_at",
            field=models.DateTimeField(blank=True, null=True),
        )
    ]

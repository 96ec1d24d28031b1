"""Tell phones what became of their clips before there was a feed."""

from django.db import migrations

CLIPS = """
INSERT INTO clips_change (campaign_id, collector_id, clip_id)
SELECT campaign_id, collector_id, id FROM clips_clip
WHERE state IN ('passed', 'review', 'rejected', 'accepted', 'withdrawn', 'annotating', 'disputed')
ORDER BY id
"""
SPEAKERS = """
INSERT INTO clips_change (campaign_id, collector_id, speaker_id)
SELECT campaign_id, collector_id, id FROM speakers_speaker
WHERE withdrawn_at IS NOT NULL
ORDER BY id
"""


class Migration(migrations.Migration):
    dependencies = [("clips", "0002_changes_for_phones")]

    operations = [
        migrations.RunSQL(CLIPS, migrations.RunSQL.noop),
        migrations.RunSQL(SPEAKERS, migrations.RunSQL.noop),
    ]

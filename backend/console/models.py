"""SignInTry: a try to sign in, kept for a day so that guessing can be stopped."""

from django.db import models


class SignInTry(models.Model):
    """One try; name and address only as keyed hashes, for they may be typed by mistake."""

    id = models.BigAutoField(primary_key=True)
    name_hash = models.CharField(max_length=64)
    address_hash = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["name_hash", "at"], name="sign_in_try_name")]

    def __str__(self) -> str:
        return str(self.id)

"""Serializer parts that every call shares: refuse unknown fields, digests, audio types."""

from typing import Any

from rest_framework import serializers

AUDIO_TYPES = ("audio/flac", "audio/wav", "audio/webm", "audio/mp4", "audio/ogg")


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses fields it does not know: a misspelt field must not be lost."""

    def to_internal_value(self, data: Any) -> Any:
        """Validate; raises ValidationError naming each unknown field."""
        if isinstance(data, dict):
            unknown = set(data) - set(self.fields)
            if unknown:
                raise serializers.ValidationError(
                    {name: ["This field is not known."] for name in sorted(unknown)}
                )
        return super().to_internal_value(data)


class Sha256Field(serializers.RegexField):
    """A SHA-256 as 64 lower-case hexadecimal digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(regex=r"\A[0-9a-f]{64}\Z", **kwargs)


class MediaTypeField(serializers.ChoiceField):
    """One of some media types; parameters such as `;codecs=opus` are dropped before comparing."""

    def to_internal_value(self, data: Any) -> str:
        """Return the bare type."""
        bare = data.split(";")[0].strip().lower() if isinstance(data, str) else data
        return str(super().to_internal_value(bare))


class SmallObjectField(serializers.DictField):
    """A JSON object that is stored as it came, within a bound on its size (characters of JSON)."""

    def __init__(self, *, max_characters: int = 4000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_characters = max_characters

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the object; raises ValidationError when it is too large."""
        value: dict[str, Any] = super().to_internal_value(data)
        if len(str(value)) > self.max_characters:
            raise serializers.ValidationError(f"Larger than {self.max_characters} characters.")
        return value


class AudioTypeField(MediaTypeField):
    """An audio type we take."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=AUDIO_TYPES, **kwargs)

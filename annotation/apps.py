"""Names the annotation app to Django."""

from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    """Vendors, routes and answers."""

    name = "annotation"
    default_auto_field = "django.db.models.BigAutoField"

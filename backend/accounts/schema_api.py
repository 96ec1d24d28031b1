"""The OpenAPI document, as this very server answers it."""

from drf_spectacular.views import SpectacularAPIView

from backend import policy
from backend.accounts.permissions import Can


class SchemaView(SpectacularAPIView):
    """Public: it says what the calls are, nothing of what they hold."""

    verbs = {"GET": policy.PUBLIC}
    authentication_classes = ()
    permission_classes = (Can,)

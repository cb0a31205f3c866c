"""From settings to URLs: what is not set comes from the local stack of `FIELDOPS_HOME`."""

from fieldops import stack
from fieldops.errors import BadInput
from fieldops.process import Urls
from fieldops.settings import Settings


def service_urls(settings: Settings) -> Urls:
    """Return where the services are.

    Raises:
        Prerequisite: a URL is not set and the local stack is down.
        BadInput: of the broker's two URLs only one is set.
    """
    if (settings.mqtt_admin_url is None) != (settings.mqtt_ingest_url is None):
        raise BadInput("FIELDOPS_MQTT_ADMIN_URL and FIELDOPS_MQTT_INGEST_URL go together")
    given = (
        settings.postgres_url,
        settings.valkey_url,
        settings.mqtt_admin_url,
        settings.mqtt_ingest_url,
        settings.s3_url,
    )
    if all(given):
        return Urls(*(url or "" for url in given))
    local = stack.urls(settings.home)
    return Urls(
        postgres=settings.postgres_url or local.postgres,
        valkey=settings.valkey_url or local.valkey,
        mqtt_admin=settings.mqtt_admin_url or local.mqtt,
        mqtt_ingest=settings.mqtt_ingest_url or local.mqtt_ingest,
        s3=settings.s3_url or local.s3,
    )


def needs_local_stack(settings: Settings) -> bool:
    """Return whether any service is left to the local stack."""
    return not all(
        (settings.postgres_url, settings.valkey_url, settings.mqtt_admin_url, settings.s3_url)
    )

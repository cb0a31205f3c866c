"""Every setting, documented by its own field; `fieldops settings` prints this page.

Values come from `FIELDOPS_*` in the environment. A service URL left empty means the local stack of
`FIELDOPS_HOME`. No secret has a default: the stack generates them, or the operator injects them.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from fieldops.errors import BadInput, Problem

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FIELDOPS_", extra="ignore", frozen=True)

    home: Path = Field(
        PROJECT_ROOT / ".fieldops", description="Folder of the local stack: data, logs, secrets."
    )
    cache: Path | None = Field(
        None,
        description="Folder of the services' unpacked programs, which clones may share. "
        "Empty: in FIELDOPS_HOME.",
    )
    apt_mirror: str | None = Field(
        None, description="Debian mirror for those programs. Empty: the machine's apt sources."
    )

    postgres_url: str | None = Field(
        None,
        description="PostgreSQL 17 with TimescaleDB and PostGIS; a role that may create databases. "
        "Empty: the local stack's.",
    )
    control_database: str = Field("fieldops_control", description="Name of the control database.")
    valkey_url: str | None = Field(None, description="Valkey or Redis. Empty: the local stack's.")
    mqtt_admin_url: str | None = Field(
        None,
        description="mqtt://user:password@host:port of the broker's dynamic-security "
        "administrator. Empty: the local stack's.",
    )
    mqtt_ingest_url: str | None = Field(
        None, description="The same broker as the service user `ingest`. Empty: the local stack's."
    )
    mqtt_public_host: str | None = Field(
        None, description="Host told to devices, when it is not the one we connect to."
    )
    s3_url: str | None = Field(
        None, description="http(s)://access:secret@host:port. Empty: the local stack's."
    )
    s3_bucket_prefix: str = Field("fieldops-", description="A tenant's bucket is prefix + slug.")

    stack_postgres_port: int = Field(25432, description="Port of the local PostgreSQL.")
    stack_valkey_port: int = Field(26379, description="Port of the local Valkey.")
    stack_mqtt_port: int = Field(21883, description="Port of the local Mosquitto.")
    stack_s3_port: int = Field(28333, description="Port of the local SeaweedFS S3 gateway.")

    api_host: str = Field("127.0.0.1", description="Address the api listens on.")
    api_port: int = Field(8360, ge=0, le=65535, description="Port the api listens on.")
    metrics_port: int = Field(
        8361, ge=0, le=65535, description="Internal port of /metrics, /healthz, /readyz; 0: none."
    )
    web_dist: Path = Field(
        PROJECT_ROOT / "web" / "dist", description="Folder of the built web application."
    )
    tile_url: str | None = Field(
        None, description="Raster tiles for the map, https://…/{z}/{x}/{y}.png. Empty: own style."
    )

    access_token_s: int = Field(600, ge=30, le=3600, description="Life of an access token.")
    refresh_token_s: int = Field(2_592_000, ge=60, description="Life of a refresh token.")

    pool_max: int = Field(8, ge=2, description="Connections to one tenant's database, at most.")
    lease_s: float = Field(6.0, gt=1, description="Life of a tenant's lease without renewal.")
    batch_ms: int = Field(10, ge=1, le=1000, description="How long ingest gathers a batch.")
    batch_max: int = Field(
        20_000, ge=1, le=40_000, description="Fixes at which a batch ends, lone or of arrays."
    )
    receive_max: int = Field(
        40_000, ge=1, le=65_535, description="MQTT 5 Receive Maximum: unacknowledged messages."
    )
    held_bytes_max: int = Field(
        268_435_456,
        ge=16_777_216,
        description="Bytes received and not stored that a process of ingest holds, all tenants.",
    )
    live_tick_ms: int = Field(
        500, ge=100, le=5000, description="Positions go to a viewer once a tick, latest wins."
    )
    live_queue_max: int = Field(
        1000, ge=10, description="Events waiting for one viewer before it is closed with 1013."
    )
    dispatch_debounce_ms: int = Field(
        400, ge=0, le=60_000, description="Calm to wait for after an event before re-planning."
    )
    dispatch_seconds: float = Field(1.0, gt=0, le=60, description="Time a solve may take.")
    dispatch_workers: int = Field(1, ge=1, le=16, description="Solver processes.")
    offer_s: int = Field(600, ge=5, description="An unanswered offer returns to dispatch after.")
    offer_horizon_s: int = Field(
        7200, ge=0, description="Visits that start within this are offered; later ones wait."
    )

    roads_kind: Literal["great_circle", "osrm", "valhalla"] = Field(
        "great_circle",
        description="Travel times: an estimate that needs nothing, or a road service.",
    )
    roads_url: str | None = Field(
        None,
        description="http(s)://host:port of OSRM or Valhalla; file:///…/valhalla.json runs "
        "Valhalla in the process, with pyvalhalla installed.",
    )
    roads_timeout_s: float = Field(
        5.0, gt=0, le=60, description="For a whole matrix; then the estimate stands in."
    )
    roads_cache_cells: int = Field(
        1_000_000, ge=10_000, le=100_000_000, description="Drives remembered, 16 bytes each."
    )

    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="Logs.")
    log_format: str = Field(
        "auto", pattern="^(auto|json|pretty)$", description="auto: pretty on a terminal."
    )


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        BadInput: a FIELDOPS_* variable has a value outside its limits; names each.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = tuple(
            Problem(f"FIELDOPS_{str(e['loc'][0]).upper()}", f"{e['msg']} (got {e['input']!r})")
            for e in error.errors()
        )
        text = "; ".join(f"{p.pointer}: {p.message}" for p in problems)
        raise BadInput(text, problems=problems) from error

"""The roles a process may have; `all` is one machine's worth of them."""

from collections.abc import Iterable

from api.role import run_api
from dispatch.live.role import run_dispatch
from fieldops.errors import BadInput
from fieldops.process import Role
from geo.role import run_geo
from ingest.history.role import run_jobs
from ingest.role import run_ingest

ROLES: dict[str, Role] = {
    "ingest": run_ingest,
    "geo": run_geo,
    "dispatch": run_dispatch,
    "jobs": run_jobs,
    "api": run_api,
}


def chosen(names: Iterable[str]) -> dict[str, Role]:
    """Return the named roles, all of them for `all`.

    Raises:
        BadInput: no such role.
    """
    wanted = list(dict.fromkeys(names))
    if wanted == ["all"]:
        return ROLES
    unknown = [name for name in wanted if name not in ROLES]
    if unknown:
        raise BadInput(f"no role {unknown[0]!r}; there are {', '.join(ROLES)}, or all")
    return {name: ROLES[name] for name in wanted}

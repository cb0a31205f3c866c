"""The demo tenant: its database, its first two users, and the one password all its people share.

The password is made once and kept in `{home}/demo.json`, readable by its owner only.
"""

import json
import secrets
from dataclasses import dataclass

from fieldops.commands.opening import call
from fieldops.commands.users import add_user
from fieldops.database import sql
from fieldops.errors import Prerequisite
from fieldops.model import Profile
from fieldops.process import Process
from fieldops.settings import Settings
from identity.migrations import Migrated, migrate_all
from identity.passwords import Passwords
from identity.tenants import create_tenant
from identity.users import NewUser

TENANT = "elec-sud"
FIRST_USERS = (
    ("direction", "Denis Direction", Profile.MANAGER),
    ("admin", "Ada Administration", Profile.ADMIN),
)


@dataclass(frozen=True, slots=True)
class DemoAccess:
    """How to sign in to the demo tenant."""

    tenant: str
    password: str

    @property
    def logins(self) -> tuple[tuple[str, str], ...]:
        """(login, what it shows) of the people worth trying."""
        return (
            ("direction", "responsable : toute la carte"),
            ("conducteur", "chef de chantier : ses trois chantiers"),
            ("equipea", "chef de l'équipe A, sur téléphone : offres et visites"),
            ("admin", "administration : aucune position"),
        )


def demo_access(settings: Settings) -> DemoAccess:
    """Return the demo's access as it was prepared.

    Raises:
        Prerequisite: it was not.
    """
    try:
        return DemoAccess(**json.loads((settings.home / "demo.json").read_text()))
    except FileNotFoundError as error:
        raise Prerequisite("there is no demo tenant yet: run fieldops up") from error


def prepare_demo(settings: Settings) -> DemoAccess:
    """Bring databases up to date and make the demo tenant with its first users; idempotent."""
    access = _access(settings)
    call(lambda process: _prepare(process, access), name="fieldops-demo")
    return access


async def _prepare(process: Process, access: DemoAccess) -> None:
    await migrate_all(process, report=_fail_if_behind)
    tenant = await create_tenant(process, access.tenant, name="Élec Sud", country="FR")
    pool = await process.tenants.database(tenant.slug)
    known = {row["login"] for row in await pool.fetch(sql("identity", "list_logins"))}
    passwords = Passwords()
    for login, name, profile in FIRST_USERS:
        if login not in known:
            hashed = await passwords.hash(access.password)
            await add_user(process, tenant.slug, NewUser(login, name, profile, hashed))


def _fail_if_behind(done: Migrated) -> None:
    if done.outcome in ("failed", "newer"):
        raise Prerequisite(f"{done.name} is {done.outcome}: {done.reason}")


def _access(settings: Settings) -> DemoAccess:
    path = settings.home / "demo.json"
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        made = {"tenant": TENANT, "password": f"demo-{secrets.token_hex(5)}"}
        fresh.write_text(json.dumps(made))
        fresh.replace(path)
    return demo_access(settings)

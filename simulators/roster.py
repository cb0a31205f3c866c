"""Who and what the demo day is made of: a small electrical contractor around Lyon, seeded.

The same seed gives the same names, places and skills. People are invented.
"""

import random
from dataclasses import dataclass

Place = tuple[float, float]  # lon, lat, degrees

DEPOT: Place = (4.8702, 45.7312)  # Vénissieux
FIRST_NAMES = (
    "Amina",
    "Bruno",
    "Camille",
    "David",
    "Élodie",
    "Farid",
    "Gaëlle",
    "Hugo",
    "Inès",
    "Jules",
    "Karim",
    "Léa",
    "Mathis",
    "Nadia",
    "Omar",
    "Pauline",
    "Quentin",
    "Rachid",
    "Sofia",
    "Thomas",
    "Ursule",
    "Victor",
    "Wassim",
    "Yasmine",
)
LAST_NAMES = (
    "Aubert",
    "Benali",
    "Carrière",
    "Delmas",
    "Estève",
    "Faure",
    "Garnier",
    "Haddad",
    "Imbert",
    "Jourdan",
    "Kaci",
    "Lacroix",
    "Marchand",
    "Nguyen",
    "Oliveira",
    "Perrin",
    "Quéré",
    "Roche",
    "Sabatier",
    "Tissot",
    "Urbain",
    "Vidal",
    "Weber",
    "Ziani",
)
# Two of three crews may work near bare parts; the symbols are those of NF C 18-510.
SKILLS = ("BR", "BR", "H0V", "BR", "BC", "H0V", "BR", "BC")


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A chantier: its fence is a polygon of a few hundred metres around `center`."""

    code: str
    name: str
    address: str
    center: Place
    radius_m: float


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    employee_no: str
    name: str
    login: str
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VehiclePlan:
    plate: str
    label: str


@dataclass(frozen=True, slots=True)
class CrewPlan:
    """Three workers, the first is the lead."""

    name: str
    workers: tuple[WorkerPlan, ...]
    vehicle: VehiclePlan


@dataclass(frozen=True, slots=True)
class Roster:
    """Eight crews of three with a van each, and a ninth vehicle that goes silent."""

    crews: tuple[CrewPlan, ...]
    spare: VehiclePlan
    sites: tuple[SitePlan, ...]


SITES = (
    SitePlan(
        "LYO-CONFL",
        "Confluence, poste HTA",
        "Quai Perrache, Lyon 2e",
        (4.8180, 45.7405),
        140,
    ),
    SitePlan(
        "LYO-PARTD",
        "Part-Dieu, tour en réfection",
        "Rue Servient, Lyon 3e",
        (4.8560, 45.7612),
        110,
    ),
    SitePlan(
        "VLB-CARRE",
        "Carré de Soie, éclairage public",
        "Avenue des Canuts, Vaulx-en-Velin",
        (4.9231, 45.7625),
        160,
    ),
)


def roster(seed: int) -> Roster:
    """Return the demo's people and vehicles for a seed."""
    chance = random.Random(seed)
    firsts, lasts = chance.sample(FIRST_NAMES, 24), chance.sample(LAST_NAMES, 24)
    crews = []
    for n in range(8):
        name = chr(ord("A") + n)
        workers = tuple(
            WorkerPlan(
                employee_no=f"E{n * 3 + k + 1:03d}",
                name=f"{firsts[n * 3 + k]} {lasts[n * 3 + k]}",
                login=f"equipe{name.lower()}" if k == 0 else f"equipe{name.lower()}{k + 1}",
                skills=("B1V", SKILLS[n]) if k == 0 else ("B1V",),
            )
            for k in range(3)
        )
        vehicle = VehiclePlan(f"GA-{110 + n}-ES", f"Fourgon {name}")
        crews.append(CrewPlan(f"Équipe {name}", workers, vehicle))
    return Roster(tuple(crews), VehiclePlan("GA-190-ES", "Nacelle"), SITES)


@dataclass(frozen=True, slots=True)
class Job:
    """A task to come: `after_s` seconds of the simulated day."""

    after_s: float
    site: int
    title: str
    duration_s: int
    window_h: float
    priority: int
    skills: tuple[str, ...]


TITLES = (
    ("Raccordement d'un coffret", ("BR",)),
    ("Pose d'un candélabre", ()),
    ("Contrôle de terre", ("BC",)),
    ("Tirage de câble HTA", ("H0V",)),
    ("Remplacement d'un disjoncteur", ("BR",)),
    ("Dépannage éclairage", ()),
    ("Consignation d'un départ", ("BC",)),
    ("Mesures avant mise en service", ("BR",)),
)


def jobs(seed: int, *, day_s: float, opening: int = 9, every_s: float = 900.0) -> list[Job]:
    """Return the day's tasks: `opening` at once, then one about every `every_s`, by time."""
    chance = random.Random(seed + 1)
    moments = [0.0] * opening
    at = 0.0
    while (at := at + chance.uniform(0.5, 1.5) * every_s) < day_s - 3600:
        moments.append(at)
    found = []
    for moment in moments:
        title, skills = chance.choice(TITLES)
        found.append(
            Job(
                after_s=moment,
                site=chance.randrange(len(SITES)),
                title=title,
                duration_s=chance.choice((1200, 1800, 2700, 3600)),
                window_h=chance.choice((2.0, 3.0, 4.0)),
                priority=chance.choice((1, 2, 3, 3, 3, 4)),
                skills=skills,
            )
        )
    return found

"""What a person is entitled to do, between two instants, and when one title covers another.

The one idea: nothing is implied that is not declared. A title covers an identical one, and what an
`Inclusion` says it covers. French electrical symbols (NF C 18-510) are compared field by field:
"l'absence d'une indication a valeur d'interdiction", a B2 is not a BR; the norm's own inclusion,
R covers S at the same voltage domain and letters, is the only built-in one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from dispatch.problem.checks import check_range, check_validity
from fieldops.errors import BadInput

ELECTRICAL = "electrical"

# Domain (low, high voltage), kind, letter (live, near, cleaning, special), attribute.
_SYMBOL = re.compile(
    r"(?P<domain>[BH])(?P<kind>[012CRSEPF])(?P<letter>[TVNX]?)"
    r"(?: (?P<attribute>Essai|Mesurage|Vérification|Manœuvre))?"
)


@dataclass(frozen=True, slots=True)
class Symbol:
    """An electrical authorisation's fields, as in "B2V Essai"."""

    domain: str
    kind: str
    letter: str
    attribute: str


def electrical_symbol(text: str) -> Symbol:
    """Parse a symbol of NF C 18-510.

    Raises:
        BadInput: not of the norm's form, or B0V, which the norm no longer has.
    """
    found = _SYMBOL.fullmatch(text)
    if found is None or text == "B0V":
        raise BadInput(f"electrical symbol {text!r} is none of NF C 18-510", pointer="/symbol")
    return Symbol(found["domain"], found["kind"], found["letter"], found["attribute"] or "")


@dataclass(frozen=True, slots=True)
class Credential:
    """A title of one person: valid from an instant to another, the end excluded; None: open."""

    type: str
    symbol: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def __post_init__(self) -> None:
        _check_symbol(self.type, self.symbol)
        name = f"credential {self.type} {self.symbol}".rstrip()
        check_validity(name, "/credentials", self.valid_from, self.valid_until)


@dataclass(frozen=True, slots=True)
class Requirement:
    """So many members with a title over the whole visit; members None: everybody who is there."""

    type: str
    symbol: str = ""
    members: int | None = 1

    def __post_init__(self) -> None:
        _check_symbol(self.type, self.symbol)
        if self.members is not None:
            check_range(f"members with {self.type} {self.symbol}", "/members", self.members, 1, 100)


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A declaration that holding one symbol of a type covers another of the same type."""

    type: str
    held: str
    covers: str

    def __post_init__(self) -> None:
        _check_symbol(self.type, self.held)
        _check_symbol(self.type, self.covers)


def covers(held: Credential, wanted: Requirement, declared: Iterable[Inclusion] = ()) -> bool:
    """Say whether the title, while valid, meets the requirement; inclusions do not chain."""
    if held.type != wanted.type:
        return False
    if held.symbol == wanted.symbol:
        return True
    if any((i.type, i.held, i.covers) == (held.type, held.symbol, wanted.symbol) for i in declared):
        return True
    if held.type != ELECTRICAL:
        return False
    has, asked = electrical_symbol(held.symbol), electrical_symbol(wanted.symbol)
    return (has.kind, asked.kind) == ("R", "S") and replace(has, kind="S") == asked


def _check_symbol(type_: str, symbol: str) -> None:
    if not type_:
        raise BadInput("credential without a type", pointer="/type")
    if type_ == ELECTRICAL:
        electrical_symbol(symbol)

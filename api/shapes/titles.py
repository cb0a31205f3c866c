"""Electrical titles are spelt as the norm spells them, or they would be compared with nothing."""

from dispatch.problem.credentials import ELECTRICAL, electrical_symbol
from fieldops.errors import BadInput


def normed(symbol: str) -> str:
    """Return an electrical symbol that is one of NF C 18-510's.

    Raises:
        ValueError: it is none, which makes the body's field wrong.
    """
    try:
        electrical_symbol(symbol)
    except BadInput as error:
        raise ValueError(str(error)) from error
    return symbol


def normed_code(code: str) -> str:
    """Return what a task asks for, its electrical symbol checked.

    Raises:
        ValueError: as `normed`.
    """
    kind, _, symbol = code.partition(":")
    if kind == ELECTRICAL:
        normed(symbol)
    return code

import pytest

from dispatch.problem import Credential, Inclusion, Requirement, covers


@pytest.mark.parametrize(
    ("held", "wanted", "is_covered"),
    [
        ("B1V", "B1V", True),
        ("B1V", "B1", False),  # what is not written is forbidden
        ("B2", "B1", False),  # rank implies nothing
        ("B2", "BR", False),
        ("BR", "BS", True),  # the norm's own inclusion
        ("BS", "BR", False),
        ("HR", "BS", False),
        ("B2V Essai", "B2V", False),
        ("BE Mesurage", "BE Mesurage", True),
        ("BE Mesurage", "BE Essai", False),
    ],
)
def test_an_electrical_symbol_covers_what_the_norm_says_and_no_more(
    held: str, wanted: str, is_covered: bool
) -> None:
    assert covers(Credential("electrical", held), Requirement("electrical", wanted)) is is_covered


def test_a_declared_inclusion_counts_for_its_type_and_does_not_chain() -> None:
    declared = (Inclusion("aipr", "concepteur", "encadrant"), Inclusion("aipr", "encadrant", "op"))

    assert covers(Credential("aipr", "concepteur"), Requirement("aipr", "encadrant"), declared)
    assert not covers(Credential("aipr", "concepteur"), Requirement("aipr", "op"), declared)
    assert not covers(Credential("other", "concepteur"), Requirement("aipr", "encadrant"), declared)

"""Passwords are Argon2id, bounded, and move on with the parameters."""

from argon2 import PasswordHasher

from identity.passwords import Passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def test_a_hash_is_argon2id_salted_and_checks() -> None:
    passwords = Passwords()

    one, two = await passwords.hash("sésame"), await passwords.hash("sésame")

    assert one.startswith("$argon2id$")
    assert one != two
    assert await passwords.check(one, "sésame")
    assert not await passwords.check(one, "sesame")


async def test_nobody_has_no_password_not_even_the_one_compared_with() -> None:
    passwords = Passwords(CHEAP)

    assert not await passwords.check(None, "nobody has this password")
    assert not await passwords.check("not a hash", "x")


async def test_a_hash_of_other_parameters_is_aged() -> None:
    assert Passwords().aged(await Passwords(CHEAP).hash("x"))
    assert not Passwords(CHEAP).aged(await Passwords(CHEAP).hash("x"))

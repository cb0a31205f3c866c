"""The demo's world: as many as promised, and the same for the same seed."""

from simulators.motion import distance_m
from simulators.roster import DEPOT, SITES, jobs, roster

DAY_S = 36_000.0


def test_there_are_nine_vehicles_and_twenty_four_people() -> None:
    made = roster(1)

    plates = {crew.vehicle.plate for crew in made.crews} | {made.spare.plate}
    workers = [worker for crew in made.crews for worker in crew.workers]
    assert len(plates) == 9
    assert len(workers) == 24
    for key in ("employee_no", "login", "name"):
        assert len({getattr(worker, key) for worker in workers}) == 24
    assert len(made.sites) == 3


def test_the_same_seed_is_the_same_world() -> None:
    assert roster(7) == roster(7)
    assert roster(7) != roster(8)
    assert jobs(7, day_s=DAY_S) == jobs(7, day_s=DAY_S)
    assert jobs(7, day_s=DAY_S) != jobs(8, day_s=DAY_S)


def test_tasks_come_through_the_day_and_leave_time_to_do_them() -> None:
    found = jobs(1, day_s=DAY_S)

    moments = [job.after_s for job in found]
    assert moments == sorted(moments)
    assert moments.count(0.0) == 9
    assert len(found) > 30
    assert moments[-1] <= DAY_S - 3600
    assert all(job.window_h * 3600 >= job.duration_s for job in found)


def test_every_task_can_be_done_by_some_crew() -> None:
    skills = [
        {skill for worker in crew.workers for skill in worker.skills} for crew in roster(1).crews
    ]

    for job in jobs(1, day_s=DAY_S):
        assert any(set(job.skills) <= owned for owned in skills), job.title


def test_the_sites_are_around_the_depot() -> None:
    for site in SITES:
        assert 1_000 < distance_m(DEPOT, site.center) < 15_000

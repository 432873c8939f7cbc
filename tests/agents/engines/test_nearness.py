"""What counts as near enough to a class, and that far away is none. Needs the extra `meaning`."""

import pytest

numpy = pytest.importorskip("numpy", reason="The extra `meaning` isn't installed.")

from agents.engines.nearness import Nearness, sureness  # noqa: E402  # not without numpy

EAST, NORTH, WEST = (numpy.array(point, dtype=float) for point in ((1, 0), (0, 1), (-1, 0)))


def test_a_class_scores_most_at_its_own_points_and_none_does_far_from_all():
    near = Nearness(numpy.array([EAST, NORTH]), [0, 1], [1, 1])
    east, north, west = (near.scores(point) for point in (EAST, NORTH, WEST))
    assert (east[0] > 1 > east[1], north[1] > 1 > north[0], max(west) < 0.1) == (True, True, True)


def test_a_class_that_has_no_points_scores_nothing():
    assert Nearness(numpy.array([EAST, NORTH]), [0, 2], [1, 0, 1]).scores(EAST)[1] == 0


@pytest.mark.parametrize(("score", "sure"), [(0.0, 0.008), (1.0, 0.3), (2.0, 0.959)])
def test_a_score_of_1_is_just_enough(score, sure):
    assert sureness(score, 0.3) == pytest.approx(sure, abs=0.001)

"""What the guard says of a run, against a plain reading of everything that it has seen."""

import json

from hypothesis import given
from hypothesis import strategies as st

from gaitprint.training.nonfinite_policy import NonfinitePolicy

STEPS = st.lists(st.booleans() | st.just(False), max_size=60)  # False is a step that was not finite


def expected(seen: list[bool]) -> list[str]:
    """Cut the run into stretches of non-finite steps and name each of their places; nothing follows a stop."""
    said: list[str] = []
    place, rolls = 0, 0
    for finite in seen:
        place = 0 if finite else place + 1
        if finite:
            said.append("go")
        elif place % 3:
            said.append("skip")
        elif rolls < 3:
            rolls += 1
            said.append("roll-back")
        else:
            return [*said, "stop"]
    return said


def heard(guard: NonfinitePolicy, seen: list[bool]) -> list[str]:
    said: list[str] = []
    for finite in seen:
        said.append(guard.see(finite))
        if said[-1] == "stop":
            break
    return said


@given(STEPS)
def test_it_says_what_a_plain_reading_says(seen):
    assert heard(NonfinitePolicy(), seen) == expected(seen)


@given(STEPS, st.integers(0, 60))
def test_killed_at_any_step_and_gone_on_it_says_the_same(seen, cut):
    guard = NonfinitePolicy()
    before = heard(guard, seen[:cut])
    if before[-1:] == ["stop"]:
        return
    stored = json.loads(json.dumps(guard.state))
    other = NonfinitePolicy(stored)
    assert other.state == guard.state
    assert before + heard(other, seen[cut:]) == expected(seen)


@given(STEPS)
def test_a_stop_changes_nothing_so_that_a_run_called_again_has_one_more_try(seen):
    guard = NonfinitePolicy()
    for finite in seen:
        before = guard.state
        if guard.see(finite) == "stop":
            assert guard.state == before
            assert guard.see(False) == "stop"
            assert guard.see(True) == "go"
            return
        assert guard.state["in_a_row"] < 3
        assert guard.state["roll_backs"] <= 3


def test_three_in_a_row_go_back_and_after_three_times_it_ends():
    once = ["skip", "skip", "roll-back"]
    assert heard(NonfinitePolicy(), [False] * 20) == [*once, *once, *once, "skip", "skip", "stop"]
    assert heard(NonfinitePolicy(), [False, False, True] * 20) == ["skip", "skip", "go"] * 20


def test_the_report_counts_what_was_skipped_and_taken_back():
    guard = NonfinitePolicy()
    heard(guard, [False] * 7)
    assert guard.patience == "5 skipped steps and 2 roll-backs"
    assert NonfinitePolicy({}).state == NonfinitePolicy(None).state == {"in_a_row": 0, "roll_backs": 0, "skipped": 0}

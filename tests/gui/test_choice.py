import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gui.choice import Choice
from gui.errors import Cancelled
from gui.saving import Policy
from tests.conftest import wait_until

PATHS = [Path(name) for name in ("a", "b", "c")]


def test_all_threads_of_a_save_get_the_one_answer_to_one_question():
    asked, all_wait = [], threading.Barrier(4)
    choice = Choice(asked.append)

    def meet(path):
        all_wait.wait(20)
        return choice(path)

    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(meet, path) for path in PATHS]
        all_wait.wait(20)
        wait_until(lambda: asked)
        choice.answer(Policy.REPLACE)
        assert [answer.result(20) for answer in answers] == [Policy.REPLACE] * 3
    assert choice(Path("d")) is Policy.REPLACE
    assert len(asked) == 1


def test_nobody_waits_for_an_answer_that_is_not_wanted_any_more():
    asked = []
    choice = Choice(asked.append)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(choice, PATHS[0])
        wait_until(lambda: asked)
        choice.withdraw()
        with pytest.raises(Cancelled):
            waiting.result(20)
        with pytest.raises(Cancelled):
            choice(PATHS[1])
        assert asked == PATHS[:1]
        choice.renew()
        waiting = pool.submit(choice, PATHS[2])
        wait_until(lambda: len(asked) == 2)
        choice.answer(Policy.SKIP)
        assert waiting.result(20) is Policy.SKIP

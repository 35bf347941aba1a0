"""The order in which texts are embedded."""

import threading

import numpy as np
import pytest

from optimizer_app.embeddings.queue import CHARS_PER_TURN, EmbeddingQueue, Job, NoModel

LONG = "x" * 1000


def marked(text: str) -> str:
    return f"query: {text}"


def vectors_of(texts: list[str]) -> np.ndarray:
    """A row for each text that tells them apart."""
    return np.array([[float(len(text))] for text in texts], dtype=np.float32)


def queue_of(*jobs: Job) -> EmbeddingQueue:
    queue = EmbeddingQueue()
    for job in jobs:
        queue.add(job)
    return queue


def test_a_question_goes_before_the_rest_of_a_document() -> None:
    document, question = Job([LONG] * 3), Job(["why?"], query=True)
    queue = queue_of(document)
    first = queue.next_turn()
    assert first.texts(marked) == [LONG]
    queue.add(question)
    first.finish(vectors_of([LONG]))
    second = queue.next_turn()
    assert second.texts(marked) == ["query: why?", LONG]
    second.finish(vectors_of(["why?", LONG]))
    assert question.answer.result(0).tolist() == [[4.0]]
    assert not document.answer.done()
    queue.next_turn().finish(vectors_of([LONG]))
    assert document.answer.result(0).tolist() == [[1000.0]] * 3


def test_short_texts_of_several_callers_share_a_turn() -> None:
    jobs = [Job(["a"]), Job(["bb", "ccc"]), Job(["dddd"])]
    turn = queue_of(*jobs).next_turn()
    assert turn.texts(marked) == ["a", "dddd", "bb", "ccc"]
    turn.finish(vectors_of(turn.texts(marked)))
    assert [job.answer.result(0).tolist() for job in jobs] == [[[1.0]], [[2.0], [3.0]], [[4.0]]]


@pytest.mark.parametrize("text", ["", "word", LONG, "x" * 100_000])
def test_every_turn_makes_progress_and_none_is_long(text: str) -> None:
    job = Job([text] * 100)
    queue, turns = queue_of(job), 0
    while not job.answer.done():
        texts = queue.next_turn().texts(marked)
        assert sum(min(len(text), 1200) for text in texts) <= CHARS_PER_TURN
        assert 1 <= len(texts) <= 40
        turns += 1
        job.take(vectors_of(texts))
    assert turns >= 100 / 40
    assert len(job.answer.result(0)) == 100


def test_who_is_gone_is_not_embedded() -> None:
    gone, there = Job(["gone"]), Job(["there"])
    queue = queue_of(gone, there)
    gone.answer.cancel()
    assert queue.next_turn().texts(marked) == ["there"]


def test_who_goes_during_a_turn_spoils_it_for_nobody() -> None:
    gone, there = Job(["gone"]), Job(["there"])
    turn = queue_of(gone, there).next_turn()
    gone.answer.cancel()
    turn.finish(vectors_of(["gone", "there"]))
    assert there.answer.result(0).tolist() == [[5.0]]


def test_a_turn_that_fails_is_told_to_its_callers_alone() -> None:
    failed, later = Job(["a"]), Job([LONG] * 2)
    queue = queue_of(failed)
    turn = queue.next_turn()
    queue.add(later)
    turn.fail(RuntimeError("out of memory"))
    with pytest.raises(RuntimeError):
        failed.answer.result(0)
    assert queue.next_turn().texts(marked) == [LONG]


def test_without_a_model_everybody_is_sent_away() -> None:
    before, after = Job(["a"]), Job(["b"])
    queue = queue_of(before)
    queue.close()
    queue.add(after)
    for job in (before, after):
        with pytest.raises(NoModel):
            job.answer.result(0)


def test_the_model_waits_for_the_first_text() -> None:
    queue, taken = EmbeddingQueue(), []
    thread = threading.Thread(target=lambda: taken.append(queue.next_turn().texts(marked)), daemon=True)
    thread.start()
    queue.add(Job(["first"]))
    thread.join(10)
    assert taken == [["first"]]

"""Calls in threads that hold nothing up: whoever gives one up need not wait for it, and neither does the process."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


def begin(call: Callable[[], _T]) -> Future[_T]:
    """Start a call in a thread of its own; its result or its exception is in what is returned.

    An executor would not do: the interpreter waits for its threads at the end.
    """
    answer: Future[_T] = Future()
    Thread(target=_answer, args=(answer, call), daemon=True).start()
    return answer


def _answer(answer: Future[_T], call: Callable[[], _T]) -> None:
    try:
        answer.set_result(call())
    except BaseException as error:  # noqa: BLE001  raised again where the answer is waited for
        answer.set_exception(error)

"""Carries what is to be sent to webhooks: signed, again and again until it arrives, whoever else is slow."""

import asyncio
import logging
import time
from collections.abc import Callable

import httpx

from gaitprint.service.signing import EVENT, SIGNATURE, TIMESTAMP, sign
from gaitprint.service.webhooks import Delivery, Webhooks

_LOG = logging.getLogger(__name__)
_AT_ONCE = 8
_SECONDS = 10.0
"""Of a receiver to take a message."""
_LOOK = 5.0
"""Seconds after which the list is looked at in any case: webhooks are added by other processes."""


class Courier:
    """Sends what is due, until it is stopped.

    Args:
        webhooks: whose messages.
        gone: whether somebody is no longer to be spoken of.
        clock: seconds since 1970.
    """

    def __init__(self, webhooks: Webhooks, gone: Callable[[int], bool], clock: Callable[[], float] = time.time) -> None:
        self._webhooks, self._gone, self._clock = webhooks, gone, clock
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin, within a running loop."""
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Say, from any thread, that there is something to send."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._news.set)

    async def stop(self) -> None:
        """Leave; what was not sent is sent after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        # a redirect could lead anywhere, and a proxy of the environment is not asked
        async with httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False, trust_env=False) as client:
            while True:
                self._news.clear()
                try:
                    # the file is read in a thread: a slow disk stops no answer
                    due = await asyncio.to_thread(self._webhooks.due, self._clock(), _AT_ONCE)
                    await asyncio.gather(*(self._send(client, delivery) for delivery in due))
                    wait = 0.0 if due else await asyncio.to_thread(self._wait)
                except Exception:
                    # a disk that fails ends no service: it is tried again
                    _LOG.exception("webhooks cannot be sent")
                    wait = _LOOK
                if wait:
                    await _until(self._news, wait)

    def _wait(self) -> float:
        next_due = self._webhooks.next_due()
        return _LOOK if next_due is None else min(max(next_due - self._clock(), 0.05), _LOOK)

    async def _send(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        # by the command line, too, and while it waited
        if delivery.person is not None and await asyncio.to_thread(self._gone, delivery.person):
            await asyncio.to_thread(self._webhooks.sent, delivery)
            return
        body, moment = delivery.body.encode(), str(int(self._clock()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "gaitprint",
            EVENT: delivery.id,
            TIMESTAMP: moment,
            SIGNATURE: sign(delivery.secret, moment, body),
        }
        try:
            # what a receiver answers beyond its status is not read: it could be endless
            async with client.stream("POST", delivery.url, content=body, headers=headers) as answer:
                said = "" if answer.is_success else f"status {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            said = type(error).__name__
        if said:
            await asyncio.to_thread(self._webhooks.failed, delivery, said, self._clock())
        else:
            await asyncio.to_thread(self._webhooks.sent, delivery)


async def _until(news: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        return

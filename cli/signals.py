"""Ctrl-C, SIGTERM and a closed terminal: the first asks to stop, the second to hurry."""

import signal
from types import FrameType, TracebackType
from typing import Self


class Stopped(KeyboardInterrupt):
    """Raised out of whatever is going on, by a signal during the preparations.

    A KeyboardInterrupt, because that is what asyncio lets out of the middle of its loop.
    """


_HEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignals:
    """Counts them; while `interrupting`, the first one also breaks off what is under way."""

    def __init__(self) -> None:
        self.interrupting = True
        self._count = 0

    @property
    def asked(self) -> bool:
        return self._count > 0

    @property
    def urgent(self) -> bool:
        return self._count > 1

    def __enter__(self) -> Self:
        for number in _HEARD:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._heard)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Nothing of ours runs any more, so a late signal may end us as it ends anybody.
        for number in _HEARD:
            signal.signal(number, signal.SIG_DFL)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._count += 1
        if self.interrupting:
            self.interrupting = False
            raise Stopped

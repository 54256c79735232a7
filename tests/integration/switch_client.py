"""A switch that sends its copies again until they are acknowledged, whatever becomes of the gateway."""

import socket
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress

from connectors.iso8583.codec import Codec
from connectors.iso8583.framing import FrameLength
from connectors.iso8583.layout import load_layout
from connectors.iso8583.message import Message
from tests.waiting import GIVE_UP_S

WINDOW = 200  # frames sent ahead of their acknowledgement


class SwitchClient:
    """Sends frames in order; `acknowledged` counts those the gateway said are safe."""

    def __init__(self, port: int, layout: str = "iso87_ascii") -> None:
        found = load_layout(layout)
        self._codec, self._length = Codec(found), FrameLength(found.file.framing)
        self._port = port
        self.acknowledged = 0
        self.connections = 0
        self.answers: list[Message] = []

    def frame(self, message: Message | bytes) -> bytes:
        return self._length.write(message if isinstance(message, bytes) else self._codec.write(message))

    def deliver(self, messages: Iterable[Message | bytes]) -> None:
        """Return when every message is acknowledged; after a broken connection all that were not are sent again."""
        waiting = deque(self.frame(message) for message in messages)
        deadline_s = time.monotonic() + 2 * GIVE_UP_S
        while waiting:
            assert time.monotonic() < deadline_s, "the gateway did not acknowledge everything"
            with suppress(OSError, EOFError):
                self._deliver_over_one_connection(waiting)
            time.sleep(0.05)

    def _deliver_over_one_connection(self, waiting: deque[bytes]) -> None:
        with socket.create_connection(("127.0.0.1", self._port), timeout=GIVE_UP_S) as line:
            self.connections += 1
            sent = 0
            while waiting:
                while sent < min(WINDOW, len(waiting)):
                    line.sendall(waiting[sent])
                    sent += 1
                self.answers.append(self._receive(line))
                waiting.popleft()
                sent -= 1
                self.acknowledged += 1

    def _receive(self, line: socket.socket) -> Message:
        length = self._length.read(_exactly(line, self._length.size))
        return self._codec.read(_exactly(line, length))


def _exactly(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = line.recv(size - len(found))
        if not part:
            raise EOFError
        found += part
    return found

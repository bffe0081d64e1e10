"""Where copies of the program meet: a local socket, on which the first hears the later ones."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

# Bytes: more than any system lets a path have, and an end.
LONGEST: Final = 128 * 1024
END = b"\0"
TAKEN = b"taken\n"
_BEGINS_IN = 0.05


class MeetingPlace(QObject):
    """Hears later copies at the socket called *name*; to be used in the GUI thread.

    Signals:
        asked: another copy was started; carries the folder it was given, or None.
    """

    asked = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._meet)
        # Left by a copy that was killed; nobody else can be listening there.
        QLocalServer.removeServer(name)
        self._server.listen(name)

    @property
    def is_listening(self) -> bool:
        """Whether later copies are heard."""
        return self._server.isListening()

    def close(self) -> None:
        """Hear nobody any more."""
        self._server.close()

    def _meet(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            _Meeting(socket, self)


class _Meeting(QObject):
    """Reads what one other copy says; ends with the connection."""

    def __init__(self, socket: QLocalSocket, place: MeetingPlace) -> None:
        super().__init__(socket)
        self._socket, self._place = socket, place
        self._said = b""
        socket.setReadBufferSize(LONGEST)
        socket.disconnected.connect(socket.deleteLater)
        socket.readyRead.connect(self._read)
        self._read()

    def _read(self) -> None:
        self._said += bytes(self._socket.read(LONGEST + 1 - len(self._said)).data())
        if self._said.endswith(END) and self._said.count(END) == 1:
            path = os.fsdecode(self._said[: -len(END)])
            folder = Path(path) if path else None
            if folder is None or folder.is_absolute():
                self._socket.write(TAKEN)
                self._socket.flush()
                self._place.asked.emit(folder)
            self._socket.disconnectFromServer()
        elif END in self._said or len(self._said) > LONGEST:
            self._socket.abort()


def hand_over(name: str, folder: Path | None, patience_ms: int) -> bool:
    """Have the copy that listens at *name* show *folder*, or just itself; False if none answers.

    Waits, for there is no window yet.
    """
    until = time.monotonic() + patience_ms / 1000
    text = b"" if folder is None else os.fsencode(folder.absolute())
    while time.monotonic() < until:
        socket = QLocalSocket()
        socket.connectToServer(name)
        if socket.waitForConnected(patience_ms):
            socket.write(text + END)
            while socket.bytesAvailable() < len(TAKEN) and socket.waitForReadyRead(patience_ms):
                pass
            return bytes(socket.read(len(TAKEN)).data()) == TAKEN
        # It has the lock, but does not listen yet.
        time.sleep(_BEGINS_IN)
    return False

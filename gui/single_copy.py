"""One copy of the program for each user: a second start hands its folder to the first."""

from __future__ import annotations

import getpass
import os
import time
from pathlib import Path
from typing import Final

from PySide6.QtCore import QLockFile, QObject, QStandardPaths, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

# Bytes: more than any system lets a path have, and an end.
LONGEST: Final = 128 * 1024
END = b"\0"
TAKEN = b"taken\n"
# Milliseconds in which the other copy has answered, if it is well.
PATIENCE_MS = 10_000
_BEGINS_IN = 0.05


class Copies(QObject):
    """The copies of the program that one user runs; to be used in the GUI thread.

    A lock tells who is first, for it goes with its process however that ends; the first listens
    on a local socket in a folder of the user's own.

    Signals:
        asked: another copy was started; carries the folder it was given, or None.
    """

    asked = Signal(object)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        """Know the copies that meet in *folder*; see `usual_folder`."""
        super().__init__(parent)
        self._lock = QLockFile(str(folder / "lanslide.lock"))
        self._lock.setStaleLockTime(0)  # only when its process is gone
        self._name = _socket_name(folder)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._meet)

    def be_first(self) -> bool:
        """Become the first copy, to which later ones hand their folder; False if there is one."""
        if not self._lock.tryLock(0):
            # Where there can be no lock there can be any number of copies.
            return self._lock.error() != QLockFile.LockError.LockFailedError
        # Left by a copy that was killed; nobody else can be listening there.
        QLocalServer.removeServer(self._name)
        self._server.listen(self._name)
        return True

    def hand_over(self, folder: Path | None, patience_ms: int = PATIENCE_MS) -> bool:
        """Have the first copy show *folder*, or just itself; False if it does not answer.

        Waits, for there is no window yet.
        """
        until = time.monotonic() + patience_ms / 1000
        text = b"" if folder is None else os.fsencode(folder.absolute())
        while time.monotonic() < until:
            socket = QLocalSocket()
            socket.connectToServer(self._name)
            if socket.waitForConnected(patience_ms):
                socket.write(text + END)
                while socket.bytesAvailable() < len(TAKEN) and socket.waitForReadyRead(patience_ms):
                    pass
                return bytes(socket.read(len(TAKEN)).data()) == TAKEN
            # It has the lock, but does not listen yet.
            time.sleep(_BEGINS_IN)
        return False

    def close(self) -> None:
        """Let another copy be the first."""
        self._server.close()
        self._lock.unlock()

    def _meet(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            _Meeting(socket, self)


class _Meeting(QObject):
    """Reads what one other copy says; ends with the connection."""

    def __init__(self, socket: QLocalSocket, copies: Copies) -> None:
        super().__init__(socket)
        self._socket, self._copies = socket, copies
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
                self._copies.asked.emit(folder)
            self._socket.disconnectFromServer()
        elif END in self._said or len(self._said) > LONGEST:
            self._socket.abort()


def usual_folder() -> Path | None:
    """Return a folder of the user's own that copies can meet in; None if there is none."""
    place = QStandardPaths.StandardLocation.RuntimeLocation
    found = QStandardPaths.writableLocation(place)
    if not found:
        return None
    folder = Path(found) / "lanslide"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return folder


def _socket_name(folder: Path) -> str:
    if os.name == "nt":
        # Named pipes are not files, and all users have the same.
        return f"lanslide-{getpass.getuser()}"
    return str(folder / "socket")

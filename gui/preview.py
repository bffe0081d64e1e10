"""The right of the window: what is selected, shown inline, with its facts and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from threading import Event
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, QTimer, Signal
from PySide6.QtGui import (
    QHideEvent,
    QImage,
    QPixmap,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui import icons, words
from gui.animation import Animation
from gui.background import Background
from gui.canvas import Canvas
from gui.client import Client
from gui.errors import Cancelled, ClientError
from gui.facts import Facts, of_details, of_entry
from gui.label import label
from gui.listing import Entry
from gui.notice import Notice
from gui.picture import CannotShow, Picture, fitted
from gui.theme import styled
from gui.thumbnails import Thumbnails
from gui.version import Version, version

if TYPE_CHECKING:  # what the first screen does not show; see `gui.loading`
    from PySide6.QtWidgets import QPlainTextEdit

    from gui.content import Shown

RESIZE_SETTLES_MS = 200


class Preview(QStackedWidget):
    """Shows the file under the cursor, or how much is selected.

    One file is loaded at a time and the one wanted last comes next, so that going quickly through
    hundreds loads only some of them, and no late answer is shown in another one's place.

    Signals:
        save_wanted: the user wants to save what is shown.
        open_wanted: the user wants it opened by another program.
        link_wanted: the user wants its address on the clipboard.
        shown: something of the file wanted is shown now; carries its path.
    """

    save_wanted = Signal()
    open_wanted = Signal()
    link_wanted = Signal()
    shown = Signal(str)

    def __init__(
        self,
        background: Background,
        thumbnails: Thumbnails,
        animation: Animation,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._thumbnails = thumbnails
        self._animation = animation
        animation.moved.connect(self._moved)
        self._client: Client | None = None
        self._wanted: Entry | None = None
        self._loading: Entry | None = None
        self._cancel = Event()
        self._original: QSize | None = None
        self._resized = QTimer(self)
        self._resized.setSingleShot(True)
        self._resized.setInterval(RESIZE_SETTLES_MS)
        self._resized.timeout.connect(self._load_sharper)

        self.canvas = Canvas()
        self._top = QStackedWidget()
        self._top.addWidget(self.canvas)
        self._name = label(look="heading", wrap=True)
        self._problem = label(look="notice", wrap=True)
        self._facts = Facts()
        self._nothing = Notice()
        self._nothing.say("", "Select a picture to see it here.", drawing="eye")
        self.save_button = styled(QPushButton("Save…"), "primary")
        self.save_button.clicked.connect(self.save_wanted)
        self._open = QPushButton("Open")
        self._open.setToolTip("Open a copy with this computer's own program for it")
        self._open.clicked.connect(self.open_wanted)
        self._link = QPushButton("Copy link")
        self._link.setToolTip("Copy the address of this file")
        self._link.clicked.connect(self.link_wanted)
        self._place()
        self.show_selection(())

    def _place(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.save_button, self._open, self._link):
            buttons.addWidget(button)
        buttons.addStretch()
        details = QWidget()
        column = QVBoxLayout(details)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self._top, 1)
        column.addWidget(self._problem)
        column.addWidget(self._name)
        column.addWidget(self._facts)
        column.addLayout(buttons)
        self.addWidget(details)
        self.addWidget(self._nothing)
        self.setMinimumWidth(240)

    @cached_property
    def text(self) -> QPlainTextEdit:
        """Shows what is in a text; made for the first one."""
        from PySide6.QtGui import QFontDatabase
        from PySide6.QtWidgets import QPlainTextEdit

        text = QPlainTextEdit()
        text.setReadOnly(True)
        text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        text.setAccessibleName("Text of the file")
        self._top.addWidget(text)
        self.setTabOrder(self.canvas, text)
        return text

    @property
    def facts(self) -> dict[str, str]:
        """What is said of the file, by title."""
        return self._facts.shown

    @property
    def busy(self) -> bool:
        """Whether something is being loaded."""
        return self._loading is not None

    @property
    def problem(self) -> str:
        """Why the file cannot be shown, empty if it can."""
        return "" if self._problem.isHidden() else self._problem.text()

    @property
    def name(self) -> str:
        """The name that stands below the picture."""
        return self._name.text().replace("\u200b", "")

    def browse(self, client: Client) -> None:
        """Read from another share."""
        self._client = client
        self._animation.browse(client)
        self.show_selection(())

    def show_entry(self, entry: Entry) -> None:
        """Show *entry*: at once what is known of it, its content when it has come."""
        if self._wanted == entry:
            return
        self._wanted, self._original = entry, None
        self._animation.stop()
        self.setCurrentIndex(0)
        self._name.setText(words.breakable(entry.name))
        self._say("")
        self._facts.show_facts(of_entry(entry))
        self._enable(save=True, single=not entry.is_folder)
        thumbnail = self._thumbnails.get(entry)
        if thumbnail is not None:
            self.canvas.show_stand_in(thumbnail)
        else:
            self.canvas.show_icon(icons.drawing(entry))
        self._top.setCurrentWidget(self.canvas)
        if entry.is_folder:
            self.shown.emit(entry.path)
        elif self.isVisible():  # else once it is
            self._load()

    def show_selection(self, entries: Sequence[Entry]) -> None:
        """Show how much is selected, or what to do when nothing is."""
        self._wanted = None
        self._animation.stop()
        self._say("")
        self._top.setCurrentWidget(self.canvas)
        self._enable(save=bool(entries), single=False)
        self.setCurrentIndex(0 if entries else 1)
        if not entries:
            return
        self.canvas.show_icon("grid")
        self._name.setText(f"{words.count(len(entries), 'item')} selected")
        sizes = [entry.size or 0 for entry in entries if entry.kind == "file"]
        folders = len(entries) - len(sizes)
        facts = {"Folders": str(folders)} if folders else {}
        if sizes:
            facts["Files"] = f"{len(sizes)}, {words.size(sum(sizes))}"
        self._facts.show_facts(facts)

    def _load(self) -> None:
        """Load what is wanted, unless something is being loaded: then it is next."""
        if self._client is None or self._wanted is None:
            return
        if self._loading is not None:
            if self._loading != self._wanted:
                self._cancel.set()  # if it still waits for the share
            return
        from gui.content import load

        client, entry, box = self._client, self._wanted, self.canvas.box()
        cancel = self._cancel = Event()
        self._loading = entry
        self._background.run(
            lambda: load(client, entry, box, cancel),
            then=lambda shown: self._loaded(client, entry, shown),
            failed=lambda error: self._failed(client, entry, error),
        )

    def _loaded(self, client: Client, entry: Entry, shown: Shown) -> None:
        if not self._is_wanted(client, entry):
            return
        from gui.content import NoPreview, Text

        match shown:
            case Picture():
                if not self._animation.playing:  # its first frame would come in between
                    self._show_image(shown.image)
                if self._original is None:
                    self._animation.box = self.canvas.box()
                    self._animation.play(entry)
                    self._original = shown.original
                    pixels = f"{shown.original.width()} × {shown.original.height()}"
                    self._facts.add("Pixels", pixels)
            case Text():
                self.text.setPlainText(shown.text)
                self._top.setCurrentWidget(self.text)
                if shown.truncated:
                    self._say("Only the beginning is shown.")
            case NoPreview():
                pass
        if isinstance(shown, Picture):
            self._ask_details(client, entry)
        self._load_sharper()  # the space may have grown meanwhile
        self.shown.emit(entry.path)

    def _show_image(self, image: QImage) -> None:
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        self.canvas.show_picture(pixmap)

    def _moved(self, of: Version, frame: QImage) -> None:
        if self._wanted is not None and version(self._wanted) == of:
            self._show_image(frame)

    def _ask_details(self, client: Client, entry: Entry) -> None:
        self._background.run(
            lambda: client.details(entry.path),
            then=lambda details: self._show_details(entry, details),
            failed=lambda _: None,  # the picture is there all the same
        )

    def _show_details(self, entry: Entry, details: dict[str, str]) -> None:
        if entry == self._wanted:
            for title, text in of_details(details).items():
                self._facts.add(title, text)

    def _failed(self, client: Client, entry: Entry, error: Exception) -> None:
        if not self._is_wanted(client, entry):
            return
        if isinstance(error, Cancelled):  # it was unwanted for a moment
            self._load()
            return
        expected = isinstance(error, CannotShow | ClientError)
        self._say(str(error) if expected else words.sentence(error))
        self.canvas.show_icon("warning")
        self.shown.emit(entry.path)

    def _is_wanted(self, client: Client, entry: Entry) -> bool:
        """Tell whether the answer for *entry* is still wanted; if not, load what is."""
        self._loading = None
        if client is self._client and entry == self._wanted:
            return True
        if self._wanted is not None and not self._wanted.is_folder:
            self._load()
        return False

    def _load_sharper(self) -> None:
        """Load the picture again when it is shown larger than it was decoded."""
        self._animation.box = self.canvas.box()
        if self._original is None or self._wanted is None or self._animation.playing:
            return
        needed = fitted(self._original, self.canvas.box())
        if needed.width() > self.canvas.pixmap.width():
            self._load()

    def _say(self, sentence: str) -> None:
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))

    def _enable(self, *, save: bool, single: bool) -> None:
        self.save_button.setVisible(save)
        self._open.setVisible(single)
        self._link.setVisible(single)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._animation.resume()
        if self._wanted is not None and not self._wanted.is_folder:
            self._load()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._animation.pause()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._resized.start()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.canvas.update()
        super().changeEvent(event)

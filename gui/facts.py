"""What is known of a file, line by line."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QWidget

from gui import words
from gui.label import label
from gui.listing import Entry, plain


class Facts(QWidget):
    """Titles on the left, what they are on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: dict[str, QLabel] = {}
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(24)
        self._form.setVerticalSpacing(6)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)

    @property
    def shown(self) -> dict[str, str]:
        """What is said, by title."""
        return {title: text.text() for title, text in self._labels.items()}

    def show_facts(self, facts: Mapping[str, str]) -> None:
        """Show *facts* instead of what was shown."""
        while self._form.rowCount():
            self._form.removeRow(0)
        self._labels.clear()
        for title, value in facts.items():
            self.add(title, value)

    def add(self, title: str, value: str) -> None:
        """Add a line, or change it."""
        if title in self._labels:
            self._labels[title].setText(value)
            return
        text = label(value, wrap=True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._form.addRow(label(title, "quiet"), text)
        self._labels[title] = text


# What a share calls what it knows of a picture, in the order shown.
_DETAILS = {
    "taken": "Taken",
    "camera": "Camera",
    "lens": "Lens",
    "focal_length": "Focal length",
    "aperture": "Aperture",
    "exposure": "Exposure",
    "iso": "ISO",
}


def of_details(details: Mapping[str, str]) -> dict[str, str]:
    """Return what a share tells of a picture, in words; where it was taken is nobody's business."""
    facts = {}
    if "width" in details and "height" in details:
        facts["Pixels"] = f"{plain(details['width'])} × {plain(details['height'])}"
    for name, title in _DETAILS.items():
        if name in details:
            facts[title] = (
                words.moment(plain(details[name])) if name == "taken" else plain(details[name])
            )
    if details.get("location") == "True":
        facts["Place"] = "in the file"
    return facts


def of_entry(entry: Entry) -> dict[str, str]:
    """Return what the listing tells of *entry*."""
    facts = {"Kind": words.kind(entry)}
    if entry.size is not None:
        facts["Size"] = words.size(entry.size)
    return facts | {"Modified": words.date(entry.modified)}

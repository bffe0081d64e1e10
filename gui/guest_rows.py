"""Paints a device in the list of those who are here, and a line of what they did."""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from gui import icons
from gui.activity import Happening
from gui.activity_words import clock, happened
from gui.guest_model import Row
from gui.row_model import ROW_ROLE
from gui.row_painting import ELIDED, LEFT, RIGHT, paint_ground, paint_lines, quiet_colour
from gui.theme import colours

PADDING = 10
SIDE = 4
GAP = 2
ICON = 22
BAR = 4
SMALL_ICON = 18
_HANDHELDS = ("iPhone", "iPad", "Android")
_DRAWINGS = {
    "looked": "folder-open",
    "viewed": "eye",
    "took": "save",
    "broke": "warning",
    "part": "save",
    "blocked": "lock",
    "unblocked": "lock",
    "wrong": "lock",
}
_PROBLEMS = {"broke", "wrong"}


class GuestDelegate(QStyledItemDelegate):
    """Paints a device: its name, where it is, what it does and how far that is, and its totals."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row: Row = index.data(ROW_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = paint_ground(painter, option, PADDING).adjusted(0, PADDING, 0, -PADDING)
        drawing = QRect(inside.left(), inside.top(), ICON, ICON)
        icons.accented(_drawing(row)).paint(painter, drawing)
        _paint_row(painter, option, inside.adjusted(ICON + PADDING, 0, 0, 0), row)
        painter.restore()

    def height(self, font: QFont) -> int:
        """Return how high a row is."""
        return 3 * (QFontMetrics(font).lineSpacing() + GAP) + BAR + 2 * PADDING + 4


class HistoryDelegate(QStyledItemDelegate):
    """Paints a line of what happened, and when.

    Attributes:
        tells_who: whether to say which device it was.

    """

    tells_who = True

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        one: Happening = index.data(ROW_ROLE)
        now, metrics = colours(), QFontMetrics(option.font)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = paint_ground(painter, option, SIDE)
        drawing = QRect(0, 0, SMALL_ICON, SMALL_ICON)
        drawing.moveCenter(QRect(inside.left(), inside.top(), SMALL_ICON, inside.height()).center())
        icons.quiet(_DRAWINGS.get(one.what) or device_drawing(one.name)).paint(painter, drawing)
        when = clock(one.when)
        painter.setPen(quiet_colour(option))
        painter.drawText(inside, RIGHT, when)
        inside.adjust(SMALL_ICON + PADDING, 0, -metrics.horizontalAdvance(when) - PADDING, 0)
        said = happened(one)
        text = f"{one.name} {said}" if self.tells_who else said[:1].upper() + said[1:]
        painter.setPen(QColor(now.problem if one.what in _PROBLEMS else now.text))
        painter.drawText(inside, LEFT, metrics.elidedText(text, ELIDED, inside.width()))
        painter.restore()

    def height(self, font: QFont) -> int:
        """Return how high a row is."""
        return QFontMetrics(font).lineSpacing() + 14


def _drawing(row: Row) -> str:
    if row.is_blocked:
        return "lock"
    if row.number is None:
        return "share"
    return device_drawing(row.name)


def device_drawing(name: str) -> str:
    """Return the name of the drawing for a device that people call *name*."""
    return "phone" if name.startswith(_HANDHELDS) else "computer"


def _paint_row(painter: QPainter, option: QStyleOptionViewItem, space: QRect, row: Row) -> None:
    part = f"{row.done:.0%}" if row.done is not None else ""
    lines = (row.name, row.beside), (row.address, row.totals), (row.doing, part)
    bottom = paint_lines(painter, option, space, GAP, lines, is_problem=row.is_blocked)
    if row.done is not None:
        now = colours()
        bar = QRectF(space.left(), bottom + GAP, space.width(), BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(now.line))
        painter.drawRoundedRect(bar, BAR / 2, BAR / 2)
        bar.setWidth(max(float(BAR), bar.width() * row.done))
        painter.setBrush(QColor(now.accent))
        painter.drawRoundedRect(bar, BAR / 2, BAR / 2)

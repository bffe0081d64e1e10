"""What the rows of lists have in common when they are painted."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from gui.theme import colours

GAP = 10
RADIUS = 8
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
ELIDED = Qt.TextElideMode.ElideMiddle
Pair = tuple[str, str]
_Text = tuple[str, QFont, QColor]


def paint_ground(painter: QPainter, option: QStyleOptionViewItem, side: int) -> QRect:
    """Paint what is behind a row; return it without *side* pixels at both ends."""
    now, rect, state = colours(), QRect(option.rect), option.state
    ground = QRectF(rect).adjusted(1, 1, -1, -1)
    is_selected = state & QStyle.StateFlag.State_Selected
    if is_selected or state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(now.selected if is_selected else now.hover))
        painter.drawRoundedRect(ground, RADIUS, RADIUS)
    if state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(QColor(now.accent), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(ground, RADIUS, RADIUS)
    return rect.adjusted(side, 0, -side, 0)


def quiet_colour(option: QStyleOptionViewItem) -> QColor:
    """Give the colour of quiet text; on that of a selection it could not be read."""
    is_selected = option.state & QStyle.StateFlag.State_Selected
    return QColor(colours().text if is_selected else colours().quiet)


def paint_lines(
    painter: QPainter,
    option: QStyleOptionViewItem,
    space: QRect,
    gap: int,
    lines: tuple[Pair, Pair, Pair],
    *,
    is_problem: bool,
) -> int:
    """Paint a title, something quiet and how it stands, each line with what is told at its end.

    They are *gap* pixels apart. Returns where the last one ends.
    """
    usual, quiet, text = QFont(option.font), quiet_colour(option), QColor(colours().text)
    strong = QFont(usual)
    strong.setWeight(QFont.Weight.DemiBold)
    standing = QColor(colours().problem) if is_problem else text
    looks = ((strong, text), (usual, quiet), (usual, standing))
    where = QRect(space.left(), space.top(), space.width(), QFontMetrics(usual).lineSpacing())
    for (first, last), (font, colour) in zip(lines, looks, strict=True):
        _paint_pair(painter, where, (first, font, colour), (last, usual, quiet))
        where.translate(0, where.height() + gap)
    return where.top() - gap


def _paint_pair(painter: QPainter, where: QRect, first: _Text, last: _Text) -> None:
    """Paint one text at the beginning of a line and one at its end, which is told whole."""
    text, font, colour = last
    width = 0
    if text:
        painter.setFont(font)
        painter.setPen(colour)
        width = min(where.width(), painter.fontMetrics().horizontalAdvance(text) + GAP)
        painter.drawText(where, RIGHT, text)
    text, font, colour = first
    painter.setFont(font)
    painter.setPen(colour)
    room = where.adjusted(0, 0, -width, 0)
    painter.drawText(room, LEFT, painter.fontMetrics().elidedText(text, ELIDED, room.width()))

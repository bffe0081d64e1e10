"""Paints a save of the journal: what, when, from where to where, and what became of it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui import icons
from gui.row_painting import paint_ground, paint_pair
from gui.save_history_model import LINE_ROLE, Line
from gui.save_words import when
from gui.theme import colours

PADDING = 12
GAP = 3
ICON = 22


class SaveHistoryDelegate(QStyledItemDelegate):
    """Three lines beside a drawing."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        line: Line = index.data(LINE_ROLE)
        now, usual = colours(), QFont(option.font)
        strong = QFont(usual)
        strong.setWeight(QFont.Weight.DemiBold)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        # On the colour of a selection quiet text could not be read.
        quiet, text = QColor(now.text if is_selected else now.quiet), QColor(now.text)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = paint_ground(painter, option, PADDING).adjusted(0, PADDING, 0, -PADDING)
        icons.accented(_drawing(line)).paint(
            painter, QRect(inside.left(), inside.top(), ICON, ICON)
        )
        high = QFontMetrics(usual).lineSpacing()
        left = inside.left() + ICON + PADDING
        where = QRect(left, inside.top(), inside.right() - left, high)
        paint_pair(painter, where, (line.title, strong, text), (when(line.record), usual, quiet))
        where.translate(0, high + GAP)
        paint_pair(painter, where, (line.way, usual, quiet), ("", usual, quiet))
        where.translate(0, high + GAP)
        ending = QColor(now.problem) if line.fell_short else text
        paint_pair(painter, where, (line.ending, usual, ending), ("", usual, quiet))
        painter.restore()

    def height(self, font: QFont) -> int:
        """Return how high a row is."""
        return 3 * (QFontMetrics(font).lineSpacing() + GAP) + 2 * PADDING


def _drawing(line: Line) -> str:
    if line.is_held:
        return "save"
    if line.fell_short:
        return "warning"
    return "folder" if line.record.is_folder else "picture" if line.record.count > 1 else "file"

"""Paints a save of the journal: what, when, from where to where, and what became of it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from gui import icons
from gui.row_model import ROW_ROLE
from gui.row_painting import paint_ground, paint_lines
from gui.save_history_model import Line
from gui.save_words import when

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
        line: Line = index.data(ROW_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = paint_ground(painter, option, PADDING).adjusted(0, PADDING, 0, -PADDING)
        drawing = QRect(inside.left(), inside.top(), ICON, ICON)
        icons.accented(_drawing(line)).paint(painter, drawing)
        beside = inside.adjusted(ICON + PADDING, 0, 0, 0)
        lines = (line.title, when(line.record)), (line.way, ""), (line.ending, "")
        paint_lines(painter, option, beside, GAP, lines, is_problem=line.fell_short)
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

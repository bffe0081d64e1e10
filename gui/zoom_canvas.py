"""Shows one picture that can be zoomed, dragged and turned."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from gui import zoom
from gui.zoom import Place

GROUND = "#141312"
NOTCH = 120  # eighths of a degree: what Qt calls one step of an ordinary wheel


class ZoomCanvas(QWidget):
    """Paints the best rendition of a picture that it has been given.

    Signals:
        sharper_wanted: the picture is shown larger than its rendition is.
        pointed: the mouse moves over it.

    """

    sharper_wanted = Signal()
    pointed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixmap = QPixmap()
        self._place = Place(0, 0, 1, 1)
        self._turns = 0
        self._grabbed: QPointF | None = None
        self._has_cursor = True
        self.setMouseTracking(True)
        self.grabGesture(Qt.GestureType.PinchGesture)

    @property
    def pixmap(self) -> QPixmap:
        """The rendition shown."""
        return self._pixmap

    @property
    def place(self) -> Place:
        """Where the picture is."""
        return self._place

    @property
    def is_blurred(self) -> bool:
        """Whether the picture is shown larger than its rendition is."""
        _, _, width, height = self._place.rectangle
        longest = max(self._pixmap.width(), self._pixmap.height())
        return not self._pixmap.isNull() and max(width, height) > longest + 1

    def show_picture(self, pixmap: QPixmap, original: QSize) -> None:
        """Show another picture, fitted; *original* is its size in pixels, upright."""
        self._turns = 0
        self._pixmap = pixmap
        self._place = Place(original.width(), original.height(), *self._canvas())
        self._changed()

    def sharpen(self, pixmap: QPixmap, original: QSize) -> None:
        """Show a better rendition of the same picture where the one before was."""
        self._pixmap = pixmap
        if (original.width(), original.height()) != self._upright():
            now = self._place
            turned = original.transposed() if self._turns % 2 else original
            self._place = Place(
                turned.width(), turned.height(), now.across, now.down, now.zoom, now.x, now.y
            )
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._pixmap = QPixmap()
        self._place = Place(0, 0, *self._canvas())
        self.update()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom by *factor* at a point, or at the middle."""
        self._move_to(zoom.zoomed(self._place, factor, self._point(at)))

    def fit(self) -> None:
        """Show the whole picture."""
        self.zoom(1 / self._place.zoom)

    def actual_size(self, at: QPointF | None = None) -> None:
        """Show every pixel of the picture on one of the screen."""
        self._move_to(zoom.actual_size(self._place, self._point(at)))

    def toggle_actual_size(self, at: QPointF | None = None) -> None:
        """Change between the whole picture and its actual size."""
        if self._place.zoom > 1.001:
            self.fit()
        else:
            self.actual_size(at)

    def turn(self, quarters: int) -> None:
        """Turn the picture clockwise, for looking only, and fit it."""
        self._turns = (self._turns + quarters) % 4
        now = self._place
        size = (now.height, now.width) if quarters % 2 else (now.width, now.height)
        self._place = Place(*size, now.across, now.down)
        self._changed()

    def drag(self, by: QPointF) -> None:
        """Move the picture by so many pixels of the widget."""
        ratio = self.devicePixelRatioF()
        self._move_to(zoom.dragged(self._place, (by.x() * ratio, by.y() * ratio)))

    def show_cursor(self, *, shown: bool) -> None:
        """Show the mouse's arrow over the picture, or not."""
        self._has_cursor = shown
        self._shape_cursor()

    def _move_to(self, place: Place) -> None:
        self._place = place
        self._changed()

    def _changed(self) -> None:
        self._shape_cursor()
        self.update()
        if self.is_blurred:
            self.sharper_wanted.emit()

    def _upright(self) -> tuple[float, float]:
        now = self._place
        return (now.height, now.width) if self._turns % 2 else (now.width, now.height)

    def _canvas(self) -> tuple[float, float]:
        ratio = self.devicePixelRatioF()
        return self.width() * ratio, self.height() * ratio

    def _point(self, at: QPointF | None) -> tuple[float, float]:
        ratio = self.devicePixelRatioF()
        point = at if at is not None else QRectF(self.rect()).center()
        return point.x() * ratio, point.y() * ratio

    def _shape_cursor(self) -> None:
        if not self._has_cursor:
            self.setCursor(Qt.CursorShape.BlankCursor)
        elif not self._place.can_pan:
            self.unsetCursor()
        elif self._grabbed is None:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(GROUND))
        if self._pixmap.isNull():
            return
        ratio = self.devicePixelRatioF()
        painter.scale(1 / ratio, 1 / ratio)
        # Large pixels are shown as they are: whoever zooms that far wants to see them.
        smooth = self._place.scale < 4
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        left, top, width, height = self._place.rectangle
        painter.translate(left + width / 2, top + height / 2)
        painter.setTransform(QTransform().rotate(90 * self._turns), True)
        if self._turns % 2:
            width, height = height, width
        target = QRectF(-width / 2, -height / 2, width, height)
        painter.drawPixmap(target, self._pixmap, QRectF(self._pixmap.rect()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._move_to(zoom.resized(self._place, *self._canvas()))
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / NOTCH
        self.zoom(zoom.STEP**notches, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._place.can_pan:
            self._grabbed = event.position()
            self._shape_cursor()
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is not None:
            self.drag(event.position() - self._grabbed)
            self._grabbed = event.position()
        self.pointed.emit()
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None
        self._shape_cursor()
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.toggle_actual_size(event.position())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                middle = self.mapFromGlobal(pinch.hotSpot())
                self.zoom(pinch.scaleFactor(), middle)
                return True
        if (
            isinstance(event, QNativeGestureEvent)
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            self.zoom(1 + event.value(), event.position())
            return True
        return super().event(event)

"""The menus: every action of the window, its words and its keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from gui.settings import Mode, Scheme

Keys = str | QKeySequence.StandardKey | None


class Menus:
    """Fills a menu bar. The actions are there to be connected, enabled and checked by the window.

    Actions that belong together as alternatives are in a dictionary: `modes`, `schemes`.
    """

    def __init__(self, bar: QMenuBar) -> None:
        standard = QKeySequence.StandardKey
        file = bar.addMenu("&File")
        self.open_folder = _action(file, "&Open folder…", standard.Open)
        self.open_address = _action(file, "Open a&ddress…", "Ctrl+L")
        file.addSeparator()
        self.save = _action(file, "&Save…", standard.Save)
        self.save_all = _action(file, "Save &all in this folder…", "Ctrl+Shift+S")
        self.open_copy = _action(file, "Open with &another program", "Ctrl+Return")
        self.saves = _action(file, "Sa&ves…", "Ctrl+Shift+J")
        file.addSeparator()
        self.share = _action(file, "S&hare on this network", "Ctrl+Shift+H", checkable=True)
        self.who = _action(file, "&Who is here…", "Ctrl+Shift+W")
        self.share_name = _action(file, "&Name on this network…")
        self.remembered = _action(file, "&Remembered shares…")
        file.addSeparator()
        self.quit = _action(file, "&Quit", "Ctrl+Q")
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)

        edit = bar.addMenu("&Edit")
        self.select_all = _action(edit, "Select &all", standard.SelectAll)
        self.copy = _action(edit, "&Copy", standard.Copy)
        self.copy.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.copy_link = _action(edit, "Copy &link", "Ctrl+Shift+C")
        self.filter = _action(edit, "&Filter", standard.Find)

        view = bar.addMenu("&View")
        self.modes = {
            Mode.GRID: _action(view, "&Grid", "Ctrl+1", checkable=True),
            Mode.LIST: _action(view, "&List", "Ctrl+2", checkable=True),
        }
        self.larger = _action(view, "&Larger pictures", standard.ZoomIn)
        self.smaller = _action(view, "&Smaller pictures", standard.ZoomOut)
        view.addSeparator()
        self.preview = _action(view, "&Preview", "Ctrl+I", checkable=True)
        self.preview.setChecked(True)
        colours = view.addMenu("&Colours")
        self.schemes = {
            Scheme.SYSTEM: _action(colours, "As the &system", checkable=True),
            Scheme.LIGHT: _action(colours, "&Light", checkable=True),
            Scheme.DARK: _action(colours, "&Dark", checkable=True),
        }
        view.addSeparator()
        self.reload = _action(view, "&Reload", "F5")
        for alternatives in (self.modes, self.schemes):
            group = QActionGroup(bar)
            for action in alternatives.values():
                group.addAction(action)

        go = bar.addMenu("&Go")
        self.back = _action(go, "&Back", "Alt+Left")
        self.forward = _action(go, "&Forward", "Alt+Right")
        self.up = _action(go, "&Up", "Alt+Up")
        self.up.setShortcuts([QKeySequence("Alt+Up"), QKeySequence("Backspace")])
        self.top = _action(go, "&Top", "Alt+Home")
        go.addSeparator()
        self.home = _action(go, "This &computer", "Ctrl+Home")

        help_ = bar.addMenu("&Help")
        self.about = _action(help_, "&About Lanslide")
        self.about.setMenuRole(QAction.MenuRole.AboutRole)


def _action(menu: QMenu, text: str, keys: Keys = None, *, checkable: bool = False) -> QAction:
    action = menu.addAction(text)
    if keys is not None:
        action.setShortcut(QKeySequence(keys))
    action.setCheckable(checkable)
    return action

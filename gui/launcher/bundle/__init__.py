"""Makes Lanslide into a folder that needs no Python, and into what systems install.

    uv run --group bundle python -m gui.launcher.bundle --into dist

`contents` says what goes in, `licences` which texts go with it, `lanslide.spec` is PyInstaller's
recipe; `__main__` makes an archive of the folder, and `debian` a package. A recipe makes a bundle
for the system it runs on. Only Linux's has been run; those for Windows and macOS follow
PyInstaller's documentation.
"""

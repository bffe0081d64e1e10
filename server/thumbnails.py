"""The routes of pictures made smaller, and of what is known about a picture."""

from functools import partial

from flask import Flask, Response, request

from server import responses
from server.covers import covers
from server.folder import SharedFolder
from server.pictures import responses as picture_responses
from server.pictures.replies import KIND
from server.pictures.service import Pictures
from server.problems import found
from server.urls import THUMBNAILS, folder_path

# Pictures that are tried to stand for a folder; each that is broken takes a decoder's time, once.
_MOST_TRIED = 4


class Thumbnails:
    """Answers for the pictures in *folder*.

    Args:
        own: our own files, with what stands for a folder without a picture.

    """

    def __init__(self, folder: SharedFolder, own: SharedFolder, pictures: Pictures | None) -> None:
        self._folder, self._own, self._pictures = folder, own, pictures

    def install(self, app: Flask) -> None:
        """Add the routes to *app*."""
        app.add_url_rule(f"{THUMBNAILS}<string:size>/<path:path>", view_func=self.thumb)
        app.add_url_rule("/api/info/<path:path>", view_func=self.info)

    def thumb(self, size: str, path: str) -> Response:
        """Send a picture made smaller, or the one that stands for a folder."""
        return self._cover(size, path) if path.endswith("/") else self._picture(size, path)

    def _cover(self, size: str, path: str) -> Response:
        """Send the first picture in a folder that can be shown at all."""
        candidates = covers(self._folder, folder_path(path))
        for _ in range(_MOST_TRIED):
            candidate = found(lambda: next(candidates, None))
            if candidate is None:
                break
            response = self._picture(size, candidate)
            if response.headers[KIND] != "none":
                return response
            response.close()
        # Seen through: the page's own drawing of a folder is behind it.
        return responses.own_file(request, found(lambda: self._own.open("nothing.png")))

    def _picture(self, size: str, path: str) -> Response:
        again = partial(self._folder.open, path)
        return picture_responses.thumb(found(again), again, size, request, self._pictures)

    def info(self, path: str) -> Response:
        """Tell what is known about a picture."""
        opened = found(lambda: self._folder.open(path))
        details = picture_responses.details(opened, request, self._pictures)
        return responses.as_json({"path": path, **details})

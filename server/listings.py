"""The routes of folders for programs: a listing as JSON, and the events of a folder."""

from flask import Flask, Response, abort, request

from server import events, responses
from server.folder import SharedFolder
from server.listing_text import KIND, BadWish, listing_text, wanted
from server.pictures.service import Pictures
from server.problems import found
from server.urls import LISTINGS, folder_path
from server.watching import Watching


class Listings:
    """Answers for the folders in *folder*."""

    def __init__(self, folder: SharedFolder, pictures: Pictures | None) -> None:
        self._folder, self._pictures = folder, pictures
        self._streams = events.Streams(Watching(folder))

    def install(self, app: Flask) -> None:
        """Add the routes to *app*."""
        for start, view in ((LISTINGS, self.listing), ("/api/events/", self.changes)):
            app.add_url_rule(start.removesuffix("/"), view_func=view, defaults={"path": ""})
            app.add_url_rule(start, view_func=view, defaults={"path": ""})
            app.add_url_rule(f"{start}<path:path>", view_func=view)

    def listing(self, path: str) -> Response:
        """List a folder, or a part of it."""
        try:
            part = wanted(request.args)
        except BadWish as problem:
            abort(400, str(problem))
        listed = found(lambda: self._folder.entries(folder_path(path), *part))
        text = listing_text(listed, part, self._pictures)
        return responses.text(request, Response(text, content_type=KIND))

    def changes(self, path: str) -> Response:
        """Begin to tell what changes in a folder."""
        listed = found(lambda: self._folder.entries(folder_path(path), limit=0))
        return self._streams.reply(listed, request)

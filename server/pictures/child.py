"""A decoder process: waits for an open file, answers with a small picture of it, and again.

It has nothing that a file could make use of: no other open file, no right to write one. Whatever
goes wrong with a file ends in "no picture" or in this process's end.
"""

import warnings

from PIL.Image import DecompressionBombError, DecompressionBombWarning

from server.pictures import intake, limits, reading
from server.pictures.opened import TooLarge
from server.pictures.protocol import DAMAGED, READY, TOO_LARGE, Answer, Request

_SMALL = 1 << 15
_TOO_LARGE = (TooLarge, MemoryError, DecompressionBombError, DecompressionBombWarning)


def main() -> None:
    """Answer requests until the program hangs up."""
    connection = intake.connection()
    reading.prepare()
    # A picture that a library warns of, as too large for one, is none. Warnings to the user are
    # about broken notes on good pictures, others about the program.
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", RuntimeWarning)
    limits.apply()
    connection.sendall(READY)
    while (received := intake.receive(connection)) is not None:
        line, descriptor = received
        request = Request.read(line)
        limits.renew(is_conversion=request.is_conversion)
        with intake.tied(connection):
            answer = _answer(request, descriptor)
        limits.rest()
        # The small ones in one piece with their line, so that the program is woken up once.
        if len(answer.data) <= _SMALL:
            connection.sendall(answer.line() + answer.data)
        else:
            connection.sendall(answer.line())
            connection.sendall(answer.data)


def _answer(request: Request, descriptor: int) -> Answer:
    with open(descriptor, "rb") as file:
        try:
            file.seek(0)
            return reading.answer(request, file)
        except _TOO_LARGE:
            return Answer("none", data=TOO_LARGE)
        except Exception:
            # A stranger's file: what a decoder raises at it, no list can name.
            return Answer("none", data=DAMAGED)

"""A still of a video."""

from typing import IO

import av
from PIL import Image

from server.pictures.opened import NoPicture, Opened

# Named, because what else the library guesses a file to be may lead it to other files.
_CONTAINERS = {b"ftyp": "mov", b"moov": "mov", b"mdat": "mov", b"RIFF": "avi"}
# Where in the video: not at the very beginning, which is often black.
_PART = 0.1
_AT_MOST = 10 * av.time_base
_MOST_PACKETS = 2000
_TURNS = {90: 8, -90: 6, 270: 6, -270: 8, 180: 3, -180: 3}


def opened(file: IO[bytes]) -> Opened:
    """Look at the first whole picture of a video, a little after its beginning."""
    head = file.read(16)
    file.seek(0)
    name = _CONTAINERS.get(head[4:8]) or _CONTAINERS.get(head[:4]) or "matroska"
    if head[4:8] in {b"wide", b"free", b"skip"}:
        name = "mov"
    with av.open(file, mode="r", format=name, metadata_errors="ignore") as container:
        if not container.streams.video:
            raise NoPicture
        frame = _frame(container)
        turn = _TURNS.get(round(frame.rotation), 1)
        image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]  # PyAV's
    return Opened(image.width, image.height, lambda _: image, turn)


def _frame(container: av.container.InputContainer) -> av.VideoFrame:
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1
    stream.codec_context.skip_frame = "NONKEY"
    if container.duration:
        place = min(int(container.duration * _PART), _AT_MOST)
        container.seek(place + (container.start_time or 0))
    for number, packet in enumerate(container.demux(stream)):
        for frame in packet.decode():
            return frame
        if number > _MOST_PACKETS:
            break
    raise NoPicture

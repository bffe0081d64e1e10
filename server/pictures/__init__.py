"""Small pictures of the files in the share, made by processes that cannot hurt the program.

The way of one thumbnail: `replies` answers `GET /thumb/…` with a file that came through the
gate. `Pictures` looks whether the `Cache` has it. If not, a job goes into the `Queue`, where
whatever was asked last goes first, and a thread hands the open file to its `Decoder`: a process
of its own with limits on memory and time, in which `child` decodes, scales and encodes it. Where
several are wanted the `Nursery` starts them, as copies of one that has loaded what they need.

This module imports nothing: the decoder processes start with it.
"""

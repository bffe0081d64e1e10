"""`lanslide-decoder NAME`: one of the processes of `nursery.command` where no Python could run it.

That is in a bundle, where each program is a file of its own.
"""

import sys


def main() -> None:
    """Be the process whose name is given; each loads only its own."""
    if sys.argv[1:] == ["forking"]:
        from server.pictures import forking

        forking.main()
    else:
        from server.pictures import child

        child.main()


if __name__ == "__main__":
    main()

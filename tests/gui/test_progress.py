from gui.progress import Progress


def test_what_is_named_is_on_its_way_for_as_long_as_something_is():
    progress = Progress()
    film, letter = progress.begin("film.mov", 9), progress.begin("letter.txt", 1)
    assert progress.view().current == "letter.txt"
    progress.end(letter)
    assert progress.view().current == "film.mov"
    progress.end(film)
    assert progress.view().current == "film.mov"

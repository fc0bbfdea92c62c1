from reprise.counting import counted


def test_one_is_one() -> None:
    assert counted(1, "image") == "1 image"
    assert counted(0, "image") == "0 images"
    assert counted(1200, "class", "classes") == "1,200 classes"

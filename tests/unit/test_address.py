import pytest

from stages.address import joined, public, scrubbed


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://host/a/b.zip", "https://host/a/b.zip"),
        ("https://ann:pass@host:8080/b.zip", "https://host:8080/b.zip"),
        ("https://token@host/b.zip", "https://host/b.zip"),
        ("https://host/b.zip?token=secret&x=1#part", "https://host/b.zip"),
        ("https://ann:pa/ss@host/b.zip", "https://host/b.zip"),
        ("https://ann:pa?ss#x@host/b.zip", "https://host/b.zip"),
        ("https://ann:p@ss@host/b.zip", "https://host/b.zip"),
        ("https://me@mail.com:pass@host/b.zip", "https://host/b.zip"),
        ("https://host/photos@2x.zip", "https://host/photos@2x.zip"),
        ("https://host:443/photos@2x.zip", "https://host:443/photos@2x.zip"),
        ("s3://bucket/a b.zip", "s3://bucket/a b.zip"),
        ("https://host/a\x1b[31m\n.zip", "https://host/a\\x1b[31m\\n.zip"),
        ("data/a?b#c.zip", "data/a?b#c.zip"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(address: str, shown: str) -> None:
    assert public(address) == shown


@pytest.mark.parametrize(
    "said",
    [
        "401, message='Unauthorized', url='https://ann:s%20crt@host/b.zip?token=abcd1234'",
        "URL('https://host/b.zip?token=abcd1234&x=1') cannot be had",
        "no such user: ann with s crt",
        "wrong signature abcd1234",
        "https://ann:s crt@host/b.zip",
    ],
)
def test_no_message_of_a_library_holds_a_secret(said: str) -> None:
    shown = scrubbed(said, "https://ann:s%20crt@host/b.zip?token=abcd1234&x=1")
    assert not [secret for secret in ("s%20crt", "s crt", "abcd1234") if secret in shown]


@pytest.mark.parametrize(
    ("folder", "address"),
    [
        ("https://host/mnist", "https://host/mnist/a.gz"),
        ("https://host/mnist/?token=x", "https://host/mnist/a.gz?token=x"),
        ("s3://bucket", "s3://bucket/a.gz"),
        ("data/mirror/", "data/mirror/a.gz"),
    ],
)
def test_a_file_in_a_folder_keeps_the_query(folder: str, address: str) -> None:
    assert joined(folder, "a.gz") == address

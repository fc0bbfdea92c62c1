import pytest

from stages.address import public, scrubbed

SECRET = "hunter2"  # noqa: S105


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"https://me:{SECRET}@host:8443/a/b.pth", "https://host:8443/a/b.pth"),
        (f"https://{SECRET}@host/b.pth", "https://host/b.pth"),
        (f"https://me:a/b@{SECRET}@host/b.pth", "https://host/b.pth"),
        (f"https://host/b.pth?token={SECRET}&x=1#{SECRET}", "https://host/b.pth"),
        ("s3://bucket/key", "s3://bucket/key"),
        ("models/source/a@b?c.pth", "models/source/a@b?c.pth"),
        ("a\n\x1b[31mb", "a\\n\\x1b[31mb"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(address: str, shown: str) -> None:
    assert public(address) == shown


@pytest.mark.parametrize(
    "text",
    [
        f"cannot open https://me:{SECRET}@host/x",
        f"401, url='https://host/x?token={SECRET}'",
        f"user me with {SECRET} was refused",
        f"{SECRET}%21 is wrong, so is {SECRET}!",
    ],
)
def test_what_a_library_said_holds_no_secret_of_the_address(text: str) -> None:
    address = f"https://user:{SECRET}@host/x?token={SECRET}%21"
    assert SECRET not in scrubbed(text, address)

import sys

import pytest

from stages.errors import UserError
from tools import publish
from tools.publishing import sending


@pytest.mark.parametrize("name", ["me/x", "me/a-b_c.d", "A/1", "_x/y", f"{'a' * 96}/x"])
def test_names_of_repositories_are_taken(name: str) -> None:
    sending.require_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("x", "", "a/b/c", "a//b", "/x", "../..", "~/x", "a b/c", "a/b\n", "größe/x"),
        *("-x/y", "x/-y", "x/y-", "x/.y", "a--b/c", "a/b..c", "a/b.git", f"a/{'b' * 97}"),
    ],
)
def test_what_the_hub_would_refuse_is_refused_first(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for more in ([], ["--dry-run"]):
        monkeypatch.setattr(sys, "argv", ["publish", *more, "--", name])
        with pytest.raises(
            UserError, match=r"is no name of a repository; give it as owner/name, e"
        ):
            publish.main()


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_without_the_library_is_one_message(
    more: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.setattr(sys, "argv", ["publish", "me/x", *more])
    with pytest.raises(UserError, match=r"^publish: me/x needs huggingface_hub, .*EXTRAS=hub`"):
        publish.main()

"""A connection ends with its answer, whether or not the client still sends."""

from asyncio import Transport
from unittest.mock import Mock, call

import pytest

from reprise.serving.orderly_end import OrderlyTransport


def test_a_client_that_still_sends_gets_the_end_first() -> None:
    given = Mock(spec=Transport, is_closing=Mock(return_value=False))
    transport = OrderlyTransport(given, lambda: True)
    transport.write(b"answer")
    transport.close()
    transport.write(b"more")
    transport.close()
    assert given.mock_calls == [
        call.write(b"answer"), call.is_closing(), call.write_eof(),
    ]  # fmt: skip
    assert transport.is_closing()


def test_a_client_that_has_sent_all_is_left_at_once() -> None:
    given = Mock(spec=Transport, is_closing=Mock(return_value=False))
    OrderlyTransport(given, lambda: False).close()
    assert given.mock_calls == [call.is_closing(), call.close()]


@pytest.mark.parametrize("closing", [True, False])
def test_all_else_is_the_transports(*, closing: bool) -> None:
    given = Mock(spec=Transport, is_closing=Mock(return_value=closing))
    transport = OrderlyTransport(given, lambda: False)
    assert transport.is_closing() == closing
    assert transport.get_extra_info("socket") is given.get_extra_info.return_value

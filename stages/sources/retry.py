"""Retry what may pass by itself; turn what may not into one message with the remedy."""

import time
from collections.abc import Callable
from socket import EAI_AGAIN, gaierror

from reprise.shortage import lacking
from stages import installing
from stages.address import public, scrubbed
from stages.errors import UserError
from stages.sources.limits import RefusedError
from stages.sources.store import error_reason

ATTEMPTS = 5
PAUSE = 1.0  # seconds before the second try; doubles with every further one
TRANSIENT_STATUS = {408, 425, 429}  # HTTP states that pass by themselves, as those from 500 on do
PERMANENT = (FileNotFoundError, PermissionError, IsADirectoryError, ImportError, ValueError)
EXTRAS = {"s3": "s3", "gs": "gs", "gcs": "gs", "ssh": "ssh", "sftp": "ssh"}


def with_retries(address: str, action: Callable[[], None]) -> None:
    """Run the action, again after longer and longer pauses while its error may pass.

    Raises:
        UserError: it went wrong for good, or too often.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return action()
        except UserError:
            raise
        except RefusedError as refusal:
            raise UserError(f"{public(address)}: {refusal}") from refusal
        except Exception as error:  # every file system has errors of its own
            if lacking(error):
                raise
            cause = _cause(error)
            if attempt == ATTEMPTS or not _is_transient(cause):
                raise _user_error(address, cause, attempt) from error
        time.sleep(PAUSE * 2 ** (attempt - 1))
    return None


def _cause(error: Exception) -> BaseException:
    """Return the cause behind fsspec, which turns every HTTP error into a missing file."""
    from aiohttp import ClientError  # noqa: PLC0415 - imported by now, if it is one

    cause = error.__cause__
    return cause if isinstance(cause, ClientError | TimeoutError) else error


def _is_transient(cause: BaseException) -> bool:
    if isinstance(status := getattr(cause, "status", None), int):
        return status >= 500 or status in TRANSIENT_STATUS
    lookup = getattr(cause, "os_error", cause)
    if isinstance(lookup, gaierror):
        return lookup.errno == EAI_AGAIN
    return not isinstance(cause, PERMANENT)


def _user_error(address: str, cause: BaseException, attempts: int) -> UserError:
    why = scrubbed(error_reason(cause), address)
    if isinstance(cause, FileNotFoundError) or getattr(cause, "status", None) in {404, 410}:
        why = "there is no such file"
    tries = f" in {attempts} tries" if attempts > 1 else ""
    remedy = _remedy(address, cause)
    return UserError(f"{public(address)}: cannot be fetched{tries}: {why}; {remedy}")


def _remedy(address: str, cause: BaseException) -> str:
    """Return what the user can do about it."""
    status = getattr(cause, "status", None)
    if isinstance(cause, FileNotFoundError) or status in {404, 410}:
        return "check the address"
    if isinstance(cause, IsADirectoryError):
        return "give the address of one file"
    if isinstance(cause, PermissionError) or status in {401, 403}:
        return (
            "check that you may read it (~/.netrc may hold user and password), or fetch it by hand "
            "and give its local path"
        )
    if isinstance(cause, ImportError):
        extra = EXTRAS.get(address.partition("://")[0])
        return installing.remedy(extra) if extra else "`pip install 'fsspec[full]'`"
    if isinstance(cause, ValueError):
        return "give an address with http, https, s3, gs, ssh or file"
    return "check the network and the address, then run the stage again"

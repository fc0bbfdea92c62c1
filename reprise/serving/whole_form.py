"""A form, or the reason that it is none: no part of it is left out without a word."""

import re

from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser

# RFC 7578, 4.2, forbids it in forms, so that the parser does not see that the part is a file.
EXTENDED = re.compile(rb";\s*filename\*", re.IGNORECASE)
EARLY = "it ends early, without its last boundary; send it again"


class WholeForm(MultiPartParser):
    """A parser that writes no file, as the body is in memory, and that takes all or nothing."""

    spool_max_size = 2**62
    _begun = _ended = False

    def on_part_begin(self) -> None:
        """See that there is a part."""
        self._begun = True
        super().on_part_begin()

    def on_headers_finished(self) -> None:
        """Refuse a file without a name: it would be a field of text.

        Raises:
            MultiPartException: the part is no file and no text.
        """
        super().on_headers_finished()
        part = self._current_part
        if part.file is not None:
            return
        if EXTENDED.search(part.content_disposition or b""):
            raise MultiPartException('filename* is not of forms (RFC 7578); send filename="..."')
        kind = dict(part.item_headers).get(b"content-type", b"text/plain").lower()
        if not kind.startswith(b"text/"):
            raise MultiPartException('a part that is no text has no filename="..."')

    def on_end(self) -> None:
        """See the last boundary."""
        self._ended = True

    async def parse(self) -> FormData:
        """Return files and fields.

        Raises:
            MultiPartException: it is no form, or only the beginning of one.
        """
        form = await super().parse()
        if self._begun and not self._ended:
            for file in self._files_to_close_on_error:  # the last of them is not in the form
                file.close()
            raise MultiPartException(EARLY)
        return form

"""Headers of a tar archive, read more strictly than the library does.

The library takes a damaged header for the end of the archive, so that whatever lies behind it is silently not there;
follows negative sizes backwards without end (CVE-2025-8194); and reads a long name of any length into memory.
"""

import tarfile

MAX_EXTENDED = 2**20
"""Bytes of one extended header: a long name, or a table of attributes."""
_EXTENDED = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)


class StrictMember(tarfile.TarInfo):
    """A member whose header is sound; an archive ends with a block of zeros and in no other way."""

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> "StrictMember":
        """The next member; raises ReadError where there is neither one nor the mark of the end."""
        try:
            return super().fromtarfile(tarfile)
        except _HeaderError as error:
            # the library takes most of its header errors for the end of the archive, and so do we with this one alone
            if isinstance(error, _EndMark):
                raise
            raise _ReadError(f"{error} where a member or the end mark should be") from None

    def _proc_member(self, tarfile: tarfile.TarFile) -> "StrictMember":
        # before the library's method, which reads the whole of an extended header into memory
        if self.type in _EXTENDED and self.size > MAX_EXTENDED:
            raise _ReadError(f"a header of {self.size} bytes")
        member: StrictMember = super()._proc_member(tarfile)
        return member

    def _block(self, count: int) -> int:
        if count < 0:
            raise _ReadError(f"a member of {count} bytes")
        return int(super()._block(count))


_HeaderError, _ReadError = tarfile.HeaderError, tarfile.ReadError
_EndMark = tarfile.EOFHeaderError  # type: ignore[attr-defined]

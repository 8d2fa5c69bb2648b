"""Where files of a data set come from: a folder, a zip or a tar archive, all seen the same way."""

from gaitprint.archives._forwarding import Within
from gaitprint.archives._names import Listing, inside, parent
from gaitprint.archives.contents import Watched, as_it_was, full_stamp
from gaitprint.archives.opening import Files, found_instead, is_archive, open_files

__all__ = [
    "Files",
    "Listing",
    "Watched",
    "Within",
    "as_it_was",
    "found_instead",
    "full_stamp",
    "inside",
    "is_archive",
    "open_files",
    "parent",
]

"""What a file is that is not what was expected, told by its first bytes: a name for people, and the way out."""

_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "a pointer of Git LFS, not the file: run `git lfs pull` where it was cloned"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image: save its frames as PNG"),
    (b"\x93NUMPY", "a .npy array"),
    (b"MATLAB 5.0 MAT-file", "a MATLAB file: load it with scipy.io.loadmat and save the array with numpy.save"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 or MATLAB 7.3 file: load it with h5py and save the array with numpy.save"),
    (b"\x1f\x8b", "packed with gzip: unpack it first"),
    (b"BZh", "packed with bzip2: unpack it first"),
    (b"\xfd7zXZ\0", "packed with xz: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "packed with zstandard: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "packed with 7-Zip: unpack it first"),
    (b"Rar!", "packed with RAR: unpack it first"),
    (b"PK\x03\x04", "a zip archive, or an .npz or Office file"),
    (b"%PDF", "a PDF"),
    (b"8BPS", "a Photoshop image: save it as PNG"),
    (b"<!doctype html", "a web page: the download was refused, perhaps for want of a login"),
    (b"<html", "a web page: the download was refused, perhaps for want of a login"),
)


def other_kind(data: bytes) -> str:
    r"""Say what a file is, with the way out; empty where that cannot be told.

    >>> other_kind(b"GIF89a..."), other_kind(b"hello")
    ('a GIF image: save its frames as PNG', '')

    Args:
        data: the file, or its first bytes.
    """
    start = data[:64]
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "a WebP image: save it as PNG"
    if start.startswith(b"RIFF") and start[8:12] == b"AVI ":
        return "a film: save its frames as PNG"
    if start[4:8] == b"ftyp":
        return "a film, or an AVIF or HEIC image: save its frames as PNG"
    lowered = start.lower()
    return next((words for mark, words in _KINDS if start.startswith(mark) or lowered.startswith(mark)), "")

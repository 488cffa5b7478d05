"""Tiny Shakespeare, by a checksummed download when it is asked for."""

from os import PathLike

import pooch

from course_utils.runtime import CourseError
from course_utils.training import read_text

SHAKESPEARE_SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
SHAKESPEARE_MIRRORS = (
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    "https://cdn.jsdelivr.net/gh/karpathy/char-rnn@master/data/tinyshakespeare/input.txt",
    "https://storage.googleapis.com/download.tensorflow.org/data/shakespeare.txt",
)


def tiny_shakespeare(
    mirrors: tuple[str, ...] = SHAKESPEARE_MIRRORS,
    sha256: str = SHAKESPEARE_SHA256,
    cache: str | PathLike | None = None,
) -> str:
    """Return tiny Shakespeare, 1,115,394 characters, downloaded the first time it is asked for.

    Args:
        mirrors: addresses to try in this order; a file with another checksum is not taken.
        sha256: the file's checksum in hexadecimal.
        cache: folder to keep the file in. Default None, the system's cache folder.

    Returns:
        The text.

    Raises:
        CourseError: no mirror gave the file; says what to do instead.

    Source: A. Karpathy, char-rnn, data/tinyshakespeare (2015).
    """
    folder = pooch.os_cache("course_utils") if cache is None else cache
    reasons = []
    for url in mirrors:
        try:
            return read_text(_fetch(url, sha256, folder))
        except (OSError, ValueError) as error:  # no network, no such file, another checksum
            reasons.append(type(error).__name__)
    raise CourseError(
        f"expected tiny Shakespeare from {len(mirrors)} addresses, got {', '.join(reasons)}: "
        "connect to the internet, or pass a text file of yours to read_text(path)"
    )


def _fetch(url: str, sha256: str, folder: str | PathLike) -> str:
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")  # a notebook's output should not depend on where the file came from
    try:
        return pooch.retrieve(
            url,
            known_hash=f"sha256:{sha256}",
            fname="tinyshakespeare.txt",
            path=folder,
            downloader=pooch.HTTPDownloader(timeout=10),
        )
    finally:
        logger.setLevel(level)

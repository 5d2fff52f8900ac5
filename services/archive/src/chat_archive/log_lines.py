"""Lines of log.txt and the posts in the index: line N is the post with number N."""

from collections.abc import Iterable, Sequence

import structlog

from chat_archive.index import Index
from chat_archive.log_file import Extent, LogFile
from chat_wire.errors import UnreadableLine
from chat_wire.log_line import from_line, lines_for, to_line
from chat_wire.messages import Recorded

log = structlog.get_logger()


def posts_in(lines: Iterable[bytes], first_number: int) -> list[Recorded]:
    """Return the posts in lines of log.txt, without lines that the archive did not write.

    Args:
        lines: The lines.
        first_number: The number of the first line.
    """
    posts = []
    for number, line in enumerate(lines, start=first_number):
        try:
            posts.append(from_line(line, number))
        except UnreadableLine as error:
            log.warning("log.unreadable_line", number=number, error=str(error))
    return posts


def lines_of(posts: Sequence[Recorded], after: int) -> bytes:
    """Return the lines of posts, with an empty line for each number that has no post.

    Args:
        posts: Posts in the order of their numbers.
        after: The number of the line before.
    """
    lines = []
    for post in posts:
        lines += [b"\n"] * (post.number - after - 1)
        lines.append(to_line(post))
        after = post.number
    return b"".join(lines)


def common_part(log_file: LogFile, index: Index) -> Extent | None:
    """Return the beginning of log.txt that the index has too; None if the two contradict each other.

    The last post that both have decides: its number counts all lines before it.

    Args:
        log_file: log.txt.
        index: The index.

    Raises:
        StorageFailed: log.txt or the index cannot be read.
    """
    newest = index.newest()
    part = log_file.first_lines(newest.number if newest else 0)
    last = index.newest(up_to=part.lines)
    if last is None:
        return part
    line = part.last_line if last.number == part.lines else log_file.first_lines(last.number).last_line
    return part if line in lines_for(last) else None

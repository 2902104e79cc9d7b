"""No click is lost: what PostgreSQL can't take now waits on disk, whole, and comes home once."""

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from asyncpg.pgproto import pgproto
from hypothesis import given
from hypothesis import strategies as st

from router.insert import Click
from router.journal import MAGIC, Journal, JournalFullError, Segment, _decode, _encode


def click(text: str = "Mozilla", number: int = 1) -> Click:
    def new_id() -> pgproto.UUID:
        return pgproto.UUID(uuid4().bytes)

    ids = (new_id(), new_id(), number, new_id(), new_id(), new_id())
    return (*ids, text, None, text, None, None, '{"utm_source":"x"}', None, None)


@pytest.mark.parametrize("width", [11, 14, 20])
def test_a_record_from_before_or_after_an_update_is_read_too(width: int) -> None:
    written = (*click()[:13], None, *("new",) * 6)[:width]
    read_again = _decode(_encode(written)[12:])
    assert read_again == (*written[:14], *(None,) * 3)[:14]


def read(folder: Path) -> list[Click]:
    """Everything that can be claimed and read, oldest first; files stay."""
    found: list[Click] = []
    for path in Journal(folder, 0).waiting():
        segment = Segment.claim(path)
        if segment is not None:
            found += [click for batch in segment.batches(2) for click in batch]
            segment.close()
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_appended_is_read_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 10**6)
    clicks = [click("ä\u2028\U0001f600", number) for number in range(5)]
    journal.append(clicks[:2])
    journal.append(clicks[2:])
    assert read(tmp_path) == []  # Its lock is ours while we write.
    journal.seal()
    assert read(tmp_path) == clicks


def test_files_are_private(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "new", 10**6)
    journal.append([click()])
    (path,) = journal.waiting()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    journal.seal()


@given(cut=st.integers(min_value=0))
def test_fault_12_a_torn_tail_costs_only_itself(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    journal = Journal(folder, 10**6)
    clicks = [click(number=number) for number in range(3)]
    ends = [len(MAGIC)]
    for one in clicks:
        journal.append([one])
        ends.append(journal.waiting_bytes())
    journal.seal()
    (path,) = journal.waiting()
    length = cut % (ends[-1] + 1)
    os.truncate(path, length)
    whole = sum(end <= length for end in ends[1:])
    segment = Segment.claim(path)
    assert segment is not None
    assert [one for batch in segment.batches(10) for one in batch] == clicks[:whole]
    assert not segment.is_damaged
    segment.remove()
    assert list(folder.iterdir()) == []


def test_a_damaged_record_is_never_believed_and_the_file_is_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 10**6)
    first, second, third = click(), click(), click()
    journal.append([first])
    good = journal.waiting_bytes()
    journal.append([second, third])
    journal.seal()
    (path,) = journal.waiting()
    data = bytearray(path.read_bytes())
    data[good + 20] ^= 1
    path.write_bytes(data)
    segment = Segment.claim(path)
    assert segment is not None
    assert [one for batch in segment.batches(10) for one in batch] == [first]
    segment.remove()
    assert [kept.suffix for kept in tmp_path.iterdir()] == [".damaged"]


@given(at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_wrong_bit_anywhere_is_noticed_and_takes_no_file_away(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("bit")
    journal = Journal(folder, 10**6)
    clicks = [click(number=number) for number in range(3)]
    journal.append(clicks)
    journal.seal()
    (path,) = journal.waiting()
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1 << bit
    path.write_bytes(data)
    segment = Segment.claim(path)
    assert segment is not None
    found = [one for batch in segment.batches(10) for one in batch]
    assert found == clicks[: len(found)]
    assert segment.is_damaged
    segment.remove()
    assert [kept.suffix for kept in folder.iterdir()] == [".damaged"]


def test_a_file_that_another_process_takes_away_before_its_lock_gets_no_click(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who drains may look between the making of a file and its lock, and find it empty."""
    lock, rivals = fcntl.flock, iter([True, False])

    def lock_later(file: int, how: int) -> None:
        if how == fcntl.LOCK_EX and next(rivals):
            (empty,) = Journal(tmp_path, 0).waiting()
            rival = Segment.claim(empty)
            assert rival is not None
            assert list(rival.batches(10)) == []
            rival.remove()
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", lock_later)
    journal, one = Journal(tmp_path, 10**6), click()
    journal.append([one])
    journal.seal()
    assert read(tmp_path) == [one]


def test_a_file_that_is_drained_while_sizes_are_added_up_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, 10**6)
    monkeypatch.setattr(journal, "waiting", lambda: [tmp_path / "gone.clicks"])
    assert journal.waiting_bytes() == 0
    journal.append([click()])
    journal.seal()


@pytest.mark.parametrize("content", [b"", b"OP", MAGIC, MAGIC + bytes(100), b"something else"])
def test_files_without_a_record_are_read_as_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "1.clicks").write_bytes(content)
    assert read(tmp_path) == []


def test_fault_12_what_a_full_disk_cut_off_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, 10**6)
    first, second = click(), click()
    journal.append([first])
    write, writes = os.write, iter([True, False])

    def short(file: int, data: bytes) -> int:
        """As a disk with a little space left does: some bytes, then none."""
        if next(writes):
            return write(file, data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", short)
        with pytest.raises(OSError, match="No space"):
            journal.append([click()])
    journal.append([second])
    journal.seal()
    assert read(tmp_path) == [first, second]


def test_it_never_grows_beyond_its_bound(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 2000)
    stored = 0
    with suppress(JournalFullError):
        while stored < 100:
            journal.append([click()])
            stored += 1
    assert 0 < stored < 100
    assert journal.waiting_bytes() <= 2000
    journal.seal()
    assert len(read(tmp_path)) == stored
    with pytest.raises(JournalFullError):
        journal.append([click("x" * 2000)])
    journal.seal()

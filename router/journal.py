"""Clicks on disk while PostgreSQL can't take them: appended, synced, and drained when it is back.

One file per process and span, held under a lock while it is written. Whoever gets the lock, this
process or another on the same volume, may drain it: a click's id makes that idempotent.
"""

import fcntl
import json
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from secrets import token_hex
from threading import Lock
from time import time
from typing import BinaryIO

from asyncpg.pgproto import pgproto

from router.insert import WIDTH, Click

MAGIC = b"OPCLICK2"
SUFFIX = ".clicks"
DAMAGED = ".damaged"
SEGMENT_BYTES = 32 * 1024 * 1024

_HEADER = struct.Struct(">II")  # length and CRC-32 of what follows
_CHECK = struct.Struct(">I")  # CRC-32 of the header: a wrong length must not look like a torn tail
_IDS = (0, 1, 3, 4, 5)


class JournalFullError(OSError):
    """The journal holds as much as it may."""


class Journal:
    """Blocking by nature: callers on the event loop use a thread."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self._lock = Lock()
        self._file: int | None = None
        self._size = 0
        self._others = 0

    def append(self, clicks: Iterable[Click]) -> None:
        """Return once they are on disk; raise OSError when they are not, and leave no trace then."""
        data = b"".join(map(_encode, clicks))
        with self._lock:
            self._append(data)

    def _append(self, data: bytes) -> None:
        if self._file is not None and self._size > SEGMENT_BYTES:
            self._close()
        file = self._file if self._file is not None else self._open()
        if self._others + self._size + len(data) > self.max_bytes:
            raise JournalFullError("the journal is full")
        try:
            written = 0
            while written < len(data):
                written += os.write(file, data[written:])
            os.fdatasync(file)
        except OSError:
            self._undo(file)
            raise
        self._size += len(data)

    def seal(self) -> None:
        """Let go of the current file, so that it can be drained; the next append begins another."""
        with self._lock:
            self._close()

    def waiting(self) -> list[Path]:
        """Files to be drained, oldest first."""
        return sorted(self.folder.glob("*" + SUFFIX))

    def waiting_bytes(self) -> int:
        return sum(map(_size, self.waiting()))

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._others = self.waiting_bytes()
        file = self._new_file()
        while file is None:
            file = self._new_file()
        self._file, self._size = file, len(MAGIC)
        return file

    def _new_file(self) -> int | None:
        """A file under our lock; None where somebody who drains came before the lock, and removed it."""
        path = self.folder / f"{int(time() * 1000):014d}-{os.getpid()}-{token_hex(4)}{SUFFIX}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        file = os.open(path, flags, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file).st_nlink == 0:
                os.close(file)
                return None
            if os.write(file, MAGIC) != len(MAGIC):
                raise JournalFullError("no space for a journal")
            folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError:
            path.unlink(missing_ok=True)
            os.close(file)
            raise
        return file

    def _undo(self, file: int) -> None:
        """Cut off what was half written; where even that fails, nothing may follow it in the file."""
        try:
            os.ftruncate(file, self._size)
        except OSError:
            self._close()


class Segment:
    """One file of the journal, locked for draining."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self._file = file
        self.is_damaged = False

    @classmethod
    def claim(cls, path: Path) -> "Segment | None":
        """The file, or None while somebody else writes or drains it, or has just finished."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        if os.fstat(file.fileno()).st_nlink == 0:
            file.close()
            return None
        return cls(path, file)

    def batches(self, size: int) -> Iterator[list[Click]]:
        """Everything up to the end, or to the first record that isn't whole."""
        batch: list[Click] = []
        for click in self._clicks():
            batch.append(click)
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch

    def remove(self) -> None:
        """After draining. A damaged one stays beside, for somebody to look at."""
        if self.is_damaged:
            self.path.rename(self.path.with_suffix(DAMAGED))
        else:
            self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        self._file.close()

    def _clicks(self) -> Iterator[Click]:
        if self._file.read(len(MAGIC)) != MAGIC:
            self.is_damaged = os.fstat(self._file.fileno()).st_size >= len(MAGIC)
            return
        while head := self._file.read(_HEADER.size + _CHECK.size):
            if len(head) < _HEADER.size + _CHECK.size:
                return  # Torn by a crash in mid-write: whoever waited for it was never answered.
            header, check = head[: _HEADER.size], head[_HEADER.size :]
            if _CHECK.pack(zlib.crc32(header)) != check:
                self.is_damaged = True
                return
            length, checksum = _HEADER.unpack(header)
            record = self._file.read(length)
            if len(record) < length:
                return
            click = _decode(record) if zlib.crc32(record) == checksum else None
            if click is None:
                self.is_damaged = True
                return
            yield click


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # Just drained, perhaps by another process.
        return 0


def _encode(click: Click) -> bytes:
    values = [value.hex if i in _IDS else value for i, value in enumerate(click)]
    record = json.dumps(values, separators=(",", ":")).encode()
    header = _HEADER.pack(len(record), zlib.crc32(record))
    return header + _CHECK.pack(zlib.crc32(header)) + record


def _decode(record: bytes) -> Click | None:
    """The click, or None for what no router of ours has written."""
    try:
        values = json.loads(record)
        # A router from before the last update knew fewer columns, and one from after it more.
        values = [*values, *[None] * (WIDTH - len(values))][:WIDTH]
        return tuple(pgproto.UUID(value) if i in _IDS else value for i, value in enumerate(values))
    except (ValueError, TypeError):
        return None

"""How much memory a process holds for itself."""

import psutil


def held(process: psutil.Process) -> int:
    """Return the bytes in memory that are not pages of files, which many processes share."""
    told = process.memory_info()
    shared: int = getattr(told, "shared", 0)  # of Linux; elsewhere they count
    return told.rss - shared

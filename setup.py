"""What setup.cfg cannot express: an sdist with the same bytes in every build, and a README whose links are absolute."""

from __future__ import annotations

import configparser
import gzip
import os
import re
import tarfile
import time
from pathlib import Path
from typing import Any

from setuptools import setup
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parent


class ReproducibleSdist(sdist):
    """Write an archive that depends on the files' contents and SOURCE_DATE_EPOCH only."""

    def make_archive(self, base_name: str, *_: Any, base_dir: Any = None, **__: Any) -> str:
        """Write every file as a regular file of root's, in the order of their names. Returns the archive's name."""
        epoch = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
        name = Path(f"{base_name}.tar.gz")

        def normalise(member: tarfile.TarInfo) -> tarfile.TarInfo:
            member.mtime, member.uid, member.gid, member.uname, member.gname = epoch, 0, 0, "", ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            return member

        with (
            name.open("wb") as file,
            gzip.GzipFile("", "wb", fileobj=file, mtime=epoch) as packed,
            tarfile.open(mode="w", fileobj=packed, dereference=True) as archive,
        ):
            for path in sorted(path for path in Path(base_dir).rglob("*") if path.is_file()):
                with path.open("rb") as content:
                    archive.addfile(normalise(archive.gettarinfo(path)), content)
        return str(name)


def absolute_links(text: str, source: str, version: str) -> str:
    """Return Markdown with its relative links and images below the tag ``v<version>`` of the repository ``source``."""
    base, relative = source.rstrip("/"), r"\]\((?![a-z]+:|#)"
    text = re.sub(rf"(!\[[^]]*){relative}", rf"\1]({base}/raw/v{version}/", text)
    return re.sub(relative, f"]({base}/blob/v{version}/", text)


def description() -> dict[str, str]:
    """Return the README for the package index. Without a ``Source`` in ``project_urls``, setup.cfg's own applies."""
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    source = re.search(r"^Source *= *(\S+)$", config["metadata"].get("project_urls", ""), re.MULTILINE)
    version = re.search(r'__version__ = "(.+)"', (ROOT / "notify_mock" / "support" / "version.py").read_text("utf-8"))
    if not source or not version:
        return {}
    return {"long_description": absolute_links((ROOT / "README.md").read_text("utf-8"), source[1], version[1])}


if __name__ == "__main__":
    setup(cmdclass={"sdist": ReproducibleSdist}, **description())

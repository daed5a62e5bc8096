"""Uploaded photos: a file that is used is kept for a further hour."""

import os
import time

from rnnformer_demo.api.uploads import source_of


def test_a_photo_that_is_used_is_young_again(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"any")
    os.utime(photo, (0, 0))
    assert source_of("caltech101", {"path": str(photo), "meta": {"_type": "gradio.FileData"}}) == str(photo)
    assert time.time() - photo.stat().st_mtime < 60

"""The types of the package: mypy has nothing to say about it."""

import subprocess
import sys

import pytest
import tiny


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_mypy_finds_no_error_in_the_package(tmp_path):
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path), "--config-file", "pyproject.toml"]
    check = subprocess.run(command, cwd=tiny.ROOT, capture_output=True, text=True, check=False)
    assert check.returncode == 0, f"{check.stdout}{check.stderr}"

"""The tests that become another user, from a checkout that only root may look into: root's home is one.

    closed_folder.py TEST JAILED      77: we are not root, who alone becomes another user
"""
import os
import shutil
import subprocess
import sys
import tempfile

if os.geteuid() != 0:
    sys.exit(77)
with tempfile.TemporaryDirectory(prefix="calotype-closed-") as folder:  # of mode 0700
    test, jailed = (shutil.copy(path, folder) for path in sys.argv[1:3])
    sys.exit(subprocess.run([test, "userns"], env={**os.environ, "JAILED": jailed}, cwd=folder).returncode)

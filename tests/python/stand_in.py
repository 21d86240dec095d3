"""A program in the command's place, for tests of what calls it."""

import os
import pathlib
import stat
import tempfile


def use(test, command):
    """VENTURI_COMMAND names `command` until the test ends."""
    before = os.environ.get("VENTURI_COMMAND")
    os.environ["VENTURI_COMMAND"] = str(command)
    test.addCleanup(lambda: os.environ.pop("VENTURI_COMMAND") if before is None
                    else os.environ.update(VENTURI_COMMAND=before))


def use_program(test, text):
    """The same of a program of this text."""
    folder = tempfile.TemporaryDirectory()
    test.addCleanup(folder.cleanup)
    command = pathlib.Path(folder.name) / "venturi"
    command.write_text(text)
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    use(test, command)

"""venturi.compress: words for the command, its results, its errors. The command is a stand-in that
repeats what it was asked; beside a build that has the true one, that runs too."""

import inspect
import os
import pathlib
import unittest

import venturi
from tests.python.stand_in import use, use_program

STAND_IN = """#!/usr/bin/env python3
import json, sys
words = sys.argv[1:]
if "none.onnx" in words:
    print("venturi: a remark first", file=sys.stderr)
    print("venturi: [core.read_file] cannot open 'none.onnx'", file=sys.stderr)
    sys.exit(1)
print("venturi: warning: it is a stand-in", file=sys.stderr)
print(json.dumps({"words": words, "budget_bytes": 1000, "file_bytes": 990,
                  "bits_per_parameter": 2.5, "predicted_divergence_bits": .1,
                  "measured_divergence_bits": .2, "agreement": .9, "layers": [{"layer": "a"}]}))
"""


class StandIn(unittest.TestCase):
    def setUp(self):
        use_program(self, STAND_IN)

    def test_arguments_become_words(self):
        found = venturi.compress(pathlib.Path("m.onnx"), "fashion-mnist", 1000,
                                 ["a.vt", pathlib.Path("a.onnx")], methods=["rate"], recover=2,
                                 mean=0.5, deviation=[1, 2], activations="peak", record="runs")
        words = found.figures["words"]
        self.assertEqual(words[:2], ["compress", "m.onnx"])
        for name, value in (("--calib", "fashion-mnist"), ("--budget", "1000B"),
                            ("--output", "a.vt,a.onnx"), ("--methods", "rate"),
                            ("--recover", "2epochs"), ("--mean", "0.5"),
                            ("--deviation", "1.0,2.0"), ("--activations", "peak"),
                            ("--activation-bits", "4,6,8,32"), ("--record", "runs")):
            self.assertEqual(words[words.index(name) + 1], value)
        self.assertEqual(found.outputs, (pathlib.Path("a.vt"), pathlib.Path("a.onnx")))
        self.assertEqual((found.file_bytes, found.divergence_bits), (990, .2))
        self.assertIsNone(found.accuracy)
        self.assertEqual(found.warnings, ("venturi: warning: it is a stand-in",))

    def test_errors_are_the_commands_own(self):
        with self.assertRaises(venturi.CompressError) as caught:
            venturi.compress("none.onnx", "d.csv", "10%", "a.vt")
        self.assertEqual(str(caught.exception), "[core.read_file] cannot open 'none.onnx'")
        self.assertEqual(caught.exception.exit_code, 1)
        with self.assertRaises(TypeError):
            venturi.compress("m.onnx", "d.csv", 2.5, "a.vt")

    def test_no_command_says_what_to_do(self):
        os.environ["VENTURI_COMMAND"] = "no-such-venturi"
        with self.assertRaisesRegex(FileNotFoundError, "VENTURI_COMMAND"):
            venturi.compress("m.onnx", "d.csv", "10%", "a.vt")

    def test_the_stub_has_the_same_keywords(self):
        stub = pathlib.Path(inspect.getsourcefile(venturi.compress)).with_suffix(".pyi").read_text()
        for name in inspect.signature(venturi.compress).parameters:
            self.assertIn(f"{name}: ", stub)


class TheTrueCommand(unittest.TestCase):
    def test_its_refusals_are_exceptions(self):
        command = os.environ.get("VENTURI_BUILT", "")
        if not os.path.exists(command):
            self.skipTest("this build has no command")
        use(self, command)
        with self.assertRaises(venturi.CompressError) as caught:
            venturi.compress("none.onnx", "d.csv", "small", "a.vt")
        self.assertIn("none.onnx", str(caught.exception))


if __name__ == "__main__":
    unittest.main()

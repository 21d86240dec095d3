"""venturi.neural_mi: words for the command and its result, by a stand-in that repeats what it was
asked; beside a build that has the true command, a critic is trained too."""

import os
import unittest

import numpy

import venturi
from tests.python.stand_in import use, use_program

STAND_IN = """#!/usr/bin/env python3
import json, sys
words = sys.argv[1:]
if "kgs1" in words:
    print("venturi: [measure.methods] unknown name 'kgs1'", file=sys.stderr)
    sys.exit(2)
print(json.dumps({"results": {"bits": 1.5, "standard_error": .1, "low": 1.3, "high": 1.7,
                              "level": .95, "method": " ".join(words), "n": 3, "warnings": []}}))
"""


class StandIn(unittest.TestCase):
    def setUp(self):
        use_program(self, STAND_IN)

    def test_arguments_become_words(self):
        found = venturi.neural_mi([1.0, 2, 3], [3, 2, 1], "nwj", hidden=[8], steps=7)
        self.assertEqual((found.bits, found.low, found.unit, found.n), (1.5, 1.3, "bits", 3))
        words = found.method.split()
        self.assertEqual(words[:2], ["measure", "mi"])
        for name, value in (("--method", "nwj"), ("--hidden", "8"), ("--steps", "7"),
                            ("--learning-rate", "0.0005"), ("--critic", "separable")):
            self.assertEqual(words[words.index(name) + 1], value)

    def test_mi_knows_their_names(self):
        for name in venturi.NEURAL_METHODS:
            words = venturi.mi([1.0, 2, 3], [3, 2, 1], name, scale="rank").method.split()
            self.assertEqual(words[words.index("--method") + 1], name)
            self.assertEqual(words[words.index("--scale") + 1], "rank")
        with self.assertRaisesRegex(ValueError, "no surrogates"):
            venturi.mi([1.0, 2, 3], [3, 2, 1], "smile", permutations=9)

    def test_errors_are_the_commands_own(self):
        with self.assertRaisesRegex(ValueError, "unknown name 'kgs1'"):
            venturi.neural_mi([1.0, 2], [2.0, 1], "kgs1")
        with self.assertRaises(TypeError):
            venturi.neural_mi(["a", "b"], [1, 2])


class TheTrueCommand(unittest.TestCase):
    def test_a_critic_learns(self):
        command = os.environ.get("VENTURI_BUILT", "")
        if not os.path.exists(command):
            self.skipTest("this build has no command")
        use(self, command)
        rng = numpy.random.default_rng(1)
        x = rng.normal(size=(2000, 1))
        y = 0.8 * x + 0.6 * rng.normal(size=(2000, 1))
        found = venturi.mi(x, y, "smile")
        # -log2 .6, three standard errors and a fifth of a bit that a short training may lack.
        self.assertAlmostEqual(found.bits, -numpy.log2(0.6), delta=3 * found.standard_error + 0.2)
        with self.assertRaises(ValueError):
            venturi.neural_mi(x, y[:100])


if __name__ == "__main__":
    unittest.main()

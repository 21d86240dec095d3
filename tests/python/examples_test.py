"""The examples of the package's documentation give what they say."""

import doctest
import unittest

import venturi
import venturi.compression
import venturi.measure
import venturi.sklearn


def load_tests(loader, tests, pattern):
    for module in (venturi, venturi.compression, venturi.measure, venturi.sklearn):
        tests.addTests(doctest.DocTestSuite(module, extraglobs={"venturi": venturi}))
    return tests


if __name__ == "__main__":
    unittest.main()

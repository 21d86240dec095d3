import inspect
import threading
import time
import unittest
import warnings

import numpy
import venturi
from venturi import _venturi


def pair(n=2000, seed=1):
    rng = numpy.random.default_rng(seed)
    x = rng.normal(size=n)
    return x, 0.8 * x + 0.6 * rng.normal(size=n)


class Values(unittest.TestCase):
    def test_every_method_of_numbers_is_near_the_truth(self):
        x, y = pair()
        for method in ("ksg1", "ksg2", "lnc", "wkl", "lnn", "gao", "gaussian", "copula"):
            found = venturi.mi(x, y, method=method, k=5)
            self.assertAlmostEqual(found.bits, -numpy.log2(0.6), delta=0.1, msg=method)
            self.assertLess(found.low, found.high)
            self.assertEqual(found.warnings, ())

    def test_a_plain_numpy_ksg1_agrees(self):
        x, y = pair(300)
        k, n = 4, len(x)
        dx, dy = abs(x[:, None] - x), abs(y[:, None] - y)
        for d in (dx, dy):
            numpy.fill_diagonal(d, numpy.inf)
        reach = numpy.sort(numpy.maximum(dx, dy), axis=1)[:, k - 1 : k]
        psi = numpy.concatenate([[0], -numpy.euler_gamma + numpy.cumsum(
            numpy.concatenate([[0], 1 / numpy.arange(1, n + 1)]))])
        nats = psi[k] + psi[n] - numpy.mean(
            psi[(dx < reach).sum(1) + 1] + psi[(dy < reach).sum(1) + 1])
        found = venturi.mi(x, y, "ksg1", k=k)
        self.assertAlmostEqual(found.nats, nats, places=12)
        self.assertEqual(float(found), found.bits)

    def test_options_reach_the_estimate(self):
        x, y = pair(400)
        found = venturi.mi(x, y, interval=0.5, permutations=19, seed=7)
        self.assertEqual((found.level, found.p_value, found.n), (0.5, 0.05, 400))
        self.assertEqual(found, venturi.mi(x, y, interval=0.5, permutations=19, seed=7))
        self.assertIsNone(venturi.mi(x, y).p_value)
        wide = venturi.mi(x, 1000 * y, scale="standard")
        self.assertAlmostEqual(wide.bits, venturi.mi(x, y, scale="standard").bits, places=12)

    def test_auto_tells_its_choice(self):
        x, y = pair(400)
        found = venturi.mi(x, y, "auto")
        self.assertTrue(found.method.startswith("auto: "))
        self.assertAlmostEqual(found.bits, -numpy.log2(0.6), delta=0.15)
        self.assertIn("gaussian copula", [c["name"] for c in found.details["candidates"]])
        self.assertIsNone(venturi.mi(x, y, method="ksg1").details)
        asked = venturi.mi(x, y, method="auto").details
        self.assertEqual(venturi.mi(x, y).details["chosen"], asked["chosen"])

    def test_columns_are_variables_of_a_total_correlation(self):
        x, y = pair()
        both = venturi.total_correlation(numpy.column_stack([x, y]))
        self.assertEqual(both.bits, venturi.total_correlation(x, y).bits)
        self.assertAlmostEqual(both.bits, venturi.mi(x, y, "ksg1").bits, places=12)

    def test_transfer_goes_one_way(self):
        rng = numpy.random.default_rng(2)
        x = rng.normal(size=2000)
        y = numpy.concatenate([[0], x[:-1]]) + rng.normal(size=2000)
        self.assertAlmostEqual(venturi.transfer_entropy(x, y).bits, 0.5, delta=0.1)
        self.assertAlmostEqual(venturi.transfer_entropy(y, x).bits, 0, delta=0.1)


class Arrays(unittest.TestCase):
    def test_float64_in_c_order_is_read_where_it_lies(self):
        for array in (numpy.zeros(5), numpy.zeros((5, 3))):
            self.assertEqual(_venturi.address(array), array.ctypes.data)
        for array in (numpy.zeros((5, 3), order="F"), numpy.zeros(5, "f4"), numpy.zeros(10)[::2]):
            self.assertNotEqual(_venturi.address(array), array.ctypes.data)

    def test_other_layouts_and_types_give_the_same(self):
        x, y = pair(300)
        expected = venturi.mi(x, y).bits
        wide = numpy.zeros((300, 2))
        wide[:, 1] = y
        readonly = y.copy()
        readonly.flags.writeable = False
        for same in (wide[:, 1], y[:, None], numpy.asfortranarray(y[:, None]), list(y), readonly,
                     y.astype(">f8")):
            self.assertEqual(venturi.mi(x, same).bits, expected)
        self.assertAlmostEqual(venturi.mi(x, y.astype("f4")).bits, expected, delta=0.05)

    def test_inputs_are_left_alone(self):
        x, y = pair(300)
        before = x.copy(), y.copy()
        venturi.mi(x, y, scale="rank", permutations=5)
        self.assertTrue((x == before[0]).all() and (y == before[1]).all())

    def test_the_interpreter_runs_meanwhile(self):
        x = numpy.random.default_rng(1).normal(size=(6000, 6))
        done = threading.Event()
        worker = threading.Thread(target=lambda: (venturi.mi(x, x[::-1], "ksg1"), done.set()))
        worker.start()
        steps = 0
        while not done.is_set():
            steps += 1
            time.sleep(0.001)
        worker.join()
        self.assertGreater(steps, 5)


class Refusals(unittest.TestCase):
    def setUp(self):
        self.x, self.y = pair(50)

    def refuses(self, kind, text, *args, **options):
        with self.assertRaises(kind) as caught:
            venturi.mi(*args, **options)
        self.assertIn(text, str(caught.exception))

    def test_types(self):
        x = self.x
        self.refuses(TypeError, "dtype complex128", x, x + 1j)
        self.refuses(TypeError, "numpy.unique", x, ["a"] * 50)
        self.refuses(TypeError, "variable 1", {"a": 1}, x)
        self.refuses(TypeError, "", x, x, k=2.5)
        self.refuses(TypeError, "unexpected keyword", x, x, neighbours=3)

    def test_shapes(self):
        x = self.x
        self.refuses(ValueError, "expected 50 rows in all variables, got 49", x, x[1:])
        self.refuses(ValueError, "at least 2 samples", [1.0], [1.0])
        self.refuses(ValueError, "3 axes", numpy.zeros((5, 2, 2)), x)
        self.refuses(ValueError, "0 axes", 1.0, x)
        self.refuses(ValueError, "got none", [], [])
        with self.assertRaises(ValueError):
            venturi.total_correlation(x)

    def test_data_and_options(self):
        x = self.x
        for bad in (numpy.nan, numpy.inf):
            y = self.y.copy()
            y[3] = bad
            self.refuses(ValueError, "NaN or infinity", x, y)
        self.refuses(ValueError, "k < n = 50", x, self.y, k=50)
        self.refuses(ValueError, "did you mean 'ksg1'", x, self.y, method="ksg")
        self.refuses(ValueError, "rank", x, self.y, scale="log")
        self.refuses(ValueError, "whole numbers", x, self.y, method="plug-in")
        self.refuses(ValueError, "memory", numpy.zeros((9000, 9)), numpy.zeros((9000, 9)), memory=1)
        with self.assertRaises(ValueError):
            venturi.methods("information")
        with self.assertRaises(ValueError):
            venturi.set_threads(-1)

    def test_doubtful_data_warn(self):
        x, _ = pair(300)
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            found = venturi.mi(x.round(), x, "ksg1")
        self.assertTrue(any("method ross" in str(w.message) for w in seen))
        self.assertTrue(all(w.category is venturi.EstimateWarning for w in seen))
        self.assertEqual(seen[0].filename, __file__)
        self.assertTrue(any("looks discrete" in text for text in found.warnings))


class Interface(unittest.TestCase):
    def test_the_first_method_is_the_default(self):
        for function, quantity in ((venturi.mi, "mi"), (venturi.cmi, "cmi"),
                                   (venturi.entropy, "entropy"),
                                   (venturi.total_correlation, "total_correlation"),
                                   (venturi.transfer_entropy, "cmi")):
            preset = inspect.signature(function).parameters["method"].default
            # Of mi the one that chooses, as the command.
            first = "auto" if quantity == "mi" else next(iter(venturi.methods(quantity)))
            self.assertEqual(preset, first)

    def test_stubs_state_the_same_signatures(self):
        import ast
        import pathlib

        import venturi.sklearn
        for module in (venturi.measure, venturi.sklearn):
            stub = ast.parse(pathlib.Path(module.__file__).with_suffix(".pyi").read_text())
            for node in (n for n in stub.body if isinstance(n, ast.FunctionDef)):
                parameters = inspect.signature(getattr(module, node.name)).parameters.values()
                names = [a.arg for a in node.args.args] + (
                    [node.args.vararg.arg] if node.args.vararg else []) + [
                    a.arg for a in node.args.kwonlyargs]
                self.assertEqual([p.name for p in parameters], names, node.name)
                presets = [p.default for p in parameters if p.default is not p.empty]
                stated = [ast.literal_eval(d) for d in node.args.defaults + node.args.kw_defaults
                          if d is not None]
                self.assertEqual(presets, stated, node.name)


if __name__ == "__main__":
    unittest.main()

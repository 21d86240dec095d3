"""The drop-in against scikit-learn itself, where it is installed."""

import inspect
import unittest

import numpy
from venturi.sklearn import mutual_info_classif, mutual_info_regression

try:
    from sklearn import feature_selection as peer
except ImportError:
    peer = None


def table(n=400, seed=3):
    rng = numpy.random.default_rng(seed)
    X = rng.normal(size=(n, 5)) * [1, 1000, 1e-3, 1, 1]
    X[:, 3] = rng.integers(0, 4, size=n)  # ties
    X[:, 4] = 7.0  # constant
    return X, X[:, 0] + X[:, 1] / 1000 + 0.3 * rng.normal(size=n), rng


@unittest.skipIf(peer is None, "scikit-learn is not installed")
class AgainstScikitLearn(unittest.TestCase):
    def same(self, own, theirs, *args, **options):
        found = own(*args, **options)
        self.assertEqual(found.dtype, numpy.float64)
        numpy.testing.assert_allclose(found, theirs(*args, **options), rtol=0, atol=1e-12)

    def test_regression(self):
        X, y, _ = table()
        for options in ({}, {"n_neighbors": 5}, {"discrete_features": [3]},
                        {"discrete_features": [False, False, False, True, True]}):
            for seed in (0, 1):
                self.same(mutual_info_regression, peer.mutual_info_regression, X, y,
                          random_state=seed, **options)

    def test_classes(self):
        X, y, rng = table()
        for labels in (y > 0, rng.integers(0, 5, size=len(y)),
                       numpy.array(["b", "a"])[(y > 0).astype(int)],
                       numpy.where(numpy.arange(len(y)) == 17, 9, y > 0)):  # a class of one
            for options in ({}, {"discrete_features": [3]}, {"n_neighbors": 1}):
                self.same(mutual_info_classif, peer.mutual_info_classif, X, labels,
                          random_state=0, **options)

    def test_all_discrete(self):
        _, _, rng = table()
        X = rng.integers(0, 5, size=(300, 3))
        y = (X[:, 0] + rng.integers(0, 2, size=300)) % 5
        self.same(mutual_info_classif, peer.mutual_info_classif, X, y, discrete_features=True)

    def test_random_state_object_and_global(self):
        X, y, _ = table()
        own = mutual_info_regression(X, y, random_state=numpy.random.RandomState(5))
        numpy.testing.assert_allclose(
            own, peer.mutual_info_regression(X, y, random_state=numpy.random.RandomState(5)),
            rtol=0, atol=1e-12)
        numpy.random.seed(4)
        own = mutual_info_regression(X, y)
        numpy.random.seed(4)
        numpy.testing.assert_allclose(own, peer.mutual_info_regression(X, y), rtol=0, atol=1e-12)

    def test_signatures_hold_theirs(self):
        for own, theirs in ((mutual_info_classif, peer.mutual_info_classif),
                            (mutual_info_regression, peer.mutual_info_regression)):
            mine = inspect.signature(own).parameters
            for name, parameter in inspect.signature(theirs).parameters.items():
                self.assertEqual(mine[name].default, parameter.default, name)
                self.assertEqual(mine[name].kind, parameter.kind, name)


class Alone(unittest.TestCase):
    def test_ranks_what_matters(self):
        X, y, _ = table()
        found = mutual_info_regression(X, y, random_state=0)
        self.assertGreater(min(found[0], found[1]), 0.2)
        self.assertLess(max(found[2], found[3], found[4]), 0.1)

    def test_refuses(self):
        X, y, _ = table(50)
        with self.assertRaisesRegex(ValueError, "Unknown label type"):
            mutual_info_classif(X, y)
        with self.assertRaisesRegex(ValueError, "shapes"):
            mutual_info_regression(X, y[1:])
        with self.assertRaisesRegex(ValueError, "NaN"):
            mutual_info_regression(X, numpy.where(y > 0, numpy.nan, y))
        with self.assertRaisesRegex(ValueError, "auto"):
            mutual_info_regression(X, y, discrete_features="all")
        with self.assertRaisesRegex(ValueError, "seed"):
            mutual_info_regression(X, y, random_state="a")

    def test_leaves_its_input_alone(self):
        X, y, _ = table()
        before = X.copy()
        mutual_info_regression(X, y, random_state=0)
        self.assertTrue((X == before).all())


if __name__ == "__main__":
    unittest.main()

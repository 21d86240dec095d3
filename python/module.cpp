// venturi._venturi: arrays in, plain dictionaries out. Names, defaults and documentation are
// Python's (venturi/measure.py).
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <vector>

#include "venturi/core/options.hpp"
#include "venturi/core/threads.hpp"
#include "venturi/measure/analyses.hpp"
#include "venturi/measure/decomposition.hpp"
#include "venturi/measure/mutual_information.hpp"

namespace py = pybind11;

namespace {

using namespace venturi;
using Array = py::array_t<double, py::array::c_style | py::array::forcecast>;

// n or n*d numbers; no copy of float64 in C order. Kept alive by the Array.
Array to_array(const py::handle& given, const std::string& name) {
  const py::array any = py::array::ensure(given);
  if (!any) {
    PyErr_Clear();
    throw py::type_error(name + ": expected an array of numbers");
  }
  const char kind = any.dtype().kind();
  if (std::string_view("biuf").find(kind) == std::string_view::npos) {
    throw py::type_error(fmt::format(
        "{}: expected an array of real numbers, got dtype {}{}", name,
        py::str(static_cast<const py::object&>(any.dtype())).cast<std::string>(),
        kind == 'U' || kind == 'O' ? "; numpy.unique(..., return_inverse=True)[1] makes labels"
                                   : ""));
  }
  if (any.ndim() != 1 && any.ndim() != 2) {
    throw py::value_error(
        fmt::format("{}: expected n or n*d numbers, got {} axes", name, any.ndim()));
  }
  if (any.size() == 0) throw py::value_error(name + ": expected samples, got none");
  Array out = Array::ensure(any);
  if (!out) throw py::error_already_set();
  return out;
}

Eigen::Map<const core::Matrix> view(const Array& a) {
  return {a.data(), a.shape(0), a.ndim() == 2 ? a.shape(1) : 1};
}

struct Arrays {
  explicit Arrays(const py::list& given) {
    for (std::size_t i = 0; i < given.size(); ++i) {
      kept.push_back(to_array(given[i], fmt::format("variable {}", i + 1)));
    }
    for (const Array& a : kept) views.emplace_back(view(a));
  }
  std::vector<Array> kept;
  std::vector<core::MatrixView> views;
};

measure::Measured of_quantity(const std::string& quantity, const std::vector<core::MatrixView>& v,
                              int lags, const measure::MiOptions& options, core::Key key) {
  if (quantity == "mi") return measure::mutual_information(v.at(0), v.at(1), options, key);
  if (quantity == "cmi") {
    return measure::conditional_mutual_information(v.at(0), v.at(1), v.at(2), options, key);
  }
  if (quantity == "te") return measure::transfer_entropy(v.at(0), v.at(1), lags, options, key);
  if (quantity == "dependence") return measure::dependence(v.at(0), v.at(1), options, key);
  if (quantity == "tc") return measure::total_correlation(v, options, key);
  return measure::entropy(v.at(0), options, key);
}

py::dict to_dict(const measure::Measured& m) {
  py::dict out;
  out["bits"] = m.estimate.bits;
  out["standard_error"] = m.estimate.standard_error;
  out["low"] = m.estimate.low;
  out["high"] = m.estimate.high;
  out["level"] = m.estimate.level;
  out["p_value"] = m.p_value;
  out["n"] = m.estimate.n;
  out["method"] = m.estimate.method;
  out["unit"] = m.estimate.unit;
  out["warnings"] = m.estimate.warnings;
  out["details"] = m.estimate.details.dump();
  return out;
}

measure::MiOptions read_options(const std::string& json) {
  measure::MiOptions options;
  core::options_from_json(options, core::Json::parse(json), "venturi");
  return options;
}

// options: a JSON object of MiOptions' fields.
py::dict measure_arrays(const std::string& quantity, const py::list& variables, int lags,
                        const std::string& options_json, std::uint64_t seed) {
  const Arrays arrays(variables);
  const measure::MiOptions options = read_options(options_json);
  measure::Measured m;
  {
    const py::gil_scoped_release unlocked;
    m = of_quantity(quantity, arrays.views, lags, options, core::Key(seed));
  }
  return to_dict(m);
}

py::dict decompose_arrays(const py::list& variables, const std::string& options_json,
                          std::uint64_t seed) {
  const Arrays arrays(variables);
  const measure::MiOptions options = read_options(options_json);
  measure::MeasuredDecomposition m;
  {
    const py::gil_scoped_release unlocked;
    m = measure::decomposition(arrays.views.at(0), arrays.views.at(1), arrays.views.at(2), options,
                               core::Key(seed));
  }
  py::dict out;
  out["redundancy"] = to_dict(m.redundancy);
  out["unique_x"] = to_dict(m.unique_x);
  out["unique_y"] = to_dict(m.unique_y);
  out["synergy"] = to_dict(m.synergy);
  return out;
}

// [(reading, estimate), ...]; options: a JSON object of AnalysisOptions' fields.
py::list analyse_arrays(const std::string& name, const py::list& variables,
                        const std::string& options_json, std::uint64_t seed) {
  const Arrays arrays(variables);
  measure::AnalysisOptions options;
  core::options_from_json(options, core::Json::parse(options_json), "venturi");
  std::vector<measure::Reading> readings;
  {
    const py::gil_scoped_release unlocked;
    readings = measure::analyse(name, arrays.views, options, core::Key(seed));
  }
  py::list out;
  for (measure::Reading& r : readings) {
    out.append(py::make_tuple(r.name, to_dict({.estimate = std::move(r.estimate), .p_value = {}})));
  }
  return out;
}

// One method's bare figure in nats, for callers who want nothing else.
double bare_information(const std::string& method, const py::object& x, const py::object& y,
                        int k) {
  const Array ax = to_array(x, "x"), ay = to_array(y, "y");
  const auto& member = core::find_member(measure::mi_methods(), method, "venturi");
  const py::gil_scoped_release unlocked;
  return member.make.nats(view(ax), view(ay), {.k = k});
}

// [(quantity, name, summary, source, cost), ...]
std::vector<std::vector<std::string>> methods() {
  std::vector<std::vector<std::string>> out;
  const auto add = [&](const char* quantity, const auto& table) {
    for (const auto& m : table) {
      out.push_back({quantity, std::string(m.name), std::string(m.summary), std::string(m.source),
                     std::string(m.cost)});
    }
  };
  add("mi", measure::mi_methods());
  add("cmi", measure::conditional_methods());
  add("entropy", measure::entropy_methods());
  add("total_correlation", measure::group_methods());
  add("dependence", measure::dependence_methods());
  add("decomposition", measure::decomposition_methods());
  add("analysis", measure::analyses());
  return out;
}

}  // namespace

PYBIND11_MODULE(_venturi, m) {
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const core::InvalidArgument& error) {
      PyErr_SetString(PyExc_ValueError, error.what());
    } catch (const core::DataError& error) {
      PyErr_SetString(PyExc_ValueError, error.what());
    } catch (const core::Error& error) {
      PyErr_SetString(PyExc_RuntimeError, error.what());
    }
  });
  m.def("measure", &measure_arrays);
  m.def("decompose", &decompose_arrays);
  m.def("analyse", &analyse_arrays);
  m.def("bare_information", &bare_information);
  m.def("methods", &methods);
  m.def("set_threads", &core::set_threads);
  m.def("address", [](const py::object& x) {
    return reinterpret_cast<std::uintptr_t>(to_array(x, "x").data());
  });  // where the numbers are read: the caller's own memory if no copy was made
}

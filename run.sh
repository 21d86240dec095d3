#!/usr/bin/env bash
# Venturi's front door:
# ./run.sh demo | test | python | check | tidy | bench | format | asan | tsan | fuzz | docs
# On a bare Debian 12 (root or sudo) it installs what is missing, saying so, and builds.
set -euo pipefail
cd "$(dirname "$0")"

build_packages=(g++ cmake ninja-build pkg-config libtorch-dev libonnx-dev libprotobuf-dev
  libeigen3-dev libopenblas-openmp-dev libfmt-dev nlohmann-json3-dev libcli11-dev
  libtomlplusplus-dev zlib1g-dev libzstd-dev libpng-dev libjpeg62-turbo-dev liblzma-dev)
data_packages=(dataset-fashion-mnist)
test_packages=(libgtest-dev libexpat1-dev chromium)
bench_packages=(libbenchmark-dev libhtscodecs-dev)
fuzz_packages=(clang libclang-rt-14-dev libomp-dev)
python_packages=(pybind11-dev python3-dev python3-numpy)
check_packages=(clang-format-14 clang-tidy-14 python3 libgtest-dev libexpat1-dev)

# Installs those of its arguments that dpkg does not know as installed.
need() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  echo "run.sh: installing Debian packages: ${missing[*]}" >&2
  local sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      { echo "run.sh: needs root or sudo to install: ${missing[*]}" >&2; exit 1; }
    sudo=sudo
  fi
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >&2
}

# configure <preset> [-DOPTION=VALUE...]: into build/<preset>/; silent unless it fails.
configure() {
  local preset=$1
  shift
  cmake --preset "$preset" "$@" >"/tmp/venturi-configure.$$" 2>&1 ||
    { cat "/tmp/venturi-configure.$$" >&2; exit 1; }
  rm -f "/tmp/venturi-configure.$$"
}

# The same arguments: configures and builds.
build() {
  configure "$@"
  cmake --build "build/$1" -j "${JOBS:-$(nproc)}"
}

# Tests of one build, the fast ones; `slow` as a second argument adds the slow ones.
run_tests() {
  local exclude=(-E '\.slow$')
  [ "${2:-}" = slow ] && exclude=()
  # One thread a test: two tests at a time fill the cores, and idle OpenMP threads would spin.
  OMP_NUM_THREADS=1 ctest --test-dir "build/$1" --output-on-failure -j "${JOBS:-$(nproc)}" "${exclude[@]}"
}

sources() { git ls-files '*.hpp' '*.cpp' '*.cu' '*.cuh'; }

check() {
  need clang-format-14 python3
  python3 cmake/check_rooms.py
  sources | xargs clang-format-14 --dry-run --Werror
  echo "format: as .clang-format has it"
}

tidy() {
  need "${build_packages[@]}" "${check_packages[@]}"
  # Torch's headers cost a minute a file under clang-tidy: the Torch-free rooms are held to it in
  # full, the others by the compiler's warnings. TIDY=all takes them all.
  local files
  if [ "${TIDY:-}" = all ]; then
    files=$(git ls-files 'venturi/*.cpp')
  else
    files=$(awk '$3 == "plain" {print "venturi/" $2 "/*.cpp"}' cmake/rooms.txt | xargs git ls-files)
  fi
  cmake --preset plain >/dev/null
  local database=build/plain
  if [ "${TIDY:-}" = all ]; then
    database=build/release
    cmake --preset release >/dev/null
  fi
  echo "$files" | xargs -P "${JOBS:-$(nproc)}" -n 4 clang-tidy-14 -p "$database" --quiet \
    --extra-arg=-Wno-unknown-warning-option 2>/dev/null
  echo "clang-tidy: no findings in $(echo "$files" | wc -l) files"
}

# fuzz <preset> <seconds>: each target for so long, JOBS of them at once, from the corpus in
# tests/fuzz; what they say and find stays in build/<preset>/found/.
fuzz() {
  export FOUND="build/$1/found" CORPUS="build/$1/corpus" SECONDS_EACH="$2" OMP_NUM_THREADS=1
  mkdir -p "$FOUND"
  ls build/"$1"/fuzz/*_fuzz | xargs -P "${JOBS:-$(nproc)}" -n 1 bash -c '
    name=$(basename "$0")
    mkdir -p "$CORPUS/$name"
    "$0" -max_total_time="$SECONDS_EACH" -timeout=10 -rss_limit_mb=2048 -max_len=4096 -verbosity=0 \
      -print_final_stats=1 -artifact_prefix="$FOUND/$name-" "$CORPUS/$name" \
      "tests/fuzz/corpus/$name" >"$FOUND/$name.log" 2>&1
    code=$?
    echo "$name: exit $code $(grep -E "^DONE|number_of_executed_units" "$FOUND/$name.log")"
    exit $code' || { echo "see build/$1/found/"; exit 1; }
}

case "${1:-help}" in
  demo)
    need "${build_packages[@]}" "${data_packages[@]}"
    build release -DVENTURI_TESTS=OFF -DVENTURI_BENCH=OFF
    shift
    exec build/release/venturi demo "$@"
    ;;
  test)
    need "${build_packages[@]}" "${data_packages[@]}" "${test_packages[@]}"
    echo "== ranks 0 to 2, without LibTorch"
    build plain
    run_tests plain "${2:-}"
    echo "== all rooms"
    configure release -DVENTURI_TESTS=ON -DVENTURI_BENCH=OFF
    cmake --build build/release -j "${JOBS:-$(nproc)}" \
      --target venturi_command app_test tensor_test net_test learn_test compress_test
    # Ranks 0 to 2 were tested above, from the same sources.
    ctest --test-dir build/release --output-on-failure -j 1 -L 'tensor|net|learn|compress|app' \
      $([ "${2:-}" = slow ] || echo "-E \.slow$")
    ;;
  python)
    need "${build_packages[@]}" "${test_packages[@]}" "${python_packages[@]}"
    configure plain -DVENTURI_PYTHON=ON -DPython_EXECUTABLE="${PYTHON:-/usr/bin/python3}"
    cmake --build build/plain -j "${JOBS:-$(nproc)}" --target _venturi
    OMP_NUM_THREADS=1 ctest --test-dir build/plain --output-on-failure -L '^python$'
    ;;
  check) check ;;
  tidy) tidy ;;
  bench)
    need "${build_packages[@]}" "${bench_packages[@]}"
    build release -DVENTURI_TESTS=OFF -DVENTURI_BENCH=ON
    for program in build/release/bench/*_bench; do "$program" --benchmark_min_time=0.2; done
    ;;
  format)
    need clang-format-14
    sources | xargs clang-format-14 -i
    ;;
  asan | tsan)
    need "${build_packages[@]}" "${data_packages[@]}" "${test_packages[@]}"
    build "$1"
    run_tests "$1"
    ;;
  fuzz)
    preset=${FUZZ:-fuzz}
    need "${build_packages[@]}"
    [ "$preset" = fuzz ] && need "${fuzz_packages[@]}"
    configure "$preset"
    cmake --build "build/$preset" -j "${JOBS:-$(nproc)}" --target fuzz_targets
    fuzz "$preset" "${2:-60}"
    ;;
  docs)
    need "${build_packages[@]}"
    build release -DVENTURI_TESTS=OFF -DVENTURI_BENCH=OFF
    build/release/venturi list
    ;;
  *)
    cat <<'TEXT'
./run.sh demo     install what is missing, build, run the main job on Fashion-MNIST, write report.html
./run.sh test     build and run every fast test (`test slow`: the long ones too)
./run.sh python   build the Python package's module and run its tests (PYTHON=: another python3)
./run.sh check    ranks of the rooms, format
./run.sh tidy     clang-tidy over the Torch-free rooms (TIDY=all: over all, which takes long)
./run.sh bench    benchmarks beside their peers
./run.sh format   put all sources into format
./run.sh asan     ranks 0 to 2 under AddressSanitizer and UBSan (tsan: under ThreadSanitizer)
./run.sh fuzz     fuzz every reader for a minute each by clang (fuzz SECONDS; FUZZ=fuzz-gcc: by g++)
./run.sh docs     build and print the catalogue of members
Builds go to build/<preset>/; JOBS=n limits parallel compiles.
TEXT
    ;;
esac

// A fuzzer of our own for compilers without libFuzzer: GCC's -fsanitize-coverage=trace-pc,trace-cmp
// tells which edges an input takes and what it is compared with. Inputs that reach new edges are
// kept and mutated further; a comparison's operand that stands in the input is replaced by the
// other one, which passes magic numbers and checksums. Takes libFuzzer's flags -max_total_time,
// -max_len, -timeout and -artifact_prefix, passes over others, then folders of inputs; what it
// keeps goes into the first. Ends at the first input that crashes, hangs or throws, saved under the
// prefix. Not compiled with coverage itself.
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t kEdges = 1 << 16;

struct Comparison {
  std::uint64_t a, b;
  int bytes;
};

// Plain memory: the callbacks run before and after main too.
std::uint8_t counts[kEdges];
std::uint8_t classes_seen[kEdges];
Comparison comparisons[1024];
std::size_t compared = 0;
std::uintptr_t previous = 0;
const Input* running = nullptr;
char prefix[512] = "";

void save(const char* kind) {
  if (running == nullptr) return;
  char path[640];
  std::uint64_t hash = 14695981039346656037U;
  for (const std::uint8_t byte : *running) hash = (hash ^ byte) * 1099511628211U;
  std::snprintf(path, sizeof path, "%s%s-%016llx", prefix, kind,
                static_cast<unsigned long long>(hash));
  if (std::FILE* file = std::fopen(path, "wb")) {
    std::fwrite(running->data(), 1, running->size(), file);
    std::fclose(file);
  }
  std::fprintf(stderr, "== %s: %zu bytes saved as %s\n", kind, running->size(), path);
  running = nullptr;
}

void on_death() { save("crash"); }
void on_signal(int number) {
  save(number == SIGALRM ? "timeout" : "crash");
  _exit(77);
}

struct Options {
  double seconds = 60;
  std::size_t most = 4096;
  unsigned timeout = 10;
  std::vector<std::filesystem::path> folders;
};

Options parse(int argc, char** argv) {
  Options out;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const auto value = [&](const char* flag) {
      return arg.rfind(flag, 0) == 0 ? arg.c_str() + std::strlen(flag) : nullptr;
    };
    if (const char* v = value("-max_total_time=")) out.seconds = std::atof(v);
    if (const char* v = value("-max_len=")) out.most = static_cast<std::size_t>(std::atoll(v));
    if (const char* v = value("-timeout=")) out.timeout = static_cast<unsigned>(std::atoi(v));
    if (const char* v = value("-artifact_prefix=")) std::snprintf(prefix, sizeof prefix, "%s", v);
    if (arg[0] != '-') out.folders.emplace_back(arg);
  }
  return out;
}

class Fuzzer {
 public:
  explicit Fuzzer(Options options) : options_(std::move(options)) {}

  void run() {
    const auto start = std::chrono::steady_clock::now();
    const auto seconds = [&] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    read_folders();
    if (corpus_.empty()) try_input({});
    while (seconds() < options_.seconds) {
      // Mutants of one input, with what that one was compared with.
      const Input parent = corpus_[below(corpus_.size())];
      compared = 0;
      try_input(parent);
      traced_.assign(comparisons, comparisons + std::min(compared, std::size(comparisons)));
      for (int mutant = 0; mutant < 32; ++mutant) {
        Input input = parent;
        for (auto steps = below(2) == 0 ? 1 : 1 + below(6); steps > 0; --steps) mutate(input);
        if (input.size() > options_.most) input.resize(options_.most);
        try_input(input);
      }
    }
    const auto edges = kEdges - static_cast<std::size_t>(std::count(std::begin(classes_seen),
                                                                    std::end(classes_seen), 0));
    std::printf("DONE executions: %zu edges: %zu corpus: %zu a second: %.0f\n", executions_, edges,
                corpus_.size(), static_cast<double>(executions_) / seconds());
  }

 private:
  void read_folders() {
    for (const auto& folder : options_.folders) {
      if (!std::filesystem::is_directory(folder)) continue;
      for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(file)), {});
        try_input(Input(text.begin(), text.end()), false);
      }
    }
  }

  void try_input(const Input& input, bool write = true) {
    std::memset(counts, 0, sizeof counts);
    previous = 0;
    running = &input;
    alarm(options_.timeout);
    LLVMFuzzerTestOneInput(input.data(), input.size());
    alarm(0);
    running = nullptr;
    ++executions_;
    if (!is_new()) return;
    corpus_.push_back(input);
    if (!write || options_.folders.empty()) return;
    char name[32];
    std::snprintf(name, sizeof name, "kept-%zu-%d", corpus_.size(), static_cast<int>(getpid()));
    std::ofstream(options_.folders[0] / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(input.data()),
               static_cast<std::streamsize>(input.size()));
  }

  // How often each edge was taken, in classes 1, 2, 3, 4 to 7, ... 128 and more.
  static bool is_new() {
    bool fresh = false;
    for (std::size_t i = 0; i < kEdges; ++i) {
      std::uint64_t eight = 1;
      if (i % 8 == 0) std::memcpy(&eight, counts + i, 8);
      if (eight == 0) i += 7;
      if (counts[i] == 0) continue;
      int bit = 0;
      for (const int from : {2, 3, 4, 8, 16, 32, 128}) bit += counts[i] >= from;
      const auto flag = static_cast<std::uint8_t>(1 << bit);
      if ((classes_seen[i] & flag) != 0) continue;
      classes_seen[i] = static_cast<std::uint8_t>(classes_seen[i] | flag);
      fresh = true;
    }
    return fresh;
  }

  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  void mutate(Input& input) {
    static constexpr std::array<std::uint64_t, 12> kNumbers = {
        0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, ~0ULL};
    const std::size_t at = below(input.size() + 1);
    const auto offset = static_cast<std::ptrdiff_t>(at);
    switch (below(9)) {
      case 0:
        if (at < input.size()) input[at] ^= static_cast<std::uint8_t>(1 << below(8));
        break;
      case 1:
        if (at < input.size()) input[at] = static_cast<std::uint8_t>(random_());
        break;
      case 2:
        input.insert(input.begin() + offset, 1 + below(8), static_cast<std::uint8_t>(random_()));
        break;
      case 3:
        input.erase(input.begin() + offset,
                    input.begin() + offset +
                        static_cast<std::ptrdiff_t>(below(std::min(input.size() - at, {32}) + 1)));
        break;
      case 4:
        put(input, at, kNumbers[below(kNumbers.size())], 1 << below(4));
        break;
      case 5:
        if (at < input.size()) input[at] = static_cast<std::uint8_t>(input[at] + below(9) - 4);
        break;
      case 6: {  // a part of another input
        const Input& other = corpus_[below(corpus_.size())];
        const std::size_t from = below(other.size() + 1);
        const std::size_t count = below(other.size() - from + 1);
        const Input part(other.begin() + static_cast<std::ptrdiff_t>(from),
                         other.begin() + static_cast<std::ptrdiff_t>(from + count));
        input.insert(input.begin() + offset, part.begin(), part.end());
        break;
      }
      default:
        satisfy(input);
    }
  }

  static void put(Input& input, std::size_t at, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes && at + static_cast<std::size_t>(i) < input.size(); ++i) {
      input[at + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  }

  // One of the parent's comparisons: where an operand stands in the input, the other one is put.
  void satisfy(Input& input) {
    if (traced_.empty() || input.empty()) return;
    Comparison c = traced_[below(traced_.size())];
    if (below(2) == 0) std::swap(c.a, c.b);
    const auto bytes = static_cast<std::size_t>(c.bytes);
    const std::size_t start = below(input.size());
    for (std::size_t i = 0; i < input.size(); ++i) {
      const std::size_t at = (start + i) % input.size();
      std::uint64_t there = 0;
      if (at + bytes > input.size()) continue;
      for (std::size_t k = 0; k < bytes; ++k) there |= std::uint64_t{input[at + k]} << (8 * k);
      if (there == c.a) return put(input, at, c.b, c.bytes);
    }
    if (below(4) == 0) put(input, start, c.b, c.bytes);
  }

  Options options_;
  std::vector<Input> corpus_;
  std::vector<Comparison> traced_;
  std::size_t executions_ = 0;
  std::mt19937_64 random_{std::random_device{}()};
};

void compare(std::uint64_t a, std::uint64_t b, int bytes) {
  if (a == b || running == nullptr) return;
  comparisons[compared++ % std::size(comparisons)] = {a, b, bytes};
}

}  // namespace

extern "C" {
void __sanitizer_cov_trace_pc() {
  const auto pc = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  const std::uintptr_t mixed = (pc ^ (pc >> 16)) * 0x9E3779B97F4A7C15U >> 40;
  std::uint8_t& count = counts[(mixed ^ previous) % kEdges];
  count = static_cast<std::uint8_t>(count + (count < 255));
  previous = mixed >> 1;
}
void __sanitizer_cov_trace_cmp1(std::uint8_t a, std::uint8_t b) { compare(a, b, 1); }
void __sanitizer_cov_trace_cmp2(std::uint16_t a, std::uint16_t b) { compare(a, b, 2); }
void __sanitizer_cov_trace_cmp4(std::uint32_t a, std::uint32_t b) { compare(a, b, 4); }
void __sanitizer_cov_trace_cmp8(std::uint64_t a, std::uint64_t b) { compare(a, b, 8); }
void __sanitizer_cov_trace_const_cmp1(std::uint8_t a, std::uint8_t b) { compare(a, b, 1); }
void __sanitizer_cov_trace_const_cmp2(std::uint16_t a, std::uint16_t b) { compare(a, b, 2); }
void __sanitizer_cov_trace_const_cmp4(std::uint32_t a, std::uint32_t b) { compare(a, b, 4); }
void __sanitizer_cov_trace_const_cmp8(std::uint64_t a, std::uint64_t b) { compare(a, b, 8); }
void __sanitizer_cov_trace_cmpf(float, float) {}
void __sanitizer_cov_trace_cmpd(double, double) {}
void __sanitizer_cov_trace_switch(std::uint64_t value, const std::uint64_t* cases) {
  for (std::uint64_t i = 0; i < cases[0] && i < 8; ++i) {
    compare(value, cases[2 + i], static_cast<int>(cases[1] / 8));
  }
}
}

int main(int argc, char** argv) {
  __sanitizer_set_death_callback(on_death);
  for (const int number : {SIGABRT, SIGALRM}) signal(number, on_signal);
  Fuzzer(parse(argc, argv)).run();
}

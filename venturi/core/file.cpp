#include "venturi/core/file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "venturi/core/error.hpp"

namespace venturi::core {
namespace {

[[noreturn]] void fail_system(std::string_view where, std::string_view action,
                              const std::filesystem::path& path) {
  fail_data(where, "cannot {} '{}': {}", action, path.string(), std::strerror(errno));
}

// Closes on every way out.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

void write_all(int descriptor, Bytes bytes, std::string_view where,
               const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      fail_system(where, "write", path);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::vector<std::byte> read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail_system("core.read_file", "open", path);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) fail_system("core.read_file", "look at", path);
  if (!S_ISREG(info.st_mode)) {
    fail_data("core.read_file", "'{}' is not a regular file", path.string());
  }
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > max_bytes) {
    fail_data("core.read_file", "'{}' has {} bytes, more than the {} that are allowed here",
              path.string(), size, max_bytes);
  }
  std::vector<std::byte> out(size);
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t got = ::read(file.get(), out.data() + filled, out.size() - filled);
    if (got < 0) {
      if (errno == EINTR) continue;
      fail_system("core.read_file", "read", path);
    }
    if (got == 0) {
      fail_data("core.read_file", "'{}' shrank while it was read ({} of {} bytes)", path.string(),
                filled, size);
    }
    filled += static_cast<std::size_t>(got);
  }
  return out;
}

std::string read_text(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const auto bytes = read_file(path, max_bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code error;
  if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path(), error);
  if (error) {
    fail_data("core.AtomicFile", "cannot create the folder '{}': {}", path_.parent_path().string(),
              error.message());
  }
  std::string name = path_.string() + ".tmp-XXXXXX";
  descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) fail_system("core.AtomicFile", "create a file beside", path_);
  temporary_ = name;
  // mkostemp makes 0600; give what the user's umask would.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(descriptor_, 0666 & ~mask);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(Bytes bytes) { write_all(descriptor_, bytes, "core.AtomicFile", path_); }

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail_system("core.AtomicFile", "flush", path_);
  const int descriptor = std::exchange(descriptor_, -1);
  if (::close(descriptor) != 0) fail_system("core.AtomicFile", "close", path_);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    fail_system("core.AtomicFile", "rename to", path_);
  }
  temporary_.clear();
}

void write_file(const std::filesystem::path& path, Bytes bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text)));
}

void append_line(const std::filesystem::path& path, std::string_view line) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (file.get() < 0) fail_system("core.append_line", "open", path);
  std::string text(line);
  text += '\n';
  write_all(file.get(), std::as_bytes(std::span(text)), "core.append_line", path);
}

std::vector<std::string> list_files(const std::filesystem::path& folder) {
  std::vector<std::string> out;
  DIR* open_folder = ::opendir(folder.c_str());
  if (open_folder == nullptr) return out;
  while (const dirent* entry = ::readdir(open_folder)) {
    struct stat info {};
    const std::string path = (folder / entry->d_name).string();
    if (::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode)) out.emplace_back(entry->d_name);
  }
  ::closedir(open_folder);
  std::sort(out.begin(), out.end());
  return out;
}

void remove_folder(const std::filesystem::path& folder) {
  constexpr int kDescriptors = 16;
  ::nftw(
      folder.c_str(),
      [](const char* path, const struct stat*, int, FTW*) { return ::remove(path), 0; },
      kDescriptors, FTW_DEPTH | FTW_PHYS);
}

ScratchFolder::ScratchFolder() {
  // mkdtemp fills in the last six letters.
  std::string name = (std::filesystem::temp_directory_path() / "venturi-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail_system("core.ScratchFolder", "make", name);
  path_ = name;
}

std::filesystem::path shared_data_folder() {
  const char* set = std::getenv("VENTURI_DATA");
  std::filesystem::path folder = set != nullptr ? set : "../shared/data";
  std::error_code error;
  return std::filesystem::is_directory(folder, error) ? folder : std::filesystem::path();
}

}  // namespace venturi::core

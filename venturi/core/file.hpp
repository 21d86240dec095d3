// venturi/core/file.hpp
//
// Files that are whole or absent: writing goes to a temporary name beside the target, then fsync,
// then rename. Errors name the file and say what the system said.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::core {

// The whole file. Throws DataError if it is missing, unreadable, not a regular file, or larger than
// `max_bytes`; memory is taken only after the size is known.
std::vector<std::byte> read_file(const std::filesystem::path& path,
                                 std::uint64_t max_bytes = std::uint64_t{1} << 34);
std::string read_text(const std::filesystem::path& path,
                      std::uint64_t max_bytes = std::uint64_t{1} << 26);

// A file under its temporary name until commit(); destruction without commit() removes it.
class AtomicFile {
 public:
  // Creates parent folders. Throws DataError if the place cannot be written.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(Bytes bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  // Flushes to the disk and renames to the final name.
  void commit();
  // Where the bytes are before commit(), for libraries that write by file name.
  const std::filesystem::path& temporary() const { return temporary_; }

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

void write_file(const std::filesystem::path& path, Bytes bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

// Appends one line with a single write, so that lines of concurrent runs do not mix.
void append_line(const std::filesystem::path& path, std::string_view line);

// Names of regular files in a folder, sorted; none if it cannot be read. These two stand in for
// std::filesystem's iterators, which crash beside a PyTorch wheel: it exports an older build's
// symbols of the same names.
std::vector<std::string> list_files(const std::filesystem::path& folder);
// Removes a folder with all that is in it, as far as that is possible.
void remove_folder(const std::filesystem::path& folder);

// A new folder under the system's place for temporary files, removed with all that is in it at the
// end of its scope. DataError if it cannot be made.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder() { remove_folder(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// The folder of shared test data: $VENTURI_DATA, or "../shared/data"; empty path if absent.
std::filesystem::path shared_data_folder();

}  // namespace venturi::core

#include "venturi/data/image.hpp"

// jpeglib.h needs FILE and size_t before it.
#include <cstdio>
// clang-format off
#include <jpeglib.h>
// clang-format on
#include <png.h>

#include <csetjmp>
#include <cstdlib>
#include <cstring>

#include "venturi/core/error.hpp"
#include "venturi/data/decode_file.hpp"
#include "venturi/data/little_endian.hpp"

namespace venturi::data {
namespace {

constexpr std::string_view kWhere = "data.decode_image";
constexpr long kJpegMemory =
    1L << 29;  // libjpeg's working memory (all coefficients, if progressive)

void check_size(std::uint64_t height, std::uint64_t width, const ImageLimits& limits) {
  const auto edge = static_cast<std::uint64_t>(limits.most_edge);
  if (height < 1 || width < 1 || height > edge || width > edge ||
      height * width > static_cast<std::uint64_t>(limits.most_pixels)) {
    core::fail_data(kWhere, "an image of {}*{} (height*width); at most {} an edge and {} pixels",
                    height, width, limits.most_edge, limits.most_pixels);
  }
}

void check_image(const Image& image, std::string_view where, int most_edge) {
  const bool sizes = image.height >= 1 && image.width >= 1 && image.height <= most_edge &&
                     image.width <= most_edge && (image.channels == 1 || image.channels == 3);
  if (!sizes || image.pixels.size() != static_cast<std::size_t>(image.height) * image.width *
                                           static_cast<std::size_t>(image.channels)) {
    core::fail_argument(where,
                        "expected pixels (height*width*channels, channels 1 or 3, edges 1 to {}), "
                        "got {} for {}*{}*{}",
                        most_edge, image.pixels.size(), image.height, image.width, image.channels);
  }
}

Image make_image(std::uint64_t height, std::uint64_t width, int channels) {
  Image out{static_cast<int>(height), static_cast<int>(width), channels, {}};
  out.pixels.resize(height * width * static_cast<std::size_t>(channels));
  return out;
}

// The full interface to read: the simplified one would apply a file's gamma to its pixels. libpng
// leaves by a long jump, so the frames that call it own nothing that needs destruction.
struct PngReader {
  png_structp read = nullptr;
  png_infop info = nullptr;
  core::Bytes rest;
  std::jmp_buf back;
  char text[128];
  ~PngReader() { png_destroy_read_struct(&read, &info, nullptr); }
};

[[noreturn]] void leave_png(png_structp read, png_const_charp text) {
  auto* reader = static_cast<PngReader*>(png_get_error_ptr(read));
  std::snprintf(reader->text, sizeof(reader->text), "%s", text);
  std::longjmp(reader->back, 1);
}

void ignore_png_warning(png_structp, png_const_charp) {}

void feed_png(png_structp read, png_bytep out, std::size_t size) {
  auto* reader = static_cast<PngReader*>(png_get_io_ptr(read));
  if (size > reader->rest.size()) png_error(read, "cut short");
  std::memcpy(out, reader->rest.data(), size);
  reader->rest = reader->rest.subspan(size);
}

// False, with reader.text, where libpng gives up.
bool read_png_header(PngReader& reader, int most_edge) {
  if (setjmp(reader.back) != 0) return false;
  reader.read =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, leave_png, ignore_png_warning);
  if (reader.read == nullptr) return false;
  reader.info = png_create_info_struct(reader.read);
  if (reader.info == nullptr) return false;
  png_set_read_fn(reader.read, &reader, feed_png);
  png_set_user_limits(reader.read, static_cast<png_uint_32>(most_edge),
                      static_cast<png_uint_32>(most_edge));
  png_set_chunk_malloc_max(reader.read, 1 << 24);
  png_read_info(reader.read, reader.info);
  png_set_expand(reader.read);  // palettes to RGB, 1, 2 and 4 bits to 8
  png_set_scale_16(reader.read);
  png_set_strip_alpha(reader.read);
  return true;
}

bool read_png_pixels(PngReader& reader, Image& image, std::size_t row_bytes) {
  if (setjmp(reader.back) != 0) return false;
  const int passes = png_set_interlace_handling(reader.read);
  png_read_update_info(reader.read, reader.info);
  if (png_get_rowbytes(reader.read, reader.info) != row_bytes) png_error(reader.read, "row size");
  for (int pass = 0; pass < passes; ++pass) {
    for (int i = 0; i < image.height; ++i) {
      png_read_row(reader.read, image.pixels.data() + static_cast<std::size_t>(i) * row_bytes,
                   nullptr);
    }
  }
  png_read_end(reader.read, nullptr);
  return true;
}

Image decode_png(core::Bytes file, const ImageLimits& limits) {
  PngReader reader{};
  reader.rest = file;
  if (!read_png_header(reader, limits.most_edge)) {
    core::fail_data(kWhere, "PNG: {}", reader.text);
  }
  const png_uint_32 height = png_get_image_height(reader.read, reader.info);
  const png_uint_32 width = png_get_image_width(reader.read, reader.info);
  check_size(height, width, limits);
  const bool colour = (png_get_color_type(reader.read, reader.info) & PNG_COLOR_MASK_COLOR) != 0;
  Image out = make_image(height, width, colour ? 3 : 1);
  if (!read_png_pixels(reader, out, static_cast<std::size_t>(width) * out.channels)) {
    core::fail_data(kWhere, "PNG: {}", reader.text);
  }
  return out;
}

// libjpeg leaves by a long jump, too.
struct JpegErrors {
  jpeg_error_mgr base;
  std::jmp_buf back;
  char text[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave(j_common_ptr info) {
  auto* errors = reinterpret_cast<JpegErrors*>(info->err);
  errors->base.format_message(info, errors->text);
  std::longjmp(errors->back, 1);
}

// A warning (level -1) means broken data that libjpeg would fill with grey: refused here.
void refuse_warning(j_common_ptr info, int level) {
  if (level < 0) leave(info);
}

void set_errors(JpegErrors& errors) {
  jpeg_std_error(&errors.base);
  errors.base.error_exit = leave;
  errors.base.emit_message = refuse_warning;
  errors.text[0] = '\0';
}

struct JpegReader {
  jpeg_decompress_struct info{};
  JpegErrors errors{};
  ~JpegReader() { jpeg_destroy_decompress(&info); }
};

// False, with errors.text, where libjpeg gives up.
bool read_jpeg_header(JpegReader& reader, core::Bytes file) {
  if (setjmp(reader.errors.back) != 0) return false;
  jpeg_create_decompress(&reader.info);
  reader.info.mem->max_memory_to_use = kJpegMemory;
  jpeg_mem_src(&reader.info, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  jpeg_read_header(&reader.info, TRUE);
  return true;
}

bool read_jpeg_pixels(JpegReader& reader, std::uint8_t* pixels, std::size_t row_bytes) {
  if (setjmp(reader.errors.back) != 0) return false;
  jpeg_start_decompress(&reader.info);
  while (reader.info.output_scanline < reader.info.output_height) {
    JSAMPROW row = pixels + reader.info.output_scanline * row_bytes;
    jpeg_read_scanlines(&reader.info, &row, 1);
  }
  jpeg_finish_decompress(&reader.info);
  return true;
}

Image decode_jpeg(core::Bytes file, const ImageLimits& limits) {
  JpegReader reader;
  set_errors(reader.errors);
  reader.info.err = &reader.errors.base;
  if (!read_jpeg_header(reader, file)) core::fail_data(kWhere, "JPEG: {}", reader.errors.text);
  check_size(reader.info.image_height, reader.info.image_width, limits);
  const J_COLOR_SPACE space = reader.info.jpeg_color_space;
  const bool grey = space == JCS_GRAYSCALE;
  if (!grey && space != JCS_YCbCr && space != JCS_RGB) {
    core::fail_data(kWhere, "JPEG: expected grey, YCbCr or RGB, got colour space {} of {} channels",
                    static_cast<int>(space), reader.info.num_components);
  }
  reader.info.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
  Image out = make_image(reader.info.image_height, reader.info.image_width, grey ? 1 : 3);
  const std::size_t row_bytes = static_cast<std::size_t>(out.width) * out.channels;
  if (!read_jpeg_pixels(reader, out.pixels.data(), row_bytes)) {
    core::fail_data(kWhere, "JPEG: {}", reader.errors.text);
  }
  return out;
}

struct JpegWriter {
  jpeg_compress_struct info{};
  JpegErrors errors{};
  unsigned char* bytes = nullptr;  // libjpeg takes it by malloc
  unsigned long size = 0;
  ~JpegWriter() {
    jpeg_destroy_compress(&info);
    std::free(bytes);
  }
};

bool write_jpeg(JpegWriter& writer, const Image& image, int quality) {
  if (setjmp(writer.errors.back) != 0) return false;
  jpeg_compress_struct& info = writer.info;
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, &writer.bytes, &writer.size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = image.channels;
  info.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  info.optimize_coding = TRUE;
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    // libjpeg only reads through this pointer.
    JSAMPROW row = const_cast<std::uint8_t*>(image.pixels.data()) +
                   static_cast<std::size_t>(info.next_scanline) * image.width * image.channels;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  return true;
}

// The simplified interface, to write.
struct PngWriter {
  png_image value{};
  PngWriter() { value.version = PNG_IMAGE_VERSION; }
  ~PngWriter() { png_image_free(&value); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;
};

}  // namespace

Image decode_image(core::Bytes file, const ImageLimits& limits) {
  const auto text = as_text(file);
  if (text.starts_with("\x89PNG")) return decode_png(file, limits);
  if (text.starts_with("\xFF\xD8")) return decode_jpeg(file, limits);
  core::fail_data(kWhere, "expected a PNG or JPEG file, got other bytes");
}

Image read_image(const std::filesystem::path& path, const ImageLimits& limits) {
  return decode_file(path, [&](core::Bytes file) { return decode_image(file, limits); });
}

std::vector<std::byte> encode_jpeg(const Image& image, int quality) {
  check_image(image, "data.encode_jpeg", JPEG_MAX_DIMENSION);
  if (quality < 1 || quality > 100) {
    core::fail_argument("data.encode_jpeg", "expected quality in [1, 100], got {}", quality);
  }
  JpegWriter writer;
  set_errors(writer.errors);
  writer.info.err = &writer.errors.base;
  if (!write_jpeg(writer, image, quality)) {
    core::fail_data("data.encode_jpeg", "{}", writer.errors.text);
  }
  const auto bytes = std::as_bytes(std::span(writer.bytes, writer.size));
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> encode_png(const Image& image) {
  check_image(image, "data.encode_png", 1 << 24);
  PngWriter png;
  png.value.width = static_cast<png_uint_32>(image.width);
  png.value.height = static_cast<png_uint_32>(image.height);
  png.value.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  std::vector<std::byte> out;
  // The first call tells the size.
  for (int pass = 0; pass < 2; ++pass) {
    if (png_image_write_to_memory(&png.value, pass == 0 ? nullptr : out.data(), &size, 0,
                                  image.pixels.data(), 0, nullptr) == 0) {
      core::fail_data("data.encode_png", "{}", png.value.message);
    }
    out.resize(size);
  }
  return out;
}

}  // namespace venturi::data

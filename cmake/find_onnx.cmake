# ONNX's protobuf classes (Debian's libonnx-dev and libprotobuf-dev). Defines the target venturi_onnx.
# The package's own configuration asks for libraries that nobody here needs; two files are enough.
find_package(Protobuf REQUIRED)
find_path(ONNX_INCLUDE_DIR onnx/onnx_pb.h REQUIRED)
find_library(ONNX_PROTO_LIBRARY onnx_proto REQUIRED)
add_library(venturi_onnx INTERFACE)
target_compile_definitions(venturi_onnx INTERFACE ONNX_NAMESPACE=onnx ONNX_ML)
target_include_directories(venturi_onnx SYSTEM INTERFACE ${ONNX_INCLUDE_DIR})
target_link_libraries(venturi_onnx INTERFACE ${ONNX_PROTO_LIBRARY} protobuf::libprotobuf)

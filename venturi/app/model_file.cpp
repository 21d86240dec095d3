#include "venturi/app/model_file.hpp"

#include "venturi/compress/model_file.hpp"
#include "venturi/learn/codec.hpp"
#include "venturi/net/architectures.hpp"

namespace venturi::app {

net::Model open_network(const std::string& place) {
  if (!place.ends_with(".vt") || place.find(':') != std::string::npos) {
    return net::open_model(place);
  }
  const code::Container file = code::read_container(place);
  if (compress::is_network(file)) return compress::from_container(file, place).model();
  return learn::load_codec(place, torch::kCPU).model->graph();
}

}  // namespace venturi::app

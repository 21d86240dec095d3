#include "venturi/app/model_file.hpp"

#include "venturi/learn/codec.hpp"
#include "venturi/net/architectures.hpp"

namespace venturi::app {

net::Model open_network(const std::string& place) {
  const bool trained = place.ends_with(".vt") && place.find(':') == std::string::npos;
  return trained ? learn::load_codec(place, torch::kCPU).model->graph() : net::open_model(place);
}

}  // namespace venturi::app

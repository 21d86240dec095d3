// tests/report/xml.hpp: what stands in a drawing or a page, read back by an XML parser (expat).
#pragma once

#include <expat.h>

#include <map>
#include <string>
#include <vector>

#include "venturi/core/error.hpp"

namespace venturi::report::testing {

struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;             // directly inside
  std::vector<std::string> in;  // classes of the elements around it

  std::string css() const {
    const auto at = attributes.find("class");
    return at == attributes.end() ? "" : at->second;
  }
  double number(const std::string& name_of) const { return std::stod(attributes.at(name_of)); }
};

// Every element in document order; DataError with the parser's message if it is not well-formed.
inline std::vector<Element> parse_xml(const std::string& text) {
  struct State {
    std::vector<Element> elements;
    std::vector<std::size_t> open;
  } state;
  XML_Parser parser = XML_ParserCreate("UTF-8");
  XML_SetUserData(parser, &state);
  XML_SetElementHandler(
      parser,
      [](void* data, const XML_Char* name, const XML_Char** attributes) {
        auto& s = *static_cast<State*>(data);
        Element element{.name = name};
        for (; *attributes != nullptr; attributes += 2) {
          element.attributes[attributes[0]] = attributes[1];
        }
        for (const std::size_t i : s.open) {
          element.in.push_back(s.elements[i].css());
        }
        s.open.push_back(s.elements.size());
        s.elements.push_back(std::move(element));
      },
      [](void* data, const XML_Char*) { static_cast<State*>(data)->open.pop_back(); });
  XML_SetCharacterDataHandler(parser, [](void* data, const XML_Char* part, int length) {
    auto& s = *static_cast<State*>(data);
    s.elements[s.open.back()].text.append(part, static_cast<std::size_t>(length));
  });
  const bool good =
      XML_Parse(parser, text.data(), static_cast<int>(text.size()), 1) == XML_STATUS_OK;
  std::string message;
  if (!good) {
    message = fmt::format("line {}: {}", XML_GetCurrentLineNumber(parser),
                          XML_ErrorString(XML_GetErrorCode(parser)));
  }
  XML_ParserFree(parser);
  if (!good) core::fail_data("parse_xml", "{}", message);
  return std::move(state.elements);
}

// Elements of a class (the whole attribute), legends left aside.
inline std::size_t count_class(const std::vector<Element>& elements, const std::string& css) {
  std::size_t n = 0;
  for (const auto& element : elements) {
    bool legend = false;
    for (const auto& around : element.in) legend |= around.starts_with("vt-legend");
    n += !legend && element.css() == css;
  }
  return n;
}

inline std::size_t count_name(const std::vector<Element>& elements, const std::string& name) {
  std::size_t n = 0;
  for (const auto& element : elements) n += element.name == name;
  return n;
}

// All text, one line an element.
inline std::string all_text(const std::vector<Element>& elements) {
  std::string out;
  for (const auto& element : elements) {
    if (element.name != "style") out += element.text + "\n";
  }
  return out;
}

}  // namespace venturi::report::testing

// venturi report, list.
#include "venturi/allocate/members.hpp"
#include "venturi/app/command.hpp"
#include "venturi/code/byte_codec.hpp"
#include "venturi/compress/members.hpp"
#include "venturi/core/record.hpp"
#include "venturi/couple/members.hpp"
#include "venturi/data/load.hpp"
#include "venturi/learn/bounds.hpp"
#include "venturi/learn/channel.hpp"
#include "venturi/learn/method.hpp"
#include "venturi/learn/prediction.hpp"
#include "venturi/learn/rate.hpp"
#include "venturi/measure/methods.hpp"
#include "venturi/net/architectures.hpp"
#include "venturi/report/render.hpp"

namespace venturi::app {
namespace {

struct Report {
  std::string input = "venturi-runs/records.jsonl";
  std::string output = "report.html";
};

std::vector<core::MemberInfo> all_members() {
  std::vector<core::MemberInfo> out;
  const auto add = [&](std::vector<core::MemberInfo> part) {
    out.insert(out.end(), part.begin(), part.end());
  };
  add(core::member_infos("data", "data set", data::loaders()));
  add(core::member_infos("code", "codec", code::byte_codecs()));
  add(core::member_infos("allocate", "member", allocate::members()));
  add(measure::member_infos());
  add(core::member_infos("couple", "member", couple::members()));
  add(core::member_infos("net", "network", net::architectures()));
  add(core::member_infos("compress", "method", compress::members()));
  add(core::member_infos("learn", "channel", learn::channels()));
  add(core::member_infos("learn", "prediction", learn::prediction_terms()));
  add(core::member_infos("learn", "rate", learn::rate_terms()));
  add(core::member_infos("learn", "method", learn::methods()));
  add(core::member_infos("learn", "bound", learn::bounds()));
  return out;
}

void list(const Common& common, const std::string& room) {
  core::Table table({{"room", "room", ""},
                     {"kind", "kind", ""},
                     {"name", "name", ""},
                     {"summary", "what it is", ""},
                     {"source", "source", ""},
                     {"cost", "cost", ""}});
  for (const core::MemberInfo& m : all_members()) {
    if (!room.empty() && m.room != room) continue;
    table.add_row({m.room, m.kind, m.name, m.summary, m.source, m.cost});
  }
  if (table.rows() == 0) core::fail_argument("app.list", "no members in a room '{}'", room);
  print_result(common, table.json(), table.text());
}

}  // namespace

void add_report(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("report", "draw run records as one HTML page");
  const auto state = std::make_shared<Report>();
  verb->add_option("records", state->input, "records.jsonl of a run")->capture_default_str();
  verb->add_option("-o,--output", state->output, "the page")->capture_default_str();
  verb->callback([state] {
    core::write_file(state->output,
                     report::render_records(core::read_records(state->input)).html());
    fmt::print("{}\n", state->output);
  });
}

void add_list(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("list", "everything that can be chosen by name");
  const auto common = std::make_shared<Common>();
  const auto room = std::make_shared<std::string>();
  verb->add_option("room", *room, "one room only");
  add_common(*verb, *common, false);
  verb->callback([common, room] { list(*common, *room); });
}

}  // namespace venturi::app

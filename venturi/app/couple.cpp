// venturi couple: discrete bottlenecks, couplings and transport on tables of a person's own.
#include "venturi/app/command.hpp"
#include "venturi/app/couple_plots.hpp"
#include "venturi/core/record.hpp"
#include "venturi/couple/members.hpp"
#include "venturi/data/columns.hpp"
#include "venturi/report/render.hpp"

namespace venturi::app {
namespace {

struct Couple {
  Common common;
  std::string member;
  std::vector<std::string> tables;
  std::vector<double> sweep;
  std::vector<std::string> settings;
  std::string output;
  bool normalise = false;
};

// "name=value" pairs as JSON; a value that is no JSON is text.
core::Json parse_settings(const std::vector<std::string>& settings) {
  core::Json out = core::Json::object();
  for (const std::string& setting : settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos) {
      core::fail_argument("app.couple", "expected --set name=value, got '{}'", setting);
    }
    const std::string text = setting.substr(equals + 1);
    core::Json value = core::Json::parse(text, nullptr, false);
    out[setting.substr(0, equals)] = value.is_discarded() ? core::Json(text) : value;
  }
  return out;
}

core::Matrix read_numbers(const std::string& place) {
  data::Columns columns = data::read_columns(place);
  for (std::size_t c = 0; c < columns.names.size(); ++c) {
    if (!columns.text[c]) continue;
    core::fail_data("app.couple", "'{}': expected numbers, got text in column '{}'", place,
                    columns.names[c]);
  }
  return std::move(columns.values);
}

void run(const Couple& verb) {
  const auto& member = core::find_member(couple::members(), verb.member, "app.couple");
  couple::CoupleInput input{
      .normalise = verb.normalise, .sweep = verb.sweep, .key = core::Key(verb.common.seed)};
  for (const std::string& path : verb.tables) {
    input.tables.push_back(read_numbers(path));
  }
  const double start = core::now_seconds();
  const core::Json options = parse_settings(verb.settings);
  core::Record record{.command = "couple " + verb.member,
                      .options = options,
                      .seed = verb.common.seed,
                      .results = member.make(input, options),
                      .seconds = core::now_seconds() - start};
  record.options["tables"] = verb.tables;
  print_result(verb.common, record.json(), record.results.dump(2) + "\n");
  if (verb.output.empty()) return;
  record.results.update(couple_drawings(verb.member, record.results));
  const std::filesystem::path folder = verb.output;
  core::append_record(folder / "records.jsonl", record);
  const auto records = core::read_records(folder / "records.jsonl");
  core::write_file(folder / "report.html",
                   report::render_records(records, "Discrete bottlenecks and couplings").html());
}

std::string footer() {
  std::string out =
      "Examples:\n"
      "  venturi couple ib joint.csv --sweep 1.5,2,4,8 --json\n"
      "  venturi couple dib counts.npy --normalize --sweep 5 --set restarts=30\n"
      "  venturi couple mec-b p.csv q.csv --sweep 0.5,1,2 -o runs\n"
      "  venturi couple ot p.csv q.csv costs.csv\n\n"
      "A joint table holds p(x,y), a row an x; a law is one row or one column. A sum that is not "
      "one "
      "within 1e-9\nis refused unless --normalize asks to divide by it.\n\nMembers:\n";
  for (const auto& m : couple::members()) out += fmt::format("  {:<20} {}\n", m.name, m.summary);
  out += "\nOptions of a member, for --set:\n";
  for (const auto& m : couple::members()) {
    for (const auto& field : couple::member_options(m.name)) {
      const std::string limits = field.limits.text();
      out += fmt::format("  {:<20} {} = {}: {}{}\n", m.name, field.name, field.preset, field.help,
                         limits.empty() ? "" : " (" + limits + ")");
    }
  }
  return out;
}

}  // namespace

void add_couple(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "couple", "discrete bottlenecks, couplings, transport on tables (CSV or NPY)");
  const auto state = std::make_shared<Couple>();
  verb->add_option("member", state->member, "what to compute, by name (see below)")->required();
  verb->add_option("tables", state->tables,
                   "the tables it asks for: x.npy, table.csv or table.csv#a,b");
  verb->add_option("--sweep", state->sweep, "betas, rates in bits or slopes")->delimiter(',');
  verb->add_option("--set", state->settings, "an option of the member: name=value");
  verb->add_flag("--normalise,--normalize", state->normalise, "divide each table by its sum");
  verb->add_option("-o,--output", state->output,
                   "folder: the run is appended to its records.jsonl, drawn in its report.html");
  add_common(*verb, state->common);
  verb->footer(footer);
  verb->callback([state] { run(*state); });
}

}  // namespace venturi::app

#include "venturi/core/table.hpp"

#include "tests/testing.hpp"
#include "venturi/core/members.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/core/units.hpp"

namespace venturi::core {
namespace {

TEST(Table, ThreeForms) {
  Table table({{"name", "name", ""}, {"bits", "bits/image", "{:.2f}"}});
  table.add_row({"raw", 6272});
  table.add_row({"β", nullptr});
  EXPECT_EQ(table.text(),
            "name  bits/image\n"
            "----  ----------\n"
            "raw      6272.00\n"
            "β              -\n");
  EXPECT_EQ(table.markdown(), "| name | bits/image |\n|---|---|\n| raw | 6272.00 |\n| β | - |\n");
  EXPECT_EQ(table.json()[0]["bits"], 6272);
  EXPECT_ERROR(table.add_row({"short"}), InvalidArgument, "2 cells, got 1");
}

TEST(Units, BitsAndNats) {
  EXPECT_DOUBLE_EQ(Bits(Nats{1}).value, kBitsPerNat);
  EXPECT_DOUBLE_EQ(to_nats(Bits(Nats{2.5})).value, 2.5);
  EXPECT_LT(Bits(1), Bits(2));
}

TEST(Members, LookUpSuggests) {
  using Make = int (*)();
  const Member<Make> table[] = {{"ksg1", "", "", "", [] { return 1; }},
                                {"gaussian", "", "", "", [] { return 2; }}};
  const std::span<const Member<Make>> members(table);
  EXPECT_EQ(find_member(members, "gaussian", "t").make(), 2);
  EXPECT_ERROR(find_member(members, "gausian", "room.f"), InvalidArgument,
               "did you mean 'gaussian'?; known: ksg1, gaussian");
  EXPECT_EQ(member_infos("measure", "estimator", members).size(), 2U);
}

TEST(Monitor, ProgressLine) {
  EXPECT_EQ(progress_line({"train", 5, 10, "epochs", "accuracy 91.2 %"}, 10),
            "train 5/10 epochs [==========          ] 0.5/s 0:10 left accuracy 91.2 %");
  EXPECT_EQ(progress_line({"read", 5, 0, "rows", ""}, 0), "read 5 rows");
}

}  // namespace
}  // namespace venturi::core

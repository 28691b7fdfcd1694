// Each limit at its edge: the last size that is taken, and the first that is refused.
#include <zlib.h>

#include <cstdio>
#include <fstream>
#include <functional>

#include "support.hpp"

namespace tix::plan::test {
namespace {

const std::string kScratch = TIX_SCRATCH;

void expect_edge(const Read& inside, const Read& outside, const std::string& words) {
    EXPECT_FALSE(inside.refusal) << inside.message();
    ASSERT_TRUE(outside.refusal) << "accepted, expected: " << words;
    EXPECT_NE(outside.message().find(words), std::string::npos) << outside.message();
}

std::string repeated(std::size_t count, const std::function<std::string(std::size_t)>& one) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
        all += (i == 0 ? "" : ",") + one(i);
    return all;
}

std::string seats(std::size_t count) {
    return repeated(count, [](std::size_t i) { return seat_json(std::to_string(i)); });
}

TEST(Limit, Depth) {
    const auto nested = [](std::size_t depth) {
        return plan_json(zone_json("", seat_json("A")),
                         ", \"v\": " + std::string(depth, '[') + std::string(depth, ']'));
    };
    expect_edge(read_text(nested(kDepthMax - 1)), read_text(nested(kDepthMax)), "nested more than");
}

TEST(Limit, KeysOfAnObject) {
    const auto keyed = [](std::size_t count) {
        const auto key = [](std::size_t i) { return "\"k" + std::to_string(i) + "\": 0"; };
        return plan_json(zone_json("", seat_json("A")), ", \"v\": {" + repeated(count, key) + "}");
    };
    expect_edge(read_text(keyed(kKeysPerObjectMax)), read_text(keyed(kKeysPerObjectMax + 1)),
                "more than 256 keys");
}

TEST(Limit, Seats) {
    // Five rows, since positions of one row are limited too.
    const auto house = [](std::size_t count) {
        std::string rows;
        for (std::size_t r = 0; r < 5; ++r) {
            const std::size_t size = r < 4 ? kSeatsMax / 5 : count - kSeatsMax / 5 * 4;
            rows += (r == 0 ? "" : ",") + std::string("{\"row_number\": \"") + std::to_string(r) +
                    "\", \"seats\": [" +
                    repeated(size,
                             [r](std::size_t i) {
                                 return seat_json(std::to_string(r) + "-" + std::to_string(i));
                             }) +
                    "]}";
        }
        return plan_json("{\"position\": {\"x\": 0, \"y\": 0}, \"rows\": [" + rows + "]}");
    };
    const Read inside = read_text(house(kSeatsMax));
    expect_edge(inside, read_text(house(kSeatsMax + 1)), "plan has more than 250000 seats");
    EXPECT_EQ(inside.layout.seats.size(), kSeatsMax);
}

TEST(Limit, PositionsOfARow) {
    const auto max = static_cast<std::size_t>(kPositionMax);
    expect_edge(read_text(hall(seats(max))), read_text(hall(seats(max + 1))),
                "needs more than 65535 positions");
}

TEST(Limit, Zones) {
    const auto zones = [](std::size_t count) {
        return plan_json(repeated(
            count, [](std::size_t i) { return zone_json("", seat_json(std::to_string(i))); }));
    };
    expect_edge(read_text(zones(kZonesMax)), read_text(zones(kZonesMax + 1)), "zones");
}

TEST(Limit, Rows) {
    const auto rows = [](std::size_t count) {
        return plan_json(zone_json("", seat_json("A")) +
                         ",{\"position\": {\"x\": 0, \"y\": 0}, \"rows\": [" +
                         repeated(count - 1,
                                  [](std::size_t) {
                                      return std::string("{\"row_number\": \"1\", \"seats\": []}");
                                  }) +
                         "]}");
    };
    expect_edge(read_text(rows(kRowsMax)), read_text(rows(kRowsMax + 1)), "more than 100000 rows");
}

TEST(Limit, Categories) {
    const auto plan = [](std::size_t count) {
        return plan_json(zone_json("", seat_json("A")), "",
                         R"({"name": "A"},)" + repeated(count - 1, [](std::size_t i) {
                             return R"({"name": ")" + std::to_string(i) + "\"}";
                         }));
    };
    expect_edge(read_text(plan(kCategoriesMax)), read_text(plan(kCategoriesMax + 1)),
                "more than 1024 categories");
}

TEST(Limit, BytesOfText) {
    const auto named = [](std::size_t size) {
        return plan_json(
            zone_json("\"name\": \"" + std::string(size, 'x') + "\", ", seat_json("A")));
    };
    expect_edge(read_text(named(kStringBytesMax)), read_text(named(kStringBytesMax + 1)),
                "has 201 bytes, more than 200");
}

TEST(Limit, BytesOfASeatId) {
    expect_edge(read_text(hall(seat_json(std::string(kSeatIdBytesMax, 'x')))),
                read_text(hall(seat_json(std::string(kSeatIdBytesMax + 1, 'x')))),
                "too long seat_guid");
}

TEST(Limit, Coordinates) {
    expect_edge(read_text(hall(seat_json("A", "-1000000"))),
                read_text(hall(seat_json("A", "1000000.1"))), "out of range");
}

TEST(Limit, Decoration) {
    const auto drawn = [](std::size_t size) {  // with [" and "]
        return plan_json(
            zone_json("\"areas\": [\"" + std::string(size - 4, 'x') + "\"], ", seat_json("A")));
    };
    expect_edge(read_text(drawn(kDecorationBytesMax)), read_text(drawn(kDecorationBytesMax + 1)),
                "decoration of the plan is larger than 4 MiB");
}

TEST(Limit, ErrorsListed) {
    const auto unknown = [](std::size_t count) {
        std::string all;
        for (std::size_t i = 0; i < count; ++i) {
            std::string seat = seat_json(std::to_string(i));
            seat.replace(seat.find("\"A\""), 3, "\"" + std::to_string(i) + "\"");
            all += (i == 0 ? "" : ",") + seat;
        }
        return read_text(hall(all)).refusal.value_or(Refusal{}).detail;
    };
    EXPECT_EQ(unknown(kErrorsListedMax).find("more"), std::string::npos);
    EXPECT_NE(unknown(kErrorsListedMax + 1).find("\nand 1 more"), std::string::npos);
}

std::string padded(std::size_t size) {
    const std::string plan = hall(seat_json("A"));
    return plan + std::string(size - plan.size(), ' ');
}

void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

void write_gzip(const std::string& path, const std::string& bytes) {
    gzFile file = gzopen(path.c_str(), "wb1");
    EXPECT_EQ(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())),
              static_cast<int>(bytes.size()));
    gzclose(file);
}

TEST(Limit, BytesOfAFile) {
    const std::string path = kScratch + "/edge.json";
    write(path, padded(kPlanBytesMax));
    const Read inside = read(Source(path));
    write(path, padded(kPlanBytesMax + 1));
    expect_edge(inside, read(Source(path)), "plan is larger than 64 MiB");
    std::remove(path.c_str());
}

TEST(Limit, BytesOfAFileAfterGunzip) {
    const std::string path = kScratch + "/edge.json.gz";
    write_gzip(path, padded(kPlanBytesMax));
    const Read inside = read(Source(path));
    write_gzip(path, padded(kPlanBytesMax + 1));
    expect_edge(inside, read(Source(path)), "plan is larger than 64 MiB");
    std::remove(path.c_str());
}

TEST(Gzip, CutShortOrDamagedIsRefused) {
    const std::string path = kScratch + "/cut.json.gz";
    std::ifstream whole(kPlans + "/stadium-metalist.json.gz", std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(whole)), {});
    write(path, bytes.substr(0, bytes.size() / 2));
    EXPECT_NE(read(Source(path)).message().find("could not be read after byte"), std::string::npos);
    std::string damaged = bytes;
    for (std::size_t i = damaged.size() / 2; i < damaged.size() / 2 + 64; ++i)
        damaged[i] ^= 0x55;
    write(path, damaged);
    EXPECT_TRUE(read(Source(path)).refusal);
    std::remove(path.c_str());
}

TEST(Source, HashIsOfTheTextAndOfTheSalt) {
    const std::string path = kScratch + "/same.json";
    const std::string plan = hall(seat_json("A"));
    const auto hash = [](Source source, const std::string& salt) {
        Plan ignored;
        EXPECT_FALSE(parse(source, ignored));
        return source.sha256(salt);
    };
    write(path, plan);
    write_gzip(path + ".gz", plan);
    EXPECT_EQ(hash(Source(path), ""), hash(Source(path + ".gz"), ""));
    EXPECT_NE(hash(Source(path), ""), hash(Source(path), "by-uuid"));
    EXPECT_EQ(Source::of_text("abc").sha256(""),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    std::remove(path.c_str());
    std::remove((path + ".gz").c_str());
}

}  // namespace
}  // namespace tix::plan::test

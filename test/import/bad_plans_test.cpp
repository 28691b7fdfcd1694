// A bad plan is refused with one clear line, its place and a hint; a strange one is taken.
#include "support.hpp"

namespace tix::plan::test {
namespace {

// Every refusal has one line, with the words in it, and a hint.
void expect_refused(const Read& plan, const std::string& words) {
    ASSERT_TRUE(plan.refusal) << "accepted, expected: " << words;
    EXPECT_NE(plan.message().find(words), std::string::npos) << plan.message();
    EXPECT_EQ(plan.message().find('\n'), std::string::npos);
    EXPECT_LT(plan.message().size(), 400U);
    EXPECT_FALSE(plan.refusal->hint.empty());
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), with);
}

std::string nested(std::size_t depth) {
    return plan_json("", ", \"vendor\": " + std::string(depth, '[') + std::string(depth, ']'));
}

const std::string kGood = hall(seat_json("A-1"));

TEST(GoodPlan, IsTaken) {
    const Read plan = read_text(kGood);
    ASSERT_FALSE(plan.refusal) << plan.message();
    EXPECT_EQ(plan.layout.height, 50.5);
}

TEST(BadPlan, TruncatedAnywhereIsRefused) {
    for (std::size_t size = 0; size < kGood.size(); ++size) {
        const Read plan = read_text(kGood.substr(0, size));
        expect_refused(plan, size == 0 ? "plan is empty" : "plan is truncated");
    }
}

TEST(BadPlan, DamagedAnywhereIsTakenOrRefusedButNeverCrashes) {
    std::size_t refused = 0;
    for (std::size_t i = 0; i < kGood.size(); ++i)
        for (const char byte : {'\0', '"', '\\', '{', ']', ',', '-', '9', 'e', '\xF0', '\n'}) {
            std::string damaged = kGood;
            damaged[i] = byte;
            const Read plan = read_text(damaged);
            if (!plan.refusal) continue;
            ++refused;
            EXPECT_FALSE(plan.refusal->hint.empty()) << plan.message();
        }
    EXPECT_GT(refused, kGood.size());
}

TEST(BadPlan, ThatIsNotJsonIsRefusedWithItsPlace) {
    expect_refused(read_text("<html>"), "plan is not valid JSON");
    expect_refused(read_text("\n\n  nul"), "line 3");
    expect_refused(read_text(kGood + "x"), "plan is not valid JSON");
    expect_refused(read_text(kGood + kGood), "plan is not valid JSON");
    expect_refused(read_text(std::string(4, '\0')), "it contains a NUL byte");
    expect_refused(read_text(kGood + std::string(1, '\0') + "hidden"), "it contains a NUL byte");
    expect_refused(read_text(kGood + std::string(1, '\0')), "it contains a NUL byte");
    expect_refused(read_text("  \n "), "plan is empty");
    expect_refused(read_text(hall(seat_json("A\xFF"))), "invalid string");
    expect_refused(read_text("{\"a\": \"" + std::string(100000, 'x') + "\n\"}"), "invalid string");
}

TEST(BadPlan, NumbersThatAreNoneAreRefused) {
    for (const char* number : {"NaN", "Infinity", "-Infinity"})
        expect_refused(read_text(hall(seat_json("A-1", number))), "NaN and Infinity");
    expect_refused(read_text(hall(seat_json("A-1", "1e400"))), "number overflow");
    expect_refused(read_text(hall(seat_json("A-1", "1e300"))), "out of range");
    expect_refused(read_text(hall(seat_json("A-1", "01"))), "plan is not valid JSON");
    expect_refused(read_text(replaced(kGood, "50.5", "-1")), "size.height is negative");
}

TEST(BadPlan, WrongTypesAreRefusedWithTheirPath) {
    const std::string seat = "zones[0].rows[0].seats[0].";
    expect_refused(read_text("[]"), "wrong type for the plan: expected an object");
    expect_refused(read_text("3"), "wrong type for the plan");
    expect_refused(read_text(replaced(kGood, "\"A-1\"", "7")),
                   "wrong type for " + seat + "seat_guid: expected a string, found a number");
    expect_refused(read_text(replaced(kGood, "\"A-1\"", "null")), "found null");
    expect_refused(read_text(replaced(kGood, "\"A-1\"", "[\"A-1\"]")), "found an array");
    expect_refused(read_text(hall(seat_json("A-1", "\"5\""))), seat + "position.x: expected a num");
    expect_refused(read_text(hall("7")), "zones[0].rows[0].seats[0]: expected an object");
    expect_refused(read_text(plan_json("{\"position\": 3}")), "zones[0].position");
    expect_refused(read_text(plan_json("null")), "zones[0]: expected an object, found null");
    expect_refused(read_text(plan_json("", "", "\"A\"")), "categories[0]: expected an object");
}

TEST(BadPlan, MissingKeysAreRefusedWithTheirPath) {
    expect_refused(read_text("{}"), "required key is missing: name");
    for (const char* key : {"seat_guid", "seat_number", "category", "position", "row_number",
                            "seats", "rows", "categories", "zones", "size", "x"})
        expect_refused(read_text(replaced(kGood, "\"" + std::string(key) + "\"", "\"other\"")),
                       "required key is missing: ");
    expect_refused(read_text(hall(seat_json("A-1") + ", {}")),
                   "required key is missing: zones[0].rows[0].seats[1].seat_guid");
}

TEST(BadPlan, RepeatedKeysAreRefusedEverywhere) {
    expect_refused(read_text(plan_json("", ", \"name\": \"Other\"")), "\"name\" is repeated");
    expect_refused(read_text(hall(seat_json("A-1", "0", ", \"category\": \"B\""))),
                   "key \"category\" is repeated: zones[0].rows[0].seats[0].category");
    expect_refused(read_text(plan_json("", R"(, "vendor": [{"a": 1, "a": 1}])")), "vendor[0].a");
    expect_refused(read_text(plan_json(zone_json(R"("areas": [{"a": 1, "a": 2}], )", ""))),
                   "zones[0].areas[0].a");
}

TEST(BadPlan, NestedHundredThousandDeepIsRefused) {
    expect_refused(read_text(std::string(100000, '[')), "expected an object");
    expect_refused(read_text(nested(100000)), "nested more than 32 levels deep");
    std::string objects = "{";
    for (int i = 0; i < 100000; ++i)
        objects += "\"a\":{";
    expect_refused(read_text(objects), "nested more than 32 levels deep");
}

TEST(BadPlan, WithoutSeatsIsRefused) {
    expect_refused(read_text(plan_json("")), "plan has no seats");
    expect_refused(read_text(hall("")), "plan has no seats");
}

TEST(BadPlan, UndeclaredCategoriesAreListed) {
    const Read plan = read_text(plan_json(zone_json("", seat_json("A-1")), "", R"({"name":"B"})"));
    expect_refused(plan, "1 undeclared categories");
    EXPECT_EQ(plan.refusal->detail, "\"A\": 1 seat");
    expect_refused(read_text(plan_json("", "", R"({"name":"A"},{"name":"A"})")), "no seats");
    expect_refused(
        read_text(plan_json(zone_json("", seat_json("A-1")), "", R"({"name":"A"},{"name":"A"})")),
        "category \"A\" is declared twice");
}

TEST(BadPlan, ZonesThatShareAnAreaAreRefused) {
    const std::string one = zone_json(R"("name": "Balcony", )", seat_json("A-1"));
    const std::string two = zone_json(R"("name": "Balcony", )", seat_json("A-2"));
    const Read plan = read_text(plan_json(one + ", " + two));
    expect_refused(plan, "zones share an area id");
    EXPECT_EQ(plan.refusal->detail, "\"Balcony\": zones[0] and zones[1]");
    const std::string named =
        zone_json(R"("name": "Balcony", "zone_id": "B2", )", seat_json("A-2"));
    EXPECT_FALSE(read_text(plan_json(one + ", " + named)).refusal);
    // A zone that only draws a stage sells nothing and shares nothing.
    EXPECT_FALSE(
        read_text(plan_json(one + ", " + zone_json(R"("name": "Balcony", )", ""))).refusal);
}

TEST(BadPlan, SeatIdsAreRequiredAndUnique) {
    expect_refused(read_text(hall(seat_json(""))), "missing or too long seat_guid");
    expect_refused(read_text(hall(seat_json("A") + ", " + seat_json("A"))),
                   "1 duplicate seat_guid");
    expect_refused(read_text(kGood, SeatIdFrom::uuid), "missing or too long uuid");
    const std::string twice =
        seat_json("A", "0", R"(, "uuid": "u")") + ", " + seat_json("B", "1", R"(, "uuid": "u")");
    expect_refused(read_text(hall(twice), SeatIdFrom::uuid), "1 duplicate uuid in 2 seats");
    EXPECT_FALSE(read_text(hall(twice)).refusal);
}

TEST(BadPlan, ControlCharactersAreRefused) {
    for (const char* text : {"A\\t1", "A\\u0000", "A\\n1", "A\\u007f"})
        expect_refused(read_text(hall(seat_json(text))), "contains a control character");
    expect_refused(read_text(plan_json(zone_json(R"("areas": ["\u0000"], )", seat_json("A")))),
                   "contains a NUL character");
    expect_refused(read_text(plan_json(zone_json(R"("areas": {"\u0000":1}, )", seat_json("A")))),
                   "contains a NUL character");
}

TEST(StrangePlan, VendorKeysAndOddDecorationAreTaken) {
    const std::string zone =
        R"("vendor": {"deep": [1, null, true, {"a": "b"}]}, "zone_id": null, "uuid": 7, )"
        R"("areas": [{"shape": "star", "rectangle": {"width": 1.5, "x": -1e-3}, "z": [null]},)"
        R"( {"text": "a \"b\" \\ \n c"}], )";
    const Read plan = read_text(plan_json(zone_json(zone, seat_json("A-1"))));
    ASSERT_FALSE(plan.refusal) << plan.message();
    EXPECT_EQ(plan.plan.zones[0].areas_json,
              R"([{"shape":"star","rectangle":{"width":1.5,"x":-1e-3},"z":[null]},)"
              R"({"text":"a \"b\" \\ \n c"}])");
}

TEST(StrangePlan, AccessibilityComesFromCategoryOrVendor) {
    const std::string seats = seat_json("1") + ", " +
                              seat_json("2", "1", ", \"accessible\": true") + ", " +
                              seat_json("3", "2", ", \"wheelchair\": 1") + ", " +
                              seat_json("4", "3", ", \"is_accessible\": {\"by\": \"lift\"}") +
                              ", " + seat_json("5", "4", ", \"accessible\": false");
    const Read plan = read_text(hall(seats));
    ASSERT_FALSE(plan.refusal) << plan.message();
    std::string flags;
    for (const FlatSeat& seat : plan.layout.seats)
        flags += seat.accessible ? 't' : 'f';
    EXPECT_EQ(flags, "fttff");
    for (const char* name : {"Wheelchair", "Rollstuhl", "Stalls (accessible)", "輪椅席",
                             "ROLLSTUHLPLATZ", "Fauteuil roulant", "Візок"})
        EXPECT_TRUE(names_accessible_seats(name)) << name;
    for (const char* name : {"Parkett", "inaccessible", "VIP", "", "Trolling"})
        EXPECT_FALSE(names_accessible_seats(name)) << name;
}

TEST(StrangePlan, ZoneWithoutAnyNameIsNamedByItsPlace) {
    const Read plan = read_text(plan_json(zone_json("", seat_json("A-1"))));
    ASSERT_FALSE(plan.refusal) << plan.message();
    EXPECT_EQ(plan.layout.seats[0].area_id, "zone-1");
}

}  // namespace
}  // namespace tix::plan::test

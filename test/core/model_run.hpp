// One run of core and model side by side: each step does the same to both and compares all.
#pragma once

#include "fixture.hpp"
#include "model.hpp"

namespace tix::test {

constexpr u32 kBackends = 5;
constexpr u32 kLogEntries = 40;
constexpr u32 kModelSeats = 24;

// What one virtual backend, the clock or the machine does next; `r` are throws of the dice.
struct Step {
    u32 what, backend, r[5];
};

class ModelRun {
public:
    ModelRun();
    // Answers what went wrong, "" when core and model agree.
    std::string step(const Step& s);
    // How often each kind of journal row was written, and each status answered.
    std::map<char, u32> kinds;
    std::map<Status, u32> answers;
    u32 crashes = 0, evictions = 0, lost = 0;

private:
    bool statement(const Step& s);
    bool lock(const Step& s, bool add);
    bool with_token(const Step& s);
    bool ticket(const Step& s);
    bool nest(const Step& s);
    bool finish(const Step& s, bool commit);
    bool clock(const Step& s);
    bool sweep();
    bool evict();
    bool crash();
    bool same_seats();
    bool same_hold(u64 token, const ModelHold& h);
    bool same_ring();
    bool compare();
    bool expect(const HoldAnswer& got, const Verdict& want, const Step& s);
    void write_rows(const HoldAnswer& got, const Verdict& want, ModelHold* h,
                    std::vector<JournalRow>* rows);
    // True when the log may refuse a call that needs `entries`.
    bool full(const Step& s, Status got, u32 entries);
    bool fail(const std::string& why) { return why_ = why, false; }

    Seats some_seats(const Step& s, u32 most);
    u64 some_token(u32 r);
    Uuid user_for(u64 token, u32 r);
    Backend& backend(const Step& s) { return backends_[s.backend]; }
    void reset_backends();
    void look_anew();

    World w_{4, 1, 6, 4};
    Model m_;
    std::vector<Backend> backends_;
    std::vector<bool> checked_;
    std::vector<std::vector<u32>> parents_;  // numbers of the open savepoints' parents
    std::vector<u64> tokens_;
    std::vector<SeatState> viewer_;
    u32 subxact_ = 1;
    u64 last_token_ = 0;
    std::string why_;
};

}  // namespace tix::test

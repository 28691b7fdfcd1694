// The dice of the workers.
#include "load/worker.hpp"

#include <algorithm>

namespace tix::history {
namespace {

constexpr std::size_t kHoldsKept = 8;
constexpr std::size_t kSalesKept = 6;
constexpr std::size_t kBoardKept = 64;
constexpr int kUsersPerWorker = 1000000;

const char kRow[] = "SELECT ok, reason, lock_id, array_to_string(seats, ',') FROM ";
const char kSet[] = "SELECT true, NULL, NULL, string_agg(seat, ',') FROM ";

std::string array(const std::vector<std::string>& seats) {
    return "{" + join(seats) + "}";
}

std::string session_id(const std::string& number) {
    return "00000000-0000-4000-8000-" + std::string(12 - number.size(), '0') + number;
}

std::string user_id(const std::string& number) {
    return "00000000-0000-4000-9000-" + std::string(12 - number.size(), '0') + number;
}

}  // namespace

void Board::pin(const std::string& token) {
    const std::lock_guard guard(mutex_);
    tokens_.push_back(token);
    if (tokens_.size() > kBoardKept) tokens_.pop_front();
}

std::string Board::look(std::uint64_t dice) {
    const std::lock_guard guard(mutex_);
    return tokens_.empty() ? "1" : tokens_[dice % tokens_.size()];
}

Worker::Worker(const Options& options, Progress& progress, Board& board, int number)
    : client_(options, progress, number),
      progress_(progress),
      board_(board),
      random_(options.seed * 1000 + static_cast<std::uint64_t>(number)),
      number_(number) {}

// A token that is refused is mostly forgotten; now and then it is tried again.
void Worker::heard(const Answer& answer, const Hold& hold) {
    failed_ = answer.outcome == Answer::Outcome::kError;
    if (answer.ok() || answer.lost() || dice(4) == 0) return;
    std::erase_if(holds_, [&](const Hold& h) { return h.token == hold.token; });
}

std::string Worker::ttl_ms() {
    const std::uint64_t roll = dice(10);
    if (roll < 3) return std::to_string(200 + dice(300));
    if (roll < 8) return std::to_string(500 + dice(1500));
    return std::to_string(2000 + dice(6000));
}

Worker::Seats Worker::some_seats(const Room& room, std::uint64_t most) {
    Seats seats;
    for (std::uint64_t n = 1 + dice(most); n > 0; n--) {
        std::string seat(1, static_cast<char>('A' + dice(static_cast<std::uint64_t>(room.areas))));
        seat += "-" + std::to_string(1 + dice(static_cast<std::uint64_t>(room.rows))) + "-" +
                std::to_string(1 + dice(static_cast<std::uint64_t>(room.seats)));
        if (std::find(seats.begin(), seats.end(), seat) == seats.end()) seats.push_back(seat);
    }
    return seats;
}

Worker::Hold Worker::some_hold() {
    return holds_.empty() ? Hold{} : holds_[dice(holds_.size())];
}

void Worker::remember(const Answer& answer, const std::string& session, const std::string& user) {
    if (!answer.ok()) return;
    const auto known = std::find_if(holds_.begin(), holds_.end(),
                                    [&](const Hold& h) { return h.token == answer.token; });
    if (known != holds_.end()) {
        known->seats.insert(known->seats.end(), answer.seats.begin(), answer.seats.end());
        return;
    }
    holds_.push_back({answer.token, session, user, answer.seats});
    board_.pin(answer.token);
    if (holds_.size() > kHoldsKept) holds_.pop_front();
}

void Worker::lock() {
    const Room& room = kRooms[dice(std::size(kRooms))];
    const Seats seats = some_seats(room, 4);
    const std::string ttl = ttl_ms(), session = std::to_string(room.session);
    const Answer answer = client_.run(
        "lock",
        "session=" + session + " seats=" + join(seats) + " user=" + user_ + " ttl=" + ttl + "000",
        std::string(kRow) + "tix_lock_seats($1, $2, $3, $4::interval)",
        {session_id(session), array(seats), user_id(user_), ttl + " ms"});
    failed_ = answer.outcome == Answer::Outcome::kError;
    remember(answer, session, user_);
}

void Worker::lock_best() {
    const Room& room = kRooms[dice(std::size(kRooms))];
    const std::string ttl = ttl_ms(), session = std::to_string(room.session);
    const std::string quantity = std::to_string(1 + dice(3));
    const Answer answer = client_.run(
        "best",
        "session=" + session + " quantity=" + quantity + " user=" + user_ + " ttl=" + ttl + "000",
        std::string(kRow) + "tix_lock_best($1, $2, $3, ttl => $4::interval)",
        {session_id(session), quantity, user_id(user_), ttl + " ms"});
    failed_ = answer.outcome == Answer::Outcome::kError;
    remember(answer, session, user_);
}

// Adds seats, some of which may be its own already.
void Worker::add(const Hold& hold) {
    Seats seats = some_seats(kRooms[std::stoul(hold.session) - 1], 2);
    const std::string& own = hold.seats[dice(hold.seats.size())];
    if (dice(3) == 0 && std::find(seats.begin(), seats.end(), own) == seats.end())
        seats.push_back(own);
    const Answer answer =
        client_.run("lock",
                    "session=" + hold.session + " seats=" + join(seats) + " user=" + hold.user +
                        " ttl=1000000 into=" + hold.token,
                    std::string(kRow) + "tix_lock_seats($1, $2, $3, '1 s', into_lock_id => $4)",
                    {session_id(hold.session), array(seats), user_id(hold.user), hold.token});
    failed_ = answer.outcome == Answer::Outcome::kError;
    remember(answer, hold.session, hold.user);
}

void Worker::relock(const Hold& hold) {
    const Seats seats = {hold.seats[dice(hold.seats.size())]};
    const std::string ttl = ttl_ms();
    const Answer answer =
        client_.run("lock",
                    "session=" + hold.session + " seats=" + join(seats) + " user=" + user_ +
                        " ttl=" + ttl + "000",
                    std::string(kRow) + "tix_lock_seats($1, $2, $3, $4::interval)",
                    {session_id(hold.session), array(seats), user_id(user_), ttl + " ms"});
    failed_ = answer.outcome == Answer::Outcome::kError;
    remember(answer, hold.session, user_);
}

void Worker::extend(const Hold& hold) {
    const std::string ttl = ttl_ms();
    const Answer answer =
        client_.run("extend", "token=" + hold.token + " user=" + hold.user + " ttl=" + ttl + "000",
                    std::string(kRow) + "tix_extend_lock($1, $2, $3::interval)",
                    {hold.token, user_id(hold.user), ttl + " ms"});
    heard(answer, hold);
}

void Worker::hand_over(const Hold& hold) {
    const std::string ttl = ttl_ms();
    const Answer answer = client_.run(
        "hand_over", "token=" + hold.token + " user=" + hold.user + " ttl=" + ttl + "000",
        std::string(kSet) + "tix_hand_over($1, $2, gen_random_uuid(), $3::interval) seat",
        {hold.token, user_id(hold.user), ttl + " ms"});
    heard(answer, hold);
}

void Worker::look(const Hold& hold) {
    const Answer answer =
        client_.run("get", "token=" + hold.token + " user=" + hold.user,
                    std::string(kRow) + "tix_lock_get($1, $2)", {hold.token, user_id(hold.user)});
    heard(answer, hold);
}

void Worker::release(const Hold& hold) {
    std::string said = "token=" + hold.token + " user=" + hold.user, wanted;
    if (dice(2) == 0 && hold.seats.size() > 1) {
        const Seats some = {hold.seats[dice(hold.seats.size())]};
        said += " seats=" + join(some);
        wanted = array(some);
    }
    const Answer answer =
        client_.run("release", said, std::string(kSet) + "tix_release_seats($1, $2, $3) seat",
                    {hold.token, user_id(hold.user), wanted});
    failed_ = answer.outcome == Answer::Outcome::kError;
}

// Confirms and makes the tickets, in the transaction of the caller or one of its own; some sleep
// in between, past the deadline, which the confirmation has stopped.
void Worker::sell(const Hold& hold) {
    const bool own = !inside_;
    if (own) client_.run("begin", "", "BEGIN");
    Answer answer = client_.run("confirm", "token=" + hold.token + " user=" + hold.user,
                                std::string(kSet) + "tix_confirm_seats($1, $2) seat",
                                {hold.token, user_id(hold.user)});
    const Seats seats = answer.seats;
    if (answer.ok() && dice(6) == 0) sleep_ms(static_cast<std::int64_t>(100 + dice(900)));
    if (answer.ok() && !seats.empty()) {
        answer = client_.run(
            "insert", "session=" + hold.session + " seats=" + join(seats) + " user=" + hold.user,
            "WITH made AS (INSERT INTO tickets (session_id, seat_id, user_id) SELECT $1, seat, $3 "
            "FROM unnest($2::text[]) seat RETURNING seat_id) "
            "SELECT true, NULL, NULL, string_agg(seat_id, ',') FROM made",
            {session_id(hold.session), array(seats), user_id(hold.user)});
        for (const std::string& seat : seats)
            sales_.push_back({hold.session, seat, hold.user});
    }
    failed_ = answer.outcome == Answer::Outcome::kError;
    while (sales_.size() > kSalesKept)
        sales_.pop_front();
    if (!own || answer.lost()) return;
    if (failed_ || dice(8) == 0)
        client_.run("rollback", "", "ROLLBACK");
    else
        client_.run("commit", "", "COMMIT");
    failed_ = false;
}

void Worker::insert_ticket() {
    const Room& room = kRooms[dice(std::size(kRooms))];
    const Seats seats = some_seats(room, 1);
    const std::string session = std::to_string(room.session);
    const Answer answer = client_.run(
        "insert", "session=" + session + " seats=" + join(seats) + " user=" + user_,
        "WITH made AS (INSERT INTO tickets (session_id, seat_id, user_id) VALUES ($1, $2, $3) "
        "RETURNING seat_id) SELECT true, NULL, NULL, string_agg(seat_id, ',') FROM made",
        {session_id(session), seats[0], user_id(user_)});
    failed_ = answer.outcome == Answer::Outcome::kError;
    if (answer.outcome == Answer::Outcome::kOk || answer.lost())
        sales_.push_back({session, seats[0], user_});
}

void Worker::delete_ticket() {
    if (sales_.empty()) return insert_ticket();
    const std::size_t which = dice(sales_.size());
    const Sale sale = sales_[which];
    const std::string change =
        dice(2) == 0 ? "DELETE FROM tickets" : "UPDATE tickets SET status = 'cancelled'";
    const Answer answer = client_.run(
        "delete", "session=" + sale.session + " seats=" + sale.seat + " user=" + sale.user,
        "WITH gone AS (" + change +
            " WHERE (session_id, seat_id, user_id, status) = ($1, $2, $3, 'valid') "
            "RETURNING seat_id) SELECT true, NULL, NULL, string_agg(seat_id, ',') FROM gone",
        {session_id(sale.session), sale.seat, user_id(sale.user)});
    failed_ = answer.outcome == Answer::Outcome::kError;
    if (answer.ok() && !inside_) sales_.erase(sales_.begin() + static_cast<std::ptrdiff_t>(which));
}

// Another's token, or one of no one; with one's own name.
void Worker::steal() {
    const std::string token = board_.look(random_());
    const auto own = [&](const Hold& h) { return h.token == token; };
    if (std::any_of(holds_.begin(), holds_.end(), own)) return;
    const Hold foreign = {token, "1", user_, {"A-1-1"}};
    switch (dice(4)) {
        case 0:
            return extend(foreign);
        case 1:
            return release(foreign);
        case 2:
            return look(foreign);
        default:
            return sell(foreign);
    }
}

}  // namespace tix::history

// The sale by SQL: one thread that keeps every connection busy with some buyer until all is sold.
#pragma once

#include "options.hpp"
#include "sale.hpp"
#include "sql/buyer.hpp"

namespace tix::buyers::sql {

class SqlSale : public Sale {
public:
    // Opens and prepares all connections and reads the seats; throws DatabaseError.
    explicit SqlSale(const Options& options);
    ~SqlSale() override;
    SqlSale(const SqlSale&) = delete;
    SqlSale& operator=(const SqlSale&) = delete;

    Ending run(const volatile bool& interrupted, const std::function<void()>& watch) override;

    const Crowd& crowd() const override { return crowd_; }
    std::uint64_t resyncs() const override { return resyncs_; }
    std::uint64_t unique_violations() const override;
    std::vector<std::string> faults() const override;
    void pay_refunds(Connection& database) override;

private:
    struct Line {  // a connection and the buyer who uses it
        Connection database;
        std::unique_ptr<Buyer> buyer;
        Step step = Step::kOther;
        Clock::time_point sent;
        bool waiting = false;
    };
    struct Sleeper {
        Clock::time_point wakes;
        std::unique_ptr<Buyer> buyer;
        bool operator>(const Sleeper& other) const { return wakes > other.wakes; }
    };

    void load_seats();
    void open_lines(int connections);
    std::unique_ptr<Buyer> next_buyer();
    void go_on(std::size_t line);
    void keep_busy();
    void watch_socket(Line& line, std::size_t index, bool writing, bool first);
    void socket_ready(std::size_t index, unsigned events);
    void follow();
    void feed_answered(const Result& result);
    bool everybody_left() const;

    SqlCrowd crowd_;
    std::vector<Line> lines_;        // the last one follows the changes
    std::vector<Sleeper> sleepers_;  // a heap, the first to wake on top
    Clock::time_point ends_;
    Clock::time_point next_look_;
    std::string sequence_ = "0";
    bool reads_map_ = true;
    std::uint64_t resyncs_ = 0;
    int epoll_ = -1;
};

}  // namespace tix::buyers::sql

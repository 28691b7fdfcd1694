// What the database itself says after the sale: the audit, and counts that must agree.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sale.hpp"

namespace tix::buyers {

struct Proof {
    long long sold = 0;         // seats the engine says are sold
    long long tickets = 0;      // valid tickets of the session
    long long double_sold = 0;  // seats with two valid tickets
    // Minor units; what was captured is in completed orders, was paid back, or is still owed.
    long long money_captured = 0;
    long long money_of_completed = 0;
    long long money_refunded = 0;
    long long money_owed = 0;
    long long refunds = 0;           // paid or owed
    long long alarms = 0;            // payment events that a person has to look at
    long long feed_differences = 0;  // seats that the change feed left wrong
    std::uint64_t unique_violations = 0;
    std::string currency;
    std::map<std::string, long long> orders;  // status → orders
    std::vector<std::string> audit;           // rows of tix_audit(), in words
    std::vector<std::string> check;           // rows of tix_check(), in words
};

// Waits up to 30 seconds for payments and refunds that are under way.
Proof prove(Sale& sale);

// What is wrong, one line each; empty when the session is sold out and everything agrees.
std::vector<std::string> faults(const Sale& sale, const Proof& proof, Ending ending);

}  // namespace tix::buyers

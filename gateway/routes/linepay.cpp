// Where LINE Pay's page sends the buyer back to. Anybody may ask for these addresses, any number of
// times and with any names in them: they are a hint that it is worth asking LINE Pay, no more. What
// it answers about our own payment counts, and the answer here tells nothing but where to look.
#include <algorithm>

#include "../log/log.hpp"
#include "../providers/linepay.hpp"
#include "routes.hpp"
#include "shared.hpp"

namespace tix::gateway {
namespace {

// Confirm what the buyer agreed to, then take what is reserved: the seats are looked at before
// each. More is the reconciler's.
constexpr int kRounds = 2;

bool has_ended(std::string_view status) {
    return status == "succeeded" || status == "failed" || status == "voided";
}

bool is_reserved(const Answer& told) {
    return std::any_of(told.facts.begin(), told.facts.end(),
                       [](const Fact& fact) { return fact.kind == "authorized"; });
}

void ask(Services& services, GuardedProvider& provider, const Payment& payment) {
    try {
        for (int round = 0; round < kRounds; ++round) {
            const Answer told = provider.details(payment);
            services.cashier.settle(provider, payment, told);
            if (!is_reserved(told)) return;
        }
    } catch (const ProblemError&) {
        // The reconciler asks again; the buyer looks at the order.
        log_warn("payment_left_to_the_reconciler",
                 {{"provider", provider.name()}, {"orderId", payment.order_id}});
    }
}

HttpResponse redirect(const std::string& page, const std::string& order) {
    HttpResponse response;
    response.status = 303;
    response.headers.emplace_back(
        "Location", page + (page.find('?') == std::string::npos ? "?" : "&") + "orderId=" + order);
    return response;
}

}  // namespace

HttpResponse linepay_return(Services& services, Call& call) {
    const std::string transaction = call.query_value("transactionId").value_or("");
    const std::string number = call.query_value("orderId").value_or("");
    GuardedProvider* provider = services.providers.find(LinePay::kName);
    if (provider == nullptr || !linepay::is_transaction_id(transaction))
        throw ProblemError(make_problem("not_found"));
    const DbResult row =
        services.db.read("SELECT * FROM tix.tix_payment_of_transaction($1::text, $2::text)",
                         {LinePay::kName, transaction});
    if (row.rows() == 0 || !LinePay::is_number_of(number, row.text(0, 2)))
        throw ProblemError(make_problem("not_found"));
    const Payment payment{std::string(row.text(0, 2)),
                          std::string(row.text(0, 3)),
                          row.number(0, 5),
                          std::string(row.text(0, 6)),
                          transaction,
                          ""};
    if (!has_ended(row.text(0, 4))) ask(services, *provider, payment);
    return redirect(services.config.linepay.return_page, payment.order_id);
}

}  // namespace tix::gateway

// Every route of the API, in one table: method, path, handler, who may, which limit, what body.
#pragma once

#include <vector>

#include "../pipeline/call.hpp"

namespace tix::gateway {

const std::vector<Route>& routes();
// back_office.cpp: its parts for what organisers make, for what they do with a sale, for admins.
std::vector<Route> catalogue_routes();
std::vector<Route> sale_routes();
std::vector<Route> admin_routes();

// auth.cpp
HttpResponse register_user(Services&, Call&);
HttpResponse login(Services&, Call&);
HttpResponse refresh(Services&, Call&);
HttpResponse logout(Services&, Call&);
// external.cpp
HttpResponse login_external(Services&, Call&);
HttpResponse link_external(Services&, Call&);
HttpResponse list_external(Services&, Call&);
HttpResponse unlink_external(Services&, Call&);
// catalog.cpp
HttpResponse list_venues(Services&, Call&);
HttpResponse get_venue(Services&, Call&);
HttpResponse list_events(Services&, Call&);
HttpResponse get_event(Services&, Call&);
HttpResponse list_sessions(Services&, Call&);
HttpResponse get_session(Services&, Call&);
HttpResponse get_terms(Services&, Call&);
// venues.cpp
HttpResponse create_venue(Services&, Call&);
HttpResponse update_venue(Services&, Call&);
HttpResponse close_venue(Services&, Call&);
HttpResponse list_seat_maps(Services&, Call&);
HttpResponse upload_seat_map(Services&, Call&);
HttpResponse diff_seat_maps(Services&, Call&);
// programme.cpp
HttpResponse create_event(Services&, Call&);
HttpResponse update_event(Services&, Call&);
HttpResponse list_own_events(Services&, Call&);
HttpResponse get_own_event(Services&, Call&);
HttpResponse create_session(Services&, Call&);
HttpResponse update_session(Services&, Call&);
HttpResponse set_price(Services&, Call&);
// seats.cpp
HttpResponse get_seats(Services&, Call&);
HttpResponse get_seat(Services&, Call&);
HttpResponse get_availability(Services&, Call&);
HttpResponse get_changes(Services&, Call&);
// locks.cpp
HttpResponse lock_seats(Services&, Call&);
HttpResponse lock_best(Services&, Call&);
HttpResponse lock_area(Services&, Call&);
HttpResponse release_seats(Services&, Call&);
HttpResponse box_office_hold(Services&, Call&);
HttpResponse extend_lock(Services&, Call&);
HttpResponse release_lock(Services&, Call&);
// queue.cpp
HttpResponse join_queue(Services&, Call&);
HttpResponse queue_status(Services&, Call&);
HttpResponse claim_place(Services&, Call&);
HttpResponse end_admission(Services&, Call&);
// queue_page.cpp
HttpResponse queue_page(Services&, Call&);
HttpResponse claim_on_page(Services&, Call&);
// orders.cpp
HttpResponse create_order(Services&, Call&);
HttpResponse list_orders(Services&, Call&);
HttpResponse get_order(Services&, Call&);
HttpResponse cancel_order(Services&, Call&);
// order_changes.cpp
HttpResponse add_to_order(Services&, Call&);
HttpResponse cancel_items(Services&, Call&);
HttpResponse reseat_order(Services&, Call&);
HttpResponse complete_order(Services&, Call&);
HttpResponse refund_order(Services&, Call&);
HttpResponse list_refunds(Services&, Call&);
HttpResponse get_history(Services&, Call&);
// payments.cpp
HttpResponse pay_order(Services&, Call&);
HttpResponse payment_webhook(Services&, Call&);
// linepay.cpp
HttpResponse linepay_return(Services&, Call&);
// tickets.cpp
HttpResponse list_tickets(Services&, Call&);
HttpResponse get_ticket(Services&, Call&);
HttpResponse get_ticket_qr(Services&, Call&);
HttpResponse verify_ticket(Services&, Call&);
// streams.cpp
HttpResponse make_stream_ticket(Services&, Call&);
HttpResponse admit_stream(Services&, Call&);
// transfers.cpp
HttpResponse transfer_ticket(Services&, Call&);
HttpResponse offer_ticket(Services&, Call&);
HttpResponse withdraw_offer(Services&, Call&);
HttpResponse accept_ticket(Services&, Call&);
HttpResponse reissue_ticket(Services&, Call&);
HttpResponse cancel_ticket(Services&, Call&);
// check_in.cpp
HttpResponse check_in(Services&, Call&);
HttpResponse upload_check_ins(Services&, Call&);
HttpResponse get_manifest(Services&, Call&);
HttpResponse get_revocations(Services&, Call&);
HttpResponse get_ticket_keys(Services&, Call&);
// box_office.cpp
HttpResponse sell_order(Services&, Call&);
HttpResponse get_order_for(Services&, Call&);
HttpResponse cancel_items_for(Services&, Call&);
HttpResponse reseat_order_for(Services&, Call&);
HttpResponse refund_order_for(Services&, Call&);
HttpResponse block_ticket(Services&, Call&);
HttpResponse unblock_ticket(Services&, Call&);
// changed_sessions.cpp
HttpResponse cancel_session(Services&, Call&);
HttpResponse postpone_session(Services&, Call&);
HttpResponse get_mass_refund(Services&, Call&);
HttpResponse step_mass_refunds(Services&, Call&);
// admin.cpp
HttpResponse open_sale(Services&, Call&);
HttpResponse close_sale(Services&, Call&);
// queue_admin.cpp
HttpResponse open_queue(Services&, Call&);
HttpResponse pause_queue(Services&, Call&);
HttpResponse resume_queue(Services&, Call&);
HttpResponse set_queue_rate(Services&, Call&);
HttpResponse close_queue(Services&, Call&);
HttpResponse report_queue(Services&, Call&);
HttpResponse get_own_session(Services&, Call&);
HttpResponse pause_sale(Services&, Call&);
HttpResponse stop_sale(Services&, Call&);
HttpResponse resume_sale(Services&, Call&);
HttpResponse load_session(Services&, Call&);
HttpResponse block_seats(Services&, Call&);
HttpResponse unblock_seats(Services&, Call&);
HttpResponse force_release(Services&, Call&);
HttpResponse set_channel(Services&, Call&);
HttpResponse set_limit(Services&, Call&);
HttpResponse apply_seat_map(Services&, Call&);
HttpResponse open_waitlist(Services&, Call&);
HttpResponse close_waitlist(Services&, Call&);
// terms.cpp
HttpResponse set_tariff(Services&, Call&);
HttpResponse drop_tariff(Services&, Call&);
HttpResponse set_charge(Services&, Call&);
HttpResponse drop_charge(Services&, Call&);
HttpResponse set_promotion(Services&, Call&);
HttpResponse list_promotions(Services&, Call&);
HttpResponse set_quota(Services&, Call&);
HttpResponse set_cancellation_terms(Services&, Call&);
// gates.cpp
HttpResponse add_gate(Services&, Call&);
HttpResponse list_gates(Services&, Call&);
HttpResponse close_gate(Services&, Call&);
HttpResponse set_entry_rule(Services&, Call&);
HttpResponse remove_entry_rule(Services&, Call&);
// endpoints.cpp
HttpResponse create_webhook(Services&, Call&);
HttpResponse list_webhooks(Services&, Call&);
HttpResponse update_webhook(Services&, Call&);
HttpResponse delete_webhook(Services&, Call&);
HttpResponse rotate_webhook_secret(Services&, Call&);
HttpResponse list_webhook_deliveries(Services&, Call&);
HttpResponse retry_webhook(Services&, Call&);
// people.cpp
HttpResponse list_acts(Services&, Call&);
HttpResponse list_users(Services&, Call&);
HttpResponse set_user_role(Services&, Call&);
HttpResponse set_user_status(Services&, Call&);
HttpResponse get_profile(Services&, Call&);
HttpResponse update_profile(Services&, Call&);
HttpResponse export_own(Services&, Call&);
HttpResponse erase_own(Services&, Call&);
HttpResponse sign_out_everywhere(Services&, Call&);
// waitlist.cpp
HttpResponse join_waitlist(Services&, Call&);
HttpResponse get_waitlist_position(Services&, Call&);
HttpResponse leave_waitlist(Services&, Call&);
HttpResponse list_waitlist(Services&, Call&);
// ops.cpp
HttpResponse healthz(Services&, Call&);
HttpResponse readyz(Services&, Call&);
HttpResponse metrics_text(Services&, Call&);

}  // namespace tix::gateway

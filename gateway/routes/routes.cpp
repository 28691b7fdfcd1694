// The table. openapi.yaml describes the same routes; a test compares the two.
#include "routes.hpp"

namespace tix::gateway {
namespace {

// What buyers do with what they hold, have ordered and own, and what providers tell.
std::vector<Route> order_routes() {
    using enum Access;
    using L = LimitClass;
    using B = Body;
    return {
        {"POST", "/v1/orders", create_order, kUser, L::kOrder, B::kJson},
        {"GET", "/v1/orders", list_orders},
        {"GET", "/v1/orders/{orderId}", get_order},
        {"DELETE", "/v1/orders/{orderId}", cancel_order},
        {"POST", "/v1/orders/{orderId}/items", add_to_order, kUser, L::kOther, B::kJson},
        {"POST", "/v1/orders/{orderId}/items/cancel", cancel_items, kUser, L::kOther, B::kJson},
        {"POST", "/v1/orders/{orderId}/reseat", reseat_order, kUser, L::kOther, B::kJson},
        {"POST", "/v1/orders/{orderId}/complete", complete_order},
        {"GET", "/v1/orders/{orderId}/refunds", list_refunds},
        {"POST", "/v1/orders/{orderId}/refunds", refund_order},
        {"GET", "/v1/orders/{orderId}/history", get_history},
        {"POST", "/v1/orders/{orderId}/pay", pay_order, kUser, L::kPay, B::kJson},
        {"POST", "/webhook/{provider}", payment_webhook, kAnybody, L::kNone, B::kRaw},
        {"POST", "/v1/webhooks/payment/{provider}", payment_webhook, kAnybody, L::kNone, B::kRaw},
        {"GET", "/v1/payments/linepay/confirm", linepay_return, kAnybody, L::kPay},
        {"GET", "/v1/payments/linepay/cancel", linepay_return, kAnybody, L::kPay},

        {"GET", "/v1/tickets", list_tickets},
        {"GET", "/v1/tickets/{ticketId}", get_ticket},
        {"GET", "/v1/tickets/{ticketId}/qr.svg", get_ticket_qr},
        {"POST", "/v1/tickets/{ticketId}/verify", verify_ticket, kStaff, L::kOther, B::kJson},
        {"POST", "/v1/tickets/{ticketId}/transfer", transfer_ticket, kUser, L::kOther, B::kJson},
        {"POST", "/v1/tickets/{ticketId}/offer", offer_ticket, kUser, L::kOther, B::kJson},
        {"DELETE", "/v1/tickets/{ticketId}/offer", withdraw_offer},
        {"POST", "/v1/ticket-offers/accept", accept_ticket, kUser, L::kOther, B::kJson},
        {"POST", "/v1/tickets/{ticketId}/reissue", reissue_ticket},
        {"POST", "/v1/tickets/{ticketId}/cancel", cancel_ticket, kUser, L::kOther, B::kJson},
        {"GET", "/v1/ticket-keys", get_ticket_keys, kAnybody},

        {"POST", "/v1/stream-tickets", make_stream_ticket},
        {"GET", "/v1/users/{userId}/stream", admit_stream, kAnybody},
    };
}

// What gates, box offices and organisers do with what was sold, and with its waiting room.
std::vector<Route> house_routes() {
    using enum Access;
    using L = LimitClass;
    using B = Body;
    return {
        {"POST", "/v1/check-in", check_in, kGate, L::kOther, B::kJson},
        {"POST", "/v1/check-in/batch", upload_check_ins, kGate, L::kOther, B::kJson},
        {"GET", "/v1/check-in/manifest", get_manifest, kGate},
        {"GET", "/v1/check-in/revocations", get_revocations, kGate},

        {"POST", "/v1/box-office/sessions/{sessionId}/hold", box_office_hold, kBoxOffice, L::kOther,
         B::kJson},
        {"POST", "/v1/box-office/orders", sell_order, kBoxOffice, L::kOther, B::kJson},
        {"GET", "/v1/box-office/orders/{orderId}", get_order_for, kBoxOffice},
        {"POST", "/v1/box-office/orders/{orderId}/items/cancel", cancel_items_for, kBoxOffice,
         L::kOther, B::kJson},
        {"POST", "/v1/box-office/orders/{orderId}/reseat", reseat_order_for, kBoxOffice, L::kOther,
         B::kJson},
        {"POST", "/v1/box-office/orders/{orderId}/refunds", refund_order_for, kOrganizer, L::kOther,
         B::kJson},
        {"POST", "/v1/box-office/tickets/{ticketId}/block", block_ticket, kBoxOffice, L::kOther,
         B::kJson},
        {"POST", "/v1/box-office/tickets/{ticketId}/unblock", unblock_ticket, kBoxOffice},

        {"POST", "/v1/admin/sessions/{sessionId}/cancel", cancel_session, kOrganizer, L::kOther,
         B::kJson},
        {"POST", "/v1/admin/sessions/{sessionId}/postpone", postpone_session, kOrganizer, L::kOther,
         B::kJson},
        {"GET", "/v1/admin/sessions/{sessionId}/mass-refund", get_mass_refund, kBoxOffice},
        {"POST", "/v1/admin/mass-refunds/step", step_mass_refunds, kAdmin, L::kOther, B::kJson},

        {"POST", "/v1/admin/sessions/{sessionId}/queue", open_queue, kOrganizer, L::kOther,
         B::kJson},
        {"GET", "/v1/admin/sessions/{sessionId}/queue", report_queue, kOrganizer},
        {"PATCH", "/v1/admin/sessions/{sessionId}/queue", set_queue_rate, kOrganizer, L::kOther,
         B::kJson},
        {"DELETE", "/v1/admin/sessions/{sessionId}/queue", close_queue, kOrganizer},
        {"POST", "/v1/admin/sessions/{sessionId}/queue/pause", pause_queue, kOrganizer},
        {"POST", "/v1/admin/sessions/{sessionId}/queue/resume", resume_queue, kOrganizer},
    };
}

std::vector<Route> with_the_rest(std::vector<Route> table) {
    for (const auto& part :
         {order_routes(), house_routes(), catalogue_routes(), sale_routes(), admin_routes()})
        table.insert(table.end(), part.begin(), part.end());
    return table;
}

}  // namespace

const std::vector<Route>& routes() {
    using enum Access;
    using L = LimitClass;
    using B = Body;
    static const std::vector<Route> kRoutes = with_the_rest({
        {"POST", "/v1/auth/register", register_user, kAnybody, L::kAuth, B::kJson},
        {"POST", "/v1/auth/login", login, kAnybody, L::kAuth, B::kJson},
        {"POST", "/v1/auth/refresh", refresh, kAnybody, L::kAuth, B::kJson},
        {"POST", "/v1/auth/logout", logout, kAnybody, L::kAuth, B::kJson},
        {"POST", "/v1/auth/external", login_external, kAnybody, L::kAuth, B::kJson},
        {"GET", "/v1/auth/external/logins", list_external},
        {"POST", "/v1/auth/external/logins", link_external, kUser, L::kOther, B::kJson},
        {"DELETE", "/v1/auth/external/logins", unlink_external, kUser, L::kOther, B::kJson},

        {"GET", "/v1/venues", list_venues, kAnybody},
        {"GET", "/v1/venues/{venueId}", get_venue, kAnybody},
        {"GET", "/v1/events", list_events, kAnybody},
        {"GET", "/v1/events/{eventId}", get_event, kAnybody},
        {"GET", "/v1/events/{eventId}/terms", get_terms, kAnybody},
        {"GET", "/v1/sessions", list_sessions, kAnybody},
        {"GET", "/v1/sessions/{sessionId}", get_session, kAnybody},
        {"GET", "/v1/venues/{venueId}/seat-maps", list_seat_maps, kAnybody},

        {"GET", "/v1/waitlist", list_waitlist},
        {"POST", "/v1/sessions/{sessionId}/waitlist", join_waitlist, kUser, L::kOther, B::kJson},
        {"GET", "/v1/sessions/{sessionId}/waitlist", get_waitlist_position},
        {"DELETE", "/v1/sessions/{sessionId}/waitlist", leave_waitlist},

        {"GET", "/v1/me", get_profile},
        {"PATCH", "/v1/me", update_profile, kUser, L::kOther, B::kJson},
        {"DELETE", "/v1/me", erase_own, kUser, L::kOrder, B::kJson},
        {"GET", "/v1/me/export", export_own, kUser, L::kOrder},
        {"POST", "/v1/me/sign-out", sign_out_everywhere},

        {"GET", "/v1/sessions/{sessionId}/seats", get_seats, kAnybody},
        {"GET", "/v1/sessions/{sessionId}/seats/{seatId}", get_seat, kAnybody},
        {"GET", "/v1/sessions/{sessionId}/availability", get_availability, kAnybody},
        {"GET", "/v1/sessions/{sessionId}/changes", get_changes, kAnybody},

        {"POST", "/v1/sessions/{sessionId}/seats/lock", lock_seats, kUser, L::kLock, B::kJson},
        {"DELETE", "/v1/sessions/{sessionId}/seats/lock", release_seats, kUser, L::kLock, B::kJson},
        {"POST", "/v1/sessions/{sessionId}/seats/lock-best", lock_best, kUser, L::kLock, B::kJson},
        {"POST", "/v1/sessions/{sessionId}/areas/{areaId}/lock", lock_area, kUser, L::kLock,
         B::kJson},
        {"PATCH", "/v1/locks/{lockId}", extend_lock, kUser, L::kLock, B::kJson},
        {"DELETE", "/v1/locks/{lockId}", release_lock, kUser, L::kLock},

        {"POST", "/v1/queue/{sessionId}/join", join_queue},
        {"GET", "/v1/queue/{sessionId}/status", queue_status, kAnybody},
        {"POST", "/v1/queue/{sessionId}/claim", claim_place, kUser, L::kOther, B::kJson},
        {"DELETE", "/v1/queue/{sessionId}/admissions/{admissionId}", end_admission},
        {"GET", "/queue/{sessionId}", queue_page, kAnybody},
        {"POST", "/queue/{sessionId}", claim_on_page, kAnybody, L::kOther, B::kRaw},

        {"GET", "/healthz", healthz, kAnybody, L::kNone},
        {"GET", "/readyz", readyz, kAnybody, L::kNone},
        {"GET", "/api/health", readyz, kAnybody, L::kNone},
        {"GET", "/metrics", metrics_text, kAnybody, L::kNone},
    });
    return kRoutes;
}

}  // namespace tix::gateway

// The part of the table that is for organisers and admins.
#include "routes.hpp"

namespace tix::gateway {

using enum Access;
using L = LimitClass;
using B = Body;

std::vector<Route> catalogue_routes() {
    return {
        {"POST", "/v1/venues", create_venue, kOrganizer, L::kOther, B::kJson},
        {"PATCH", "/v1/venues/{venueId}", update_venue, kOrganizer, L::kOther, B::kJson},
        {"DELETE", "/v1/venues/{venueId}", close_venue, kOrganizer},
        {"POST", "/v1/venues/{venueId}/seat-maps", upload_seat_map, kOrganizer, L::kOther,
         B::kPlan},
        {"GET", "/v1/seat-maps/{seatMapId}/diff/{otherMapId}", diff_seat_maps, kOrganizer},
        {"POST", "/v1/events", create_event, kOrganizer, L::kOther, B::kJson},
        {"PATCH", "/v1/events/{eventId}", update_event, kOrganizer, L::kOther, B::kJson},
        {"POST", "/v1/events/{eventId}/sessions", create_session, kOrganizer, L::kOther, B::kJson},
        {"POST", "/v1/events/{eventId}/prices", set_price, kOrganizer, L::kOther, B::kJson},
        {"PATCH", "/v1/sessions/{sessionId}", update_session, kOrganizer, L::kOther, B::kJson},
        {"GET", "/v1/admin/events", list_own_events, kOrganizer},
        {"GET", "/v1/admin/events/{eventId}", get_own_event, kOrganizer},
        {"POST", "/v1/admin/events/{eventId}/tariffs", set_tariff, kOrganizer, L::kOther, B::kJson},
        {"DELETE", "/v1/admin/events/{eventId}/tariffs/{tariffId}", drop_tariff, kOrganizer},
        {"POST", "/v1/admin/events/{eventId}/charges", set_charge, kOrganizer, L::kOther, B::kJson},
        {"DELETE", "/v1/admin/events/{eventId}/charges/{chargeId}", drop_charge, kOrganizer},
        {"GET", "/v1/admin/events/{eventId}/promotions", list_promotions, kOrganizer},
        {"POST", "/v1/admin/events/{eventId}/promotions", set_promotion, kOrganizer, L::kOther,
         B::kJson},
        {"POST", "/v1/admin/events/{eventId}/quotas", set_quota, kOrganizer, L::kOther, B::kJson},
        {"POST", "/v1/admin/events/{eventId}/cancellation-terms", set_cancellation_terms,
         kOrganizer, L::kOther, B::kJson},
    };
}

std::vector<Route> sale_routes() {
    return {
        {"GET", "/v1/admin/sessions/{sessionId}", get_own_session, kOrganizer},
        {"POST", "/v1/admin/sessions/{sessionId}/open", open_sale, kOrganizer},
        {"POST", "/v1/admin/sessions/{sessionId}/close", close_sale, kOrganizer},
        {"POST", "/v1/admin/sessions/{sessionId}/pause", pause_sale, kOrganizer, L::kOther,
         B::kJson},
        {"POST", "/v1/admin/sessions/{sessionId}/resume", resume_sale, kOrganizer},
        {"POST", "/v1/admin/sessions/{sessionId}/stop", stop_sale, kOrganizer, L::kOther, B::kJson},
        {"POST", "/v1/admin/sessions/{sessionId}/load", load_session, kOrganizer},
        {"POST", "/v1/admin/sessions/{sessionId}/block", block_seats, kOrganizer, L::kOther,
         B::kJson},
        {"POST", "/v1/admin/sessions/{sessionId}/unblock", unblock_seats, kOrganizer, L::kOther,
         B::kJson},
        {"POST", "/v1/admin/sessions/{sessionId}/force-release", force_release, kOrganizer,
         L::kOther, B::kJson},
        {"POST", "/v1/admin/sessions/{sessionId}/channels", set_channel, kOrganizer, L::kOther,
         B::kJson},
        {"POST", "/v1/admin/sessions/{sessionId}/limits", set_limit, kOrganizer, L::kOther,
         B::kJson},
        {"POST", "/v1/admin/sessions/{sessionId}/seat-map", apply_seat_map, kOrganizer, L::kOther,
         B::kJson},
        {"POST", "/v1/admin/sessions/{sessionId}/waitlist", open_waitlist, kOrganizer, L::kOther,
         B::kJson},
        {"DELETE", "/v1/admin/sessions/{sessionId}/waitlist", close_waitlist, kOrganizer},
        {"GET", "/v1/admin/venues/{venueId}/gates", list_gates, kOrganizer},
        {"POST", "/v1/admin/venues/{venueId}/gates", add_gate, kOrganizer, L::kOther, B::kJson},
        {"DELETE", "/v1/admin/gates/{gateId}", close_gate, kOrganizer},
        {"POST", "/v1/admin/gates/{gateId}/rules", set_entry_rule, kOrganizer, L::kOther, B::kJson},
        {"DELETE", "/v1/admin/gates/{gateId}/rules", remove_entry_rule, kOrganizer, L::kOther,
         B::kJson},
    };
}

std::vector<Route> admin_routes() {
    return {
        {"GET", "/v1/admin/webhooks", list_webhooks, kAdmin},
        {"POST", "/v1/admin/webhooks", create_webhook, kAdmin, L::kOther, B::kJson},
        {"PATCH", "/v1/admin/webhooks/{endpointId}", update_webhook, kAdmin, L::kOther, B::kJson},
        {"DELETE", "/v1/admin/webhooks/{endpointId}", delete_webhook, kAdmin},
        {"POST", "/v1/admin/webhooks/{endpointId}/secret", rotate_webhook_secret, kAdmin, L::kOther,
         B::kJson},
        {"GET", "/v1/admin/webhooks/{endpointId}/deliveries", list_webhook_deliveries, kAdmin},
        {"POST", "/v1/admin/webhook-deliveries/{deliveryId}/retry", retry_webhook, kAdmin},
        {"GET", "/v1/admin/acts", list_acts, kAdmin},
        {"GET", "/v1/admin/users", list_users, kAdmin},
        {"POST", "/v1/admin/users/{userId}/role", set_user_role, kAdmin, L::kOther, B::kJson},
        {"POST", "/v1/admin/users/{userId}/status", set_user_status, kAdmin, L::kOther, B::kJson},
    };
}

}  // namespace tix::gateway

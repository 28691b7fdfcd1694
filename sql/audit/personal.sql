-- A person's own data: all that there is about somebody, and forgetting it without losing money.
-- Requires tix >= 1.0
--
-- Here and not with the users, because it reads every context before it. A table that gets a column
-- about a person is added to both functions; test/pgtap/personal.sql knows the columns.
-- Locking: the families of refresh tokens, then the user's row, as everybody who needs both.

RESET ROLE;
GRANT SELECT ON tix.idempotency_keys TO tix_owner;
SET LOCAL ROLE tix_owner;

DROP FUNCTION IF EXISTS tix.visits_of(uuid);
CREATE FUNCTION tix.visits_of(whom uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN jsonb_build_object(
        'queue_entries', (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.joined_at)
            FROM queue_entries e WHERE e.user_id = whom),
        'queue_admissions', (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.claimed_at)
            FROM queue_admissions a WHERE a.user_id = whom),
        'waitlist_entries', (SELECT jsonb_agg(to_jsonb(w) ORDER BY w.entry_id)
            FROM waitlist_entries w WHERE w.user_id = whom),
        'promotion_uses', (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.order_id)
            FROM promotion_uses p WHERE p.user_id = whom),
        'order_answers', (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.answered_at)
            FROM order_answers a WHERE a.user_id = whom),
        'ticket_transfers', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.at)
            FROM ticket_transfers t WHERE whom IN (t.from_user, t.to_user)),
        'ticket_offers', (SELECT jsonb_agg(to_jsonb(f) - 'token_hash' ORDER BY f.created_at)
            FROM ticket_offers f WHERE whom IN (f.from_user, f.accepted_by)),
        'check_ins', (SELECT jsonb_agg(to_jsonb(c) - 'code' - 'code_hash' ORDER BY c.check_in_id)
            FROM check_ins c WHERE c.ticket_id IN (
                SELECT k.ticket_id FROM tickets k WHERE k.user_id = whom)));
END $$;
COMMENT ON FUNCTION tix.visits_of(uuid) IS
    'Internal: what tix_export_user() tells besides orders and money: where a person waited, what '
    'was asked for, and where tickets went.';

DROP FUNCTION IF EXISTS tix.tix_export_user(uuid, uuid);
CREATE FUNCTION tix.tix_export_user(user_id uuid, actor uuid DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'nobody' AS $$
#variable_conflict use_column
DECLARE
    whom CONSTANT uuid := tix_export_user.user_id;
    found_user tix.users;
    all_of_it jsonb;
BEGIN
    PERFORM set_config('tix_rows.of', user_id::text, true);
    SELECT * INTO found_user FROM users u WHERE u.user_id = whom;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user does not exist' USING ERRCODE = 'P0002',
            HINT = 'Users are found by tix.users_masked.';
    END IF;
    PERFORM log_act(actor, 'export_user', whom::text);
    WITH mine AS MATERIALIZED (SELECT o.order_id FROM orders o WHERE o.user_id = whom)
    SELECT jsonb_build_object(
        'users', jsonb_build_array(to_jsonb(found_user) - 'password_hash'),
        'external_logins', (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.linked_at)
            FROM external_logins l WHERE l.user_id = whom),
        'refresh_tokens', (SELECT jsonb_agg(to_jsonb(t) - 'token_hash' ORDER BY t.issued_at)
            FROM refresh_tokens t WHERE t.user_id = whom),
        'holds', (SELECT jsonb_agg(to_jsonb(h) ORDER BY h.at, h.version)
            FROM holds h WHERE h.user_id = whom),
        'idempotency_keys', (SELECT jsonb_agg(to_jsonb(k) - 'request' ORDER BY k.at)
            FROM idempotency_keys k WHERE k.user_id = whom),
        'orders', (SELECT jsonb_agg(to_jsonb(o) ORDER BY o.created_at)
            FROM orders o WHERE o.user_id = whom),
        'order_items', (SELECT jsonb_agg(to_jsonb(i) ORDER BY i.order_id, i.seat_id)
            FROM order_items i JOIN mine USING (order_id)),
        'payments', (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.created_at)
            FROM payments p JOIN mine USING (order_id)),
        'payment_answers', (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.answered_at)
            FROM payment_answers a WHERE a.user_id = whom),
        'provider_events', (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.received_at)
            FROM provider_events e JOIN mine USING (order_id)),
        'refunds', (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.created_at)
            FROM refunds r JOIN mine USING (order_id)),
        'tickets', (SELECT jsonb_agg(to_jsonb(k) ORDER BY k.issued_at)
            FROM tickets k WHERE k.user_id = whom OR k.order_id IN (SELECT m.order_id FROM mine m)),
        'audit_log', (SELECT jsonb_agg(to_jsonb(g) ORDER BY g.audit_id)
            FROM audit_log g WHERE g.detail->>'subject' = whom::text))
    INTO all_of_it;
    RETURN jsonb_strip_nulls(all_of_it || visits_of(whom));
END $$;
COMMENT ON FUNCTION tix.tix_export_user(uuid, uuid) IS
    'All that there is about a person (GDPR articles 15 and 20): an object of the tables with rows '
    'about the user, each an array of rows as they are, without the password hash, hashes of '
    'tokens and fields that are NULL. Amounts are minor units. Reads the whole journal of holds. '
    'Leaves an audit row; actor as in tix_set_user_role(). Error P0002: no such user.';

DROP FUNCTION IF EXISTS tix.refuse_erasure(uuid);
CREATE FUNCTION tix.refuse_erasure(whom uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    open_order uuid;
BEGIN
    SELECT o.order_id INTO open_order FROM orders o
    WHERE o.user_id = whom AND (o.status IN ('created', 'payment_pending', 'in_doubt')
        OR EXISTS (SELECT FROM refunds r WHERE r.order_id = o.order_id AND r.status = 'requested'))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'user cannot be erased: an order is open' USING ERRCODE = 'TX010',
            DETAIL = json_build_object('orderId', open_order),
            HINT = 'Wait until it is paid, cancelled or expired, and its money is paid back.';
    END IF;
END $$;
COMMENT ON FUNCTION tix.refuse_erasure(uuid) IS
    'Internal: error TX010 when the user has an unpaid order or a refund on its way.';

DROP FUNCTION IF EXISTS tix.tix_erase_user(uuid, text, uuid);
CREATE FUNCTION tix.tix_erase_user(user_id uuid, reason text, actor uuid DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
#variable_conflict use_column
DECLARE
    whom CONSTANT uuid := tix_erase_user.user_id;
    known tix.users;
BEGIN
    IF (char_length(reason) BETWEEN 1 AND 1000) IS NOT TRUE THEN
        RAISE EXCEPTION 'an erasure needs a reason' USING ERRCODE = '22023',
            HINT = 'Give 1 to 1000 characters, and nothing about the person.';
    END IF;
    PERFORM lock_families_of(whom);
    SELECT * INTO known FROM users u WHERE u.user_id = whom FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user does not exist' USING ERRCODE = 'P0002',
            HINT = 'Users are found by tix.users_masked.';
    ELSIF known.erased_at IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM refuse_erasure(whom);
    UPDATE users u
    SET email = 'erased-' || u.user_id || '@erased.invalid', phone_number = NULL,
        display_name = NULL, password_hash = NULL, role = 'buyer', status = 'closed',
        erased_at = clock_timestamp()
    WHERE u.user_id = whom;
    DELETE FROM external_logins l WHERE l.user_id = whom;
    DELETE FROM refresh_tokens t WHERE t.user_id = whom;
    UPDATE order_items i SET attendee = NULL
    FROM orders o
    WHERE o.user_id = whom AND i.order_id = o.order_id AND i.attendee IS NOT NULL;
    DELETE FROM order_answers a WHERE a.user_id = whom;
    UPDATE provider_events e SET payload = '{"erased": true}'
    FROM orders o WHERE o.user_id = whom AND e.order_id = o.order_id;
    PERFORM log_act(actor, 'erase_user', whom::text, jsonb_build_object('reason', reason));
    RETURN true;
END $$;
COMMENT ON FUNCTION tix.tix_erase_user(uuid, text, uuid) IS
    'Forgets a person for ever (GDPR article 17) and keeps the money: address, number, name, '
    'password, logins and tokens go, and so do attendees and the providers'' payloads of the '
    'user''s orders; orders, payments, refunds and tickets stay under an id that names nobody. The '
    'user is closed and cannot come back. false: erased before. Leaves an audit row; actor as in '
    'tix_set_user_role(). Errors: 22023 no reason (at most 1000 characters), P0002 no such user, '
    'TX010 an order is unpaid or its money is on its way back.';

REVOKE ALL ON FUNCTION
    tix.visits_of, tix.tix_export_user, tix.refuse_erasure, tix.tix_erase_user FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_export_user, tix.tix_erase_user TO tix_admin;

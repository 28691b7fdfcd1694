-- Triggers that write the outbox, in the transaction of what happened.
-- Requires tix >= 1.0
--
-- Cost: these run in every purchase. What is inserted is written by one statement over the
-- transition table, however many rows it has. A change of state is written by a row trigger whose
-- WHEN costs nothing while the state stays: no transition tables to fill and join at each UPDATE.
-- It fires last (zz_) of the BEFORE triggers, so what it writes is what the row becomes.

DROP TRIGGER IF EXISTS outbox_created ON tix.orders;
DROP TRIGGER IF EXISTS zz_outbox_changed ON tix.orders;
DROP FUNCTION IF EXISTS tix.note_created_orders();
CREATE FUNCTION tix.note_created_orders() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO events_outbox (aggregate_type, aggregate_id, sequence, type, payload)
    SELECT 'order', n.order_id, 1, 'order.created', jsonb_build_object(
        'orderId', n.order_id, 'sessionId', n.session_id, 'userId', n.user_id,
        'amount', n.total_amount, 'currency', n.total_currency)
    FROM created n;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.note_created_orders() IS 'Trigger: order.created, for each new order.';
CREATE TRIGGER outbox_created AFTER INSERT ON tix.orders REFERENCING NEW TABLE AS created
    FOR EACH STATEMENT EXECUTE FUNCTION tix.note_created_orders();

DROP FUNCTION IF EXISTS tix.note_changed_order();
CREATE FUNCTION tix.note_changed_order() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    NEW.event_sequence := OLD.event_sequence + 1;
    INSERT INTO events_outbox (aggregate_type, aggregate_id, sequence, type, payload)
    VALUES ('order', NEW.order_id, NEW.event_sequence, 'order.' || NEW.status, jsonb_build_object(
        'orderId', NEW.order_id, 'sessionId', NEW.session_id, 'userId', NEW.user_id,
        'amount', NEW.total_amount, 'currency', NEW.total_currency, 'was', OLD.status));
    RETURN NEW;
END $$;
COMMENT ON FUNCTION tix.note_changed_order() IS
    'Trigger: order.<status>, for each change of an order''s state.';
CREATE TRIGGER zz_outbox_changed BEFORE UPDATE ON tix.orders
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION tix.note_changed_order();

DROP TRIGGER IF EXISTS outbox_created ON tix.payments;
DROP TRIGGER IF EXISTS zz_outbox_changed ON tix.payments;
DROP FUNCTION IF EXISTS tix.note_created_payments();
CREATE FUNCTION tix.note_created_payments() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO events_outbox (aggregate_type, aggregate_id, sequence, type, payload)
    SELECT 'payment', n.payment_id, 1, 'payment.created', jsonb_build_object(
        'paymentId', n.payment_id, 'orderId', n.order_id, 'provider', n.provider,
        'amount', n.amount, 'currency', n.currency, 'status', n.status)
    FROM created n;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.note_created_payments() IS
    'Trigger: payment.created, for each new payment; its status may be any.';
CREATE TRIGGER outbox_created AFTER INSERT ON tix.payments REFERENCING NEW TABLE AS created
    FOR EACH STATEMENT EXECUTE FUNCTION tix.note_created_payments();

DROP FUNCTION IF EXISTS tix.note_changed_payment();
CREATE FUNCTION tix.note_changed_payment() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    NEW.event_sequence := OLD.event_sequence + 1;
    INSERT INTO events_outbox (aggregate_type, aggregate_id, sequence, type, payload)
    VALUES ('payment', NEW.payment_id, NEW.event_sequence, 'payment.' || NEW.status,
        jsonb_build_object('paymentId', NEW.payment_id, 'orderId', NEW.order_id, 'provider',
        NEW.provider, 'amount', NEW.amount, 'currency', NEW.currency, 'was', OLD.status));
    RETURN NEW;
END $$;
COMMENT ON FUNCTION tix.note_changed_payment() IS
    'Trigger: payment.<status>, for each change of a payment''s state.';
CREATE TRIGGER zz_outbox_changed BEFORE UPDATE ON tix.payments
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION tix.note_changed_payment();

DROP TRIGGER IF EXISTS outbox_created ON tix.refunds;
DROP TRIGGER IF EXISTS zz_outbox_changed ON tix.refunds;
DROP FUNCTION IF EXISTS tix.note_created_refunds();
CREATE FUNCTION tix.note_created_refunds() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO events_outbox (aggregate_type, aggregate_id, sequence, type, payload)
    SELECT 'refund', n.refund_id, 1, 'refund.requested', jsonb_build_object(
        'refundId', n.refund_id, 'paymentId', n.payment_id, 'orderId', n.order_id,
        'amount', n.amount, 'currency', n.currency, 'status', n.status)
    FROM created n;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.note_created_refunds() IS
    'Trigger: refund.requested, for each refund that is owed.';
CREATE TRIGGER outbox_created AFTER INSERT ON tix.refunds REFERENCING NEW TABLE AS created
    FOR EACH STATEMENT EXECUTE FUNCTION tix.note_created_refunds();

DROP FUNCTION IF EXISTS tix.note_changed_refund();
CREATE FUNCTION tix.note_changed_refund() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    NEW.event_sequence := OLD.event_sequence + 1;
    INSERT INTO events_outbox (aggregate_type, aggregate_id, sequence, type, payload)
    VALUES ('refund', NEW.refund_id, NEW.event_sequence, 'refund.' || NEW.status,
        jsonb_build_object('refundId', NEW.refund_id, 'paymentId', NEW.payment_id, 'orderId',
        NEW.order_id, 'amount', NEW.amount, 'currency', NEW.currency, 'was', OLD.status));
    RETURN NEW;
END $$;
COMMENT ON FUNCTION tix.note_changed_refund() IS
    'Trigger: refund.<status>, for each change of a refund''s state.';
CREATE TRIGGER zz_outbox_changed BEFORE UPDATE ON tix.refunds
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION tix.note_changed_refund();

DROP TRIGGER IF EXISTS outbox_created ON tix.tickets;
DROP TRIGGER IF EXISTS zz_outbox_changed ON tix.tickets;
DROP FUNCTION IF EXISTS tix.note_issued_tickets();
CREATE FUNCTION tix.note_issued_tickets() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO events_outbox (aggregate_type, aggregate_id, sequence, type, payload)
    SELECT 'ticket', n.ticket_id, 1, 'ticket.issued', jsonb_build_object(
        'ticketId', n.ticket_id, 'orderId', n.order_id, 'sessionId', n.session_id,
        'seatId', n.seat_id, 'userId', n.user_id)
    FROM created n
    UNION ALL
    SELECT 'session', n.session_id, NULL, 'seat.sold', jsonb_build_object(
        'sessionId', n.session_id, 'orderId', n.order_id, 'seatIds', jsonb_agg(n.seat_id))
    FROM created n WHERE n.status IN ('valid', 'used') GROUP BY n.session_id, n.order_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.note_issued_tickets() IS
    'Trigger: ticket.issued for each new ticket, seat.sold for the seats of each order.';
CREATE TRIGGER outbox_created AFTER INSERT ON tix.tickets REFERENCING NEW TABLE AS created
    FOR EACH STATEMENT EXECUTE FUNCTION tix.note_issued_tickets();

DROP FUNCTION IF EXISTS tix.note_changed_ticket();
CREATE FUNCTION tix.note_changed_ticket() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
DECLARE
    body CONSTANT jsonb := jsonb_build_object('ticketId', NEW.ticket_id, 'orderId', NEW.order_id,
        'sessionId', NEW.session_id, 'seatId', NEW.seat_id, 'userId', NEW.user_id);
BEGIN
    NEW.event_sequence := OLD.event_sequence;
    IF NEW.user_id <> OLD.user_id THEN
        NEW.event_sequence := NEW.event_sequence + 1;
        INSERT INTO events_outbox (aggregate_type, aggregate_id, sequence, type, payload)
        VALUES ('ticket', NEW.ticket_id, NEW.event_sequence, 'ticket.transferred',
                body || jsonb_build_object('fromUserId', OLD.user_id));
    END IF;
    IF NEW.status <> OLD.status THEN
        NEW.event_sequence := NEW.event_sequence + 1;
        INSERT INTO events_outbox (aggregate_type, aggregate_id, sequence, type, payload)
        VALUES ('ticket', NEW.ticket_id, NEW.event_sequence,
                CASE NEW.status WHEN 'valid' THEN 'ticket.revalidated'
                                ELSE 'ticket.' || NEW.status END,
                body || jsonb_build_object('was', OLD.status));
    END IF;
    IF (NEW.status IN ('valid', 'used')) <> (OLD.status IN ('valid', 'used')) THEN
        INSERT INTO events_outbox (aggregate_type, aggregate_id, type, payload)
        VALUES ('session', NEW.session_id,
                CASE WHEN NEW.status IN ('valid', 'used') THEN 'seat.sold' ELSE 'seat.freed' END,
                jsonb_build_object('sessionId', NEW.session_id, 'orderId', NEW.order_id,
                                   'seatIds', jsonb_build_array(NEW.seat_id)));
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION tix.note_changed_ticket() IS
    'Trigger: ticket.transferred when its owner changes, ticket.<status> when its state does, and '
    'seat.freed (or seat.sold) when that gives its seat back (or takes it again).';
CREATE TRIGGER zz_outbox_changed BEFORE UPDATE ON tix.tickets
    FOR EACH ROW WHEN (OLD.status <> NEW.status OR OLD.user_id <> NEW.user_id)
    EXECUTE FUNCTION tix.note_changed_ticket();

DROP TRIGGER IF EXISTS outbox_append_only ON tix.events_outbox;
DROP TRIGGER IF EXISTS outbox_truncate ON tix.events_outbox;
DROP FUNCTION IF EXISTS tix.refuse_outbox_change();
CREATE FUNCTION tix.refuse_outbox_change() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'events of the outbox cannot change' USING ERRCODE = '55000',
        HINT = 'Retention deletes them: see tix.outbox_retention.';
END $$;
COMMENT ON FUNCTION tix.refuse_outbox_change() IS
    'Trigger: the outbox is append-only; only a transaction of another cluster is forgotten.';
CREATE TRIGGER outbox_append_only BEFORE UPDATE ON tix.events_outbox
    FOR EACH ROW WHEN (NEW.xid <> '0' OR (NEW.event_id, NEW.aggregate_id, NEW.type, NEW.payload)
                       IS DISTINCT FROM (OLD.event_id, OLD.aggregate_id, OLD.type, OLD.payload))
    EXECUTE FUNCTION tix.refuse_outbox_change();
CREATE TRIGGER outbox_truncate BEFORE TRUNCATE ON tix.events_outbox
    FOR EACH STATEMENT EXECUTE FUNCTION tix.refuse_outbox_change();

REVOKE ALL ON FUNCTION
    tix.note_created_orders, tix.note_changed_order, tix.note_created_payments,
    tix.note_changed_payment, tix.note_created_refunds, tix.note_changed_refund,
    tix.note_issued_tickets, tix.note_changed_ticket, tix.refuse_outbox_change FROM PUBLIC;

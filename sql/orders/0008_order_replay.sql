-- What a repeated request for an order is compared with, and the answer it got the first time.

ALTER TABLE tix.orders ADD COLUMN requested_locks bigint[],
                       ADD COLUMN first_expires_at timestamptz;
COMMENT ON COLUMN tix.orders.requested_locks IS
    'Tokens the order was asked for, as order_items.lock_id may change; NULL without a key.';
COMMENT ON COLUMN tix.orders.first_expires_at IS
    'Deadline the first answer told, as expires_at moves when a payment begins; NULL without a '
    'key.';
UPDATE tix.orders o SET first_expires_at = o.expires_at, requested_locks =
    ARRAY(SELECT DISTINCT i.lock_id FROM tix.order_items i WHERE i.order_id = o.order_id ORDER BY 1)
WHERE o.idempotency_key IS NOT NULL;

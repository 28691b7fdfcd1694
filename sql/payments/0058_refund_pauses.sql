-- How long a refund that is being asked for is left alone, provider by provider.

ALTER TABLE tix.payment_providers
    ADD COLUMN refund_pause interval NOT NULL DEFAULT '0' CHECK (refund_pause >= '0');
COMMENT ON COLUMN tix.payment_providers.refund_pause IS
    'The least time between two questions for one refund: of a provider that takes no idempotency '
    'key, longer than one question can take, so that two gateways never ask at once.';
UPDATE tix.payment_providers SET refund_pause = '90 s' WHERE provider = 'linepay';

-- What a waiting room is watched by: places that nobody claimed, and how good its estimates are.

ALTER TABLE tix.queues
    ADD COLUMN unclaimed bigint NOT NULL DEFAULT 0 CHECK (unclaimed >= 0),
    ADD COLUMN eta_place bigint,
    ADD COLUMN eta_at timestamptz,
    ADD COLUMN eta_error_s double precision;
COMMENT ON COLUMN tix.queues.unclaimed IS 'Places called and not claimed within grace.';
COMMENT ON COLUMN tix.queues.eta_place IS
    'A place whose estimate is followed until it is called; eta_at: when that should be.';
COMMENT ON COLUMN tix.queues.eta_error_s IS
    'Seconds by which the last estimate followed was too early; negative: too late.';

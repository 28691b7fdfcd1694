-- Issues of a ticket and the revocation of their codes, whoever changes the table; and the feed.
-- Requires tix >= 1.0

DROP TRIGGER IF EXISTS tickets_next_issue ON tix.tickets;
DROP FUNCTION IF EXISTS tix.next_issue();
CREATE FUNCTION tix.next_issue() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.issue < OLD.issue THEN
        RAISE EXCEPTION 'issue of a ticket cannot go back from % to %', OLD.issue, NEW.issue
            USING ERRCODE = '22023', HINT = 'Codes of earlier issues were revoked for ever.';
    END IF;
    NEW.issue := greatest(NEW.issue, OLD.issue + 1);
    RETURN NEW;
END $$;
COMMENT ON FUNCTION tix.next_issue() IS
    'Trigger: a ticket that gets another owner or session, or is valid again, has a new issue.';
CREATE TRIGGER tickets_next_issue BEFORE UPDATE OF user_id, session_id, issue, status ON tix.tickets
    FOR EACH ROW WHEN (
        NEW.user_id <> OLD.user_id OR NEW.session_id <> OLD.session_id OR NEW.issue < OLD.issue
        OR (OLD.status NOT IN ('valid', 'used') AND NEW.status IN ('valid', 'used')))
    EXECUTE FUNCTION tix.next_issue();

DROP TRIGGER IF EXISTS tickets_revoke_codes ON tix.tickets;
DROP TRIGGER IF EXISTS tickets_revoke_deleted ON tix.tickets;
DROP FUNCTION IF EXISTS tix.revoke_codes();
CREATE FUNCTION tix.revoke_codes() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = tix, pg_catalog, pg_temp SET tix_rows.of = 'everyone' AS $$
DECLARE
    next_seq bigint;
BEGIN
    INSERT INTO revocation_counters AS c (session_id, last_seq) VALUES (OLD.session_id, 1)
    ON CONFLICT (session_id) DO UPDATE SET last_seq = c.last_seq + 1
    RETURNING c.last_seq INTO next_seq;
    INSERT INTO ticket_revocations (session_id, seq, ticket_id, issue, reason)
    VALUES (OLD.session_id, next_seq, OLD.ticket_id, OLD.issue,
            CASE WHEN TG_OP = 'DELETE' THEN 'deleted'
                 WHEN NEW.status NOT IN ('valid', 'used') THEN 'canceled'
                 WHEN NEW.session_id <> OLD.session_id THEN 'moved'
                 WHEN NEW.user_id <> OLD.user_id THEN 'transferred'
                 ELSE 'reissued' END);
    IF TG_OP = 'UPDATE' AND NEW.user_id <> OLD.user_id THEN
        INSERT INTO ticket_transfers (ticket_id, issue, from_user, to_user)
        VALUES (NEW.ticket_id, NEW.issue, OLD.user_id, NEW.user_id);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tix.revoke_codes() IS
    'Trigger, at COMMIT: codes of a ticket that are void now enter the feed of its session, and a '
    'new owner the list of transfers. It runs with the rights of its owner, for at COMMIT the role '
    'of whoever changed the ticket is gone.';
-- At COMMIT, when all other locks are taken: who waits for the counter keeps nobody who has it.
CREATE CONSTRAINT TRIGGER tickets_revoke_codes AFTER UPDATE ON tix.tickets
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (
        OLD.status IN ('valid', 'used')
        AND (NEW.issue <> OLD.issue OR NEW.status NOT IN ('valid', 'used')))
    EXECUTE FUNCTION tix.revoke_codes();
CREATE CONSTRAINT TRIGGER tickets_revoke_deleted AFTER DELETE ON tix.tickets
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.status IN ('valid', 'used'))
    EXECUTE FUNCTION tix.revoke_codes();

DROP FUNCTION IF EXISTS tix.tix_revocations(uuid, bigint, int);
CREATE FUNCTION tix.tix_revocations(
    session_id uuid, since bigint DEFAULT 0, max_rows int DEFAULT 1000)
RETURNS TABLE (seq bigint, ticket_id uuid, issue int, reason text, at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 100
SET search_path = tix, pg_catalog, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    last bigint;
BEGIN
    IF max_rows IS NULL OR max_rows NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'max_rows must be from 1 to 10000' USING ERRCODE = '22023',
            HINT = 'Ask for the rest with the last seq as since.';
    ELSIF NOT EXISTS (SELECT FROM sessions s WHERE s.session_id = $1) THEN
        RAISE EXCEPTION 'session does not exist' USING ERRCODE = 'P0002',
            HINT = 'Give the id of a session.';
    END IF;
    last := coalesce((SELECT c.last_seq FROM revocation_counters c WHERE c.session_id = $1), 0);
    IF since IS NULL OR since NOT BETWEEN 0 AND last THEN
        RAISE EXCEPTION 'since is no number of this feed' USING ERRCODE = '22023',
            DETAIL = json_build_object('last', last),
            HINT = 'Begin again with 0: the database may have been restored.';
    END IF;
    RETURN QUERY
        SELECT r.seq, r.ticket_id, r.issue, r.reason, r.at FROM ticket_revocations r
        WHERE r.session_id = $1 AND r.seq > since ORDER BY r.seq LIMIT max_rows;
END $$;
COMMENT ON FUNCTION tix.tix_revocations(uuid, bigint, int) IS
    'Codes of a session that are void though their signature is right: those of the ticket up to '
    'the issue. At most max_rows (1 to 10000) after since, in the order of COMMIT and without '
    'gaps: whoever has read up to n misses nothing by going on with since = n. reason: '
    'transferred, reissued, canceled, moved (to another session) or deleted. Errors: P0002 unknown '
    'session; 22023 max_rows, or a since that this feed has not reached.';

REVOKE ALL ON FUNCTION tix.next_issue, tix.revoke_codes, tix.tix_revocations FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_revocations TO tix_admin;

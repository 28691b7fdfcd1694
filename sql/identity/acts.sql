-- The record of privileged acts: who did what to whom, in the log of the extension.
-- Requires tix >= 1.0

RESET ROLE;
GRANT SELECT, INSERT ON tix.audit_log TO tix_owner;
SET LOCAL ROLE tix_owner;

DROP FUNCTION IF EXISTS tix.log_act(uuid, text, text, jsonb);
CREATE FUNCTION tix.log_act(actor uuid, act text, subject text, detail jsonb DEFAULT '{}')
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    IF act IS NULL OR act = '' OR subject IS NULL
       OR octet_length(coalesce(detail, '{}')::text) > 65536 THEN
        RAISE EXCEPTION 'a privileged act must have a name, a subject and a short detail'
            USING ERRCODE = '22023', HINT = 'The detail may have at most 64 kB.';
    END IF;
    INSERT INTO audit_log (act, detail)
    VALUES (log_act.act, coalesce(log_act.detail, '{}')
                         || jsonb_build_object('actor', log_act.actor, 'subject', subject));
END $$;
COMMENT ON FUNCTION tix.log_act(uuid, text, text, jsonb) IS
    'Internal: appends a privileged act to tix.audit_log, which also notes the database user. '
    'actor: the user on whose behalf, NULL when an operator acts at the database; subject: to '
    'whom or what it was done; detail: at most 64 kB. Error 22023: no act, no subject, too long.';

DROP FUNCTION IF EXISTS tix.tix_list_acts(bigint, int);
CREATE FUNCTION tix.tix_list_acts(before bigint DEFAULT NULL, max_rows int DEFAULT 100)
RETURNS TABLE (audit_id bigint, at timestamptz, actor name, act text, session_id uuid,
               detail jsonb)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 100
SET search_path = tix, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF max_rows IS NULL OR max_rows NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'max_rows must be from 1 to 1000' USING ERRCODE = '22023',
            HINT = 'Read on with the last audit_id as "before".';
    END IF;
    RETURN QUERY
        SELECT l.audit_id, l.at, l.actor, l.act, l.session_id, l.detail FROM audit_log l
        WHERE tix_list_acts.before IS NULL OR l.audit_id < tix_list_acts.before
        ORDER BY l.audit_id DESC LIMIT max_rows;
END $$;
COMMENT ON FUNCTION tix.tix_list_acts(bigint, int) IS
    'Privileged acts, newest first, max_rows (1 to 1000) from behind audit_id "before" (NULL: from '
    'the newest). actor is the database user; the user on whose behalf is in detail. Error 22023: '
    'max_rows.';

REVOKE ALL ON FUNCTION tix.log_act, tix.tix_list_acts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_list_acts TO tix_admin;

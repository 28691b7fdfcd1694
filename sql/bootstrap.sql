-- What every migration stands on: roles, schema, extension and the list of applied files.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['tix_owner', 'tix_app', 'tix_admin', 'tix_monitor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another database of this cluster is being migrated at the same moment
            END;
        END IF;
    END LOOP;
END $$;

-- The gateway logs in as tix_gateway, which owns nothing and may do what tix_app may. It has no
-- password here. Settings are given once: those an operator gave it stay.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tix_gateway') THEN
        CREATE ROLE tix_gateway LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = 'tix_app'::regrole
                                                   AND m.member = 'tix_gateway'::regrole) THEN
        GRANT tix_app TO tix_gateway;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setrole = 'tix_gateway'::regrole) THEN
        ALTER ROLE tix_gateway SET search_path = tix;
        ALTER ROLE tix_gateway SET statement_timeout = '10s';
        ALTER ROLE tix_gateway SET idle_in_transaction_session_timeout = '10s';
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation OR internal_error THEN
    -- XX000 is "tuple concurrently updated": another database is being migrated at this moment.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tix_gateway') THEN RAISE; END IF;
END $$;

-- Functions of the owner carry the setting of the row policies (sql/audit/0062_row_security.sql).
DO $$
BEGIN
    IF NOT has_parameter_privilege('tix_owner', 'tix_rows.of', 'SET') THEN
        GRANT SET ON PARAMETER tix_rows.of TO tix_owner;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation OR internal_error THEN
    -- As above.
    IF NOT has_parameter_privilege('tix_owner', 'tix_rows.of', 'SET') THEN RAISE; END IF;
END $$;

CREATE SCHEMA IF NOT EXISTS tix AUTHORIZATION tix_owner;
GRANT USAGE, CREATE ON SCHEMA tix TO tix_owner;
GRANT USAGE ON SCHEMA tix TO tix_app, tix_admin, tix_monitor, pg_monitor;

CREATE EXTENSION IF NOT EXISTS tix SCHEMA tix;

-- pg_cron lives in one database of a cluster, and only when it is preloaded.
DO $$
BEGIN
    IF current_setting('shared_preload_libraries') ~ '\mpg_cron\M'
       AND current_setting('cron.database_name', true) = current_database()
       AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_cron') THEN
        CREATE EXTENSION IF NOT EXISTS pg_cron;
    END IF;
END $$;

CREATE TABLE IF NOT EXISTS tix.migrations (
    file text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('once', 'repeatable')),
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied_by name NOT NULL DEFAULT session_user
);
ALTER TABLE tix.migrations OWNER TO tix_owner;
COMMENT ON TABLE tix.migrations IS
    'Files of sql/ applied to this database: "once" files never change, "repeatable" files are '
    'applied again when their checksum (SHA-256) differs.';

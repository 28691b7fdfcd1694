-- What support sees of people: enough to recognise who asks, too little to take away.
-- Requires tix >= 1.0

DROP VIEW IF EXISTS tix.users_masked;
-- The barrier: a condition of the reader sees masked columns only.
CREATE VIEW tix.users_masked WITH (security_barrier = true) AS
    SELECT u.user_id, left(u.email, 1) || '***' || substr(u.email, strpos(u.email, '@')) AS email,
           '***' || right(u.phone_number, 2) AS phone_number,
           left(u.display_name, 1) || '***' AS display_name,
           u.password_hash IS NOT NULL AS has_password,
           (SELECT count(*)::int FROM tix.external_logins l WHERE l.user_id = u.user_id)
               AS external_logins,
           u.role, u.status, u.created_at, u.erased_at
    FROM tix.users u;
COMMENT ON VIEW tix.users_masked IS
    'Users for support: of the address the first letter and the domain (e***@example.org), of a '
    'number the last two digits, of a name the first letter. The one place with personal data in '
    'clear is tix.users, and attendees in tix.order_items.';
REVOKE ALL ON tix.users_masked FROM PUBLIC;
GRANT SELECT ON tix.users_masked TO tix_admin;

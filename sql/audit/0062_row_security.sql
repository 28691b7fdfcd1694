-- The second fence around what belongs to a person: a row is seen only for whom the function that
-- runs has said it works.
--
-- The first fence is that nobody but functions reaches a table. These policies hold for the owner
-- of those functions too (FORCE): one that forgets to ask whose row it is finds none. Each function
-- says it in its head, SET tix_rows.of = 'everyone' or 'nobody', and one that works for one user
-- then sets it to that user's id; when it returns the setting is what it was. Without it no row is
-- there. Views are read by whom they were granted to and show what they show.

DO $$
DECLARE
    fenced text;
BEGIN
    FOREACH fenced IN ARRAY ARRAY['users', 'refresh_tokens', 'external_logins', 'orders', 'tickets',
                                  'waitlist_entries', 'queue_entries', 'queue_admissions'] LOOP
        EXECUTE format('ALTER TABLE tix.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
                       fenced);
        EXECUTE format($policy$
            CREATE POLICY rows_of ON tix.%I USING (
                current_setting('tix_rows.of', true) = 'everyone'
                OR user_id::text = current_setting('tix_rows.of', true)
                OR current_user <> 'tix_owner')$policy$, fenced);
        EXECUTE format($comment$COMMENT ON POLICY rows_of ON tix.%I IS
            'Law of the second fence: rows of the user named by the setting tix_rows.of, of '
            'everyone when it says so, of nobody when it is not set.'$comment$, fenced);
    END LOOP;
END $$;

-- What makes a migration run impossible, checked before the first file is applied.

DO $$
DECLARE
    offender text;
BEGIN
    SELECT m.file INTO offender
    FROM tix.migrations m JOIN tix_files f USING (file)
    WHERE m.kind = 'once' AND m.checksum <> f.checksum ORDER BY m.file LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'migration % was changed after it had been applied', offender
            USING ERRCODE = '55000',
                  HINT = 'Restore the file and put the change into a new numbered file.';
    END IF;
    SELECT m.file INTO offender
    FROM tix.migrations m LEFT JOIN tix_files f USING (file)
    WHERE m.kind = 'once' AND f.file IS NULL ORDER BY m.file LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'migration % is applied but its file is missing', offender
            USING ERRCODE = '55000',
                  HINT = 'This database is newer than these files: use the release it came from.';
    END IF;
END $$;

CREATE PROCEDURE pg_temp.require_tix(file text, needed text) LANGUAGE plpgsql AS $$
DECLARE
    installed text := (SELECT extversion FROM pg_extension WHERE extname = 'tix');
BEGIN
    IF string_to_array(installed, '.')::int[] < string_to_array(needed, '.')::int[] THEN
        RAISE EXCEPTION '% needs tix %, this database has %', file, needed, installed
            USING ERRCODE = '55000', HINT = 'Run ALTER EXTENSION tix UPDATE first.';
    END IF;
END $$;

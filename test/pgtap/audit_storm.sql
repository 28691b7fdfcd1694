-- The audit while seats are sold, cancelled and paid late: no false row, whole or quick.
\ir fixture.psql
SELECT plan(6);
SELECT seat_map_id AS big
FROM tix_import_begin('Hall ' || :'plan', 'Storm', 100, 50, 'storm' || :'plan', '{"zones": []}')
\gset
INSERT INTO seat_map_seats
SELECT :'big', (a - 1) * 200 + n - 1, a || '-' || n, 'area ' || a, 'area ' || a, '1', n::text, n,
       n * 10, a * 20, 'std', false
FROM generate_series(1, 3) a, generate_series(1, 200) n;
SELECT tix_import_finish(:'big') AS seat_count \gset
SELECT tix_create_session(:'event', :'big', now() + interval '7 days') AS storm \gset
SELECT * FROM tix_open_session(:'storm') \gset opened_

-- A client: holds, orders, pays, sometimes late, and gives half of it back, each in a transaction.
CREATE EXTENSION dblink SCHEMA public;
CREATE PROCEDURE public.sell(house uuid, seconds int) LANGUAGE plpgsql AS $$
DECLARE
    buyer uuid;
    got tix.tix_lock_result;
    made uuid;
    stop CONSTANT timestamptz := clock_timestamp() + make_interval(secs => seconds);
BEGIN
    WHILE clock_timestamp() < stop LOOP
        buyer := gen_random_uuid();
        SELECT * INTO got FROM tix.tix_lock_best(house, 1 + (random() * 3)::int, buyer,
                                                 max_tier => 5::smallint);
        COMMIT;
        CONTINUE WHEN NOT got.ok;
        SELECT o.order_id INTO made FROM tix.tix_create_order(ARRAY[got.lock_id], buyer) o;
        COMMIT;
        PERFORM FROM tix.tix_begin_payment(made);
        IF random() < 0.2 THEN PERFORM tix.tix_cancel_order(made, buyer); END IF;
        COMMIT;
        PERFORM FROM tix.tix_payment_event('mock', 'storm ' || made, 'captured', 'storm ' || made,
            made, (SELECT total_amount FROM tix.orders WHERE order_id = made), 'EUR');
        COMMIT;
        IF random() < 0.7 THEN
            PERFORM tix.tix_cancel_ticket(t.ticket_id, buyer) FROM tix.tickets t
            WHERE t.order_id = made AND t.status = 'valid' AND random() < 0.7;
            COMMIT;
        END IF;
    END LOOP;
END $$;
SELECT dblink_connect('c' || n, format('host=%s port=%s dbname=%s user=%s',
                                       :'HOST', :'PORT', :'DBNAME', :'USER')),
       dblink_send_query('c' || n, format('CALL public.sell(%L, 6)', :'storm'))
FROM generate_series(1, 3) n \g /dev/null

CREATE TEMP TABLE report (run int, recent interval, law text, subject text, detail text);
CREATE TEMP TABLE runs (n int);
CREATE PROCEDURE pg_temp.watch() LANGUAGE plpgsql AS $$
DECLARE
    run int := 0;
BEGIN
    WHILE dblink_is_busy('c1') = 1 LOOP
        run := run + 1;
        INSERT INTO report SELECT run, r.recent, a.law, a.subject, a.detail
        FROM (SELECT CASE WHEN run % 3 <> 0 THEN interval '3 s' END AS recent) r,
             tix.tix_audit(r.recent) a;
        COMMIT;
        PERFORM pg_sleep(0.05);
    END LOOP;
    INSERT INTO runs VALUES (run);
END $$;
CALL pg_temp.watch();
SELECT is_empty('SELECT * FROM report', 'a storm of sales shows no false row');
SELECT cmp_ok((SELECT n FROM runs), '>=', 6, 'in many runs');
SELECT cmp_ok((SELECT count(*) FROM orders WHERE session_id = :'storm'), '>=', 20::bigint,
    'and many sales');
SELECT is_empty($$
    SELECT n, d.x FROM generate_series(1, 3) n, dblink_get_result('c' || n) AS d (x text)
    WHERE d.x <> 'CALL'$$, 'nobody met an error');
SELECT dblink_disconnect('c' || n) FROM generate_series(1, 3) n \g /dev/null
SELECT is_empty('SELECT * FROM tix_audit()', 'nor does the calm after it');
SELECT is_empty(format('SELECT * FROM tix_check(%L)', :'storm'), 'arena and tables agree');
DROP PROCEDURE public.sell;
DROP EXTENSION dblink;
SELECT * FROM finish();

-- The map of the whole stadium, as a viewer opens it.
SELECT * FROM tix.tix_seat_map(:session);

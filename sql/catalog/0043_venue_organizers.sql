-- Whose a venue is.

ALTER TABLE tix.venues ADD COLUMN organizer_id uuid;
COMMENT ON COLUMN tix.venues.organizer_id IS
    'The organizer who made it, who alone (and an admin) changes it, gives it maps and gates and '
    'holds events there; NULL: the house''s, where every organizer may hold events.';

// What demo.json must hold before a page is made of it.
const number = (value) => Number.isFinite(value);
const text = (value) => typeof value === 'string';
const list = (of) => (value) => Array.isArray(value) && value.every(of);
const dictionary = (of) => (value) =>
    value !== null && typeof value === 'object' && !Array.isArray(value) &&
    Object.values(value).every(of);
const all = (members) => (value) =>
    dictionary(() => true)(value) && Object.entries(members).every(([name, of]) => of(value[name]));
const numbers = (...names) => all(Object.fromEntries(names.map((name) => [name, number])));
const columns = list(number);

const timeline = all({
    t_ms: columns,
    free: columns,
    held: columns,
    sold: columns,
    requests: columns,
    refused: dictionary(columns),
});
const latency = all({
    from_ms: columns,
    until_ms: columns,
    steps: dictionary(all({ calls: columns, p50_us: columns, p99_us: columns })),
});
const members = {
    session_id: text,
    finished_at: text,
    seed: text,
    connections: number,
    capacity: number,
    sold: number,
    selling_ms: number,
    seats_per_s: number,
    tickets: number,
    double_sold: number,
    unique_violations: number,
    audit_rows: number,
    check_rows: number,
    feed_differences: number,
    alarms: number,
    holds_lost: number,
    money: (value) => numbers('captured', 'completed', 'refunded', 'owed')(value) &&
        text(value.currency),
    orders_by_status: dictionary(number),
    crowd: (value) => numbers('buyers', 'given_up', 'holds', 'holds_abandoned', 'orders',
        'events_sent_twice', 'declined', 'tickets_fetched')(value) &&
        dictionary(number)(value.refused),
    steps: dictionary(numbers('calls', 'p50_us', 'p95_us', 'p99_us', 'max_us')),
    faults: list(text),
    timeline: (value) => timeline(value) && value.t_ms.length > 0,
    latency,
    incidents: list((value) => numbers('at_ms', 'pid', 'back_ms')(value) && text(value.victim)),
    recovery: dictionary(numbers('kills', 'median_ms', 'max_ms', 'goal_ms', 'late', 'never_back')),
    seats: (value) => list((seat) => columns(seat) && seat.length === 3)(value) && value.length > 0,
};

// What is missing or of another kind, in words; '' when the report is whole.
export function fault(report) {
    if (!dictionary(() => true)(report)) return 'it is no object';
    for (const [name, good] of Object.entries(members)) {
        if (!(name in report)) return `it has no "${name}"`;
        if (!good(report[name])) return `"${name}" is not as it should be`;
    }
    const http = numbers('requests', 'unavailable_503', 'replayed', 'reconnects', 'resent');
    if ('http' in report && !http(report.http)) return '"http" is not as it should be';
    const points = report.timeline.t_ms.length;
    const even = (column) => column.length === points;
    const { refused, ...others } = report.timeline;
    if (![...Object.values(refused), ...Object.values(others).filter(Array.isArray)].every(even))
        return 'the columns of "timeline" differ in length';
    const intervals = report.latency.from_ms.length;
    const steps = Object.values(report.latency.steps).flatMap(Object.values);
    if (![report.latency.until_ms, ...steps].every((column) => column.length === intervals))
        return 'the columns of "latency" differ in length';
    return '';
}

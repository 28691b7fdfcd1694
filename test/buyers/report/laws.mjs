// What a sale must keep, and what the database answered when it was asked afterwards.
import { grouped, money } from './format.mjs';

const none = (name, source, found) =>
    ({ name, source, expected: '0', found: grouped(found), kept: found === 0 });

const equal = (name, source, expected, found, print = grouped) =>
    ({ name, source, expected: print(expected), found: print(found), kept: expected === found });

// [{name, source, expected, found, kept}]
export function laws(report) {
    const { captured, completed, refunded, owed } = report.money;
    return [
        equal('Every seat is sold', 'tix_availability()', report.capacity, report.sold),
        equal('Every sold seat has a valid ticket', 'tix.tickets', report.sold, report.tickets),
        none('No seat has two tickets', 'tix.tickets', report.double_sold),
        none('No second ticket even got as far as the unique index', 'unique violations raised',
            report.unique_violations),
        none('The books agree with each other', 'tix_audit()', report.audit_rows),
        none('Memory agrees with the journal', 'tix_check()', report.check_rows),
        none('No hold was gone before its time', 'the buyers', report.holds_lost),
        none('No payment needs a person to look at it', 'tix.payment_alarms', report.alarms),
        none('Who only followed the changes saw every seat right', 'the change feed',
            report.feed_differences),
        equal('No money without a ticket or a refund', 'tix.payments, tix.refunds', captured,
            completed + refunded + owed, money),
    ];
}

// More than five hundred texts that mean something to SQL, to a shell, to a parser or to a font,
// and nothing to us.
const from = (first, last) =>
    Array.from({ length: last - first + 1 }, (_, n) => String.fromCodePoint(first + n));

const quotes = ["'", '"', '`', '\u02bc', '\uff07', '\u2019', '\u00b4', "\\'", "''", '$$'];
const attacks = ['', ' OR 1=1 --', ' OR TRUE; --', ';DROP TABLE tix.orders;--',
    ' UNION SELECT/**/NULL--',
    ' AND pg_sleep(9) IS NULL--', ');DELETE FROM tix.users;--',
    '||(SELECT/**/version())||', '::int',
    '/**/OR/**/1=1', ' LIKE \'%', ' AND 1=CAST((SELECT/**/current_user) AS int)--', '; COMMIT; --',
    ';COPY tix.users TO PROGRAM \'id\';--', ' RETURNING *--', ' IS NULL OR \'a\'=\'a',
    ';SET ROLE postgres;--', ';SELECT/**/pg_terminate_backend(pg_backend_pid());--'];

// Values of PostgreSQL's own types, and calls and names of its own.
const sql = ['NULL', 'DEFAULT', 'null', 'true', 't', 'now', 'epoch', 'infinity', '-infinity', 'NaN',
    'today', '{}', '{NULL}', '{a,b}', '{"a","b"}', '{{a},{b}}', '[0:1]={1,2}', '{"a', '()', '(,)',
    '(a,b)',
    '[1,2)', 'empty', '\\x', '\\x41', '\\\\x41', '\\000', 'E\'\\x41\'', 'U&\'\\0041\'', 'B\'1\'',
    '$1', '$2',
    '$body$', '$tag$a$tag$', ':name', '?', '??', '@>', '::regclass', '1::regclass', 'tix.users',
    '"tix"."users"',
    'pg_catalog', 'pg_temp', 'public', 'current_user', 'session_user', 'version()', 'lo_import(1)',
    'pg_read_file(1)', '1e1000', '1_000', '0x10', '0o7', '0b1', '+1', '-0', '00', '1.', '.1', '1,5',
    '2147483648', '-2147483649', '9223372036854775807', '9223372036854775808',
    '-9223372036854775808',
    '99999999999999999999999999999999', '1/0', '--', '-- ', '#', ';', ';;', '/*', '*/', '/* */',
    '/*/*', '\\',
    '\\\\', '\\n', '\\u0027', '%', '%%', '_', '%\'', '\\%', '^.*$', '(a+)+$', '[[:cntrl:]]', '.*',
    '\\copy', '\\q',
    '\\!id', '\\gset', 'BEGIN', 'ROLLBACK', 'DISCARD ALL', 'LISTEN x', 'EXPLAIN',
    'information_schema.tables'];

const others = ['%s%s%s%n', '%x', '%1$s', '{0}', '{{7*7}}', '${7*7}', '#{7*7}', '<%= 7 %>',
    '${jndi:ldap://x}',
    '$(id)', '`id`', '|id', '&& id', '; id', '> /tmp/x', '../../etc/passwd', '..\\..\\x',
    '/etc/passwd',
    'file:///etc/passwd', 'http://127.0.0.1:1/', '//x', 'C:\\x', 'CON', 'NUL', '.htaccess', '=1+1',
    '@SUM(1)',
    '+cmd', '*)(uid=*', '{"$gt":""}', '{"a":1}', '[]', '__proto__', 'constructor', 'toString',
    'hasOwnProperty',
    '<script>alert(1)</script>', '"><img src=x>', '<![CDATA[x]]>', '<!DOCTYPE x>', '&amp;', '&#39;',
    '&lt', '%27',
    '%00', '%0d%0a', '%2e%2e', '%c0%a7', '\\u0000', 'a\tb', 'a\nb', 'a\r\nb', '\r\nX: y', 'a b',
    ' a', 'a ', '  ',
    'undefined', 'None', 'nil', 'false', '0', '-1', '1', 'a@b', 'a@b@c', '@', 'a@[127.0.0.1]',
    '"a b"@c', 'a@b.c\n',
    'mock', 'MOCK', 'stripe', 'TX1.', 'TX1.AAAA', 'eyJhbGciOiJub25lIn0.e30.', 'a.b.c', '..', '.',
    '...', '-', '--help',
    '-rf', 'O\'Brien', 'D\'Arcy "Q" O`Neil', 'Robert\'); DROP TABLE Students;--'];

// Letters that fold, join, turn, hide, or are none.
const unicode = ['\ufeff', '\u200b', '\u200d', '\u200e', '\u200f', '\u202a', '\u202e', '\u2066',
    '\u2069', '\u2028', '\u2029',
    '\u0085', '\u00a0', '\u00ad', '\u034f', '\u061c', '\u115f', '\u180e', '\u2000', '\u2060',
    '\u2063', '\u3000', '\u3164', '\ufff9', '\ufffc',
    '\ufffd', '\ufffe', '\uffff', '\ufdd0', '\ue000', '\u{1fffe}', '\u{f0000}', '\u{10ffff}',
    '\u{e0001}', '\u{e0041}\u{e007f}',
    'İ', 'ı', 'ß', 'ẞ', 'ſ', 'K', 'Å', 'Ω', 'ς', 'ﬁ', 'ŉ', 'ǆ', 'ΐ', 'Ⅷ', '①', '㎏', '½', '٣', '３',
    '௧', '〇', '零', 'é', 'e\u0301',
    'a\u0308\u0323', `a${'\u0301'.repeat(60)}`, '\u0301', '한국', '\u1112\u1161\u11ab', 'أ', 'لا',
    '\ufdfd', 'עברית', 'हिन्दी', 'ก็', '東京',
    '\u{20000}', '\u{2f800}', '\u{1f600}', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
    '\u{1f1e9}\u{1f1ea}', '\u{1f44d}\u{1f3fd}', '☃\ufe0f',
    'а', 'ο', 'раypal', '′', '‚', '“', '”', '‹', '＂', '＇', '＼', '／', '；', '％', '＿', '－－', '‐', '–',
    '—', '―', '−', '⁄', '∕', '․', '‥', '…', '。', '＠',
    '\u0000'.replace('\u0000', '\u2400'), '\u{1d400}', '\u{16fe4}', '\u{1f9ff}', '\u{e0100}', 'Ǆ',
    'ꙮ', '\u{12031}', '⸻', '𒐫'];

const punctuation = [...from(0x21, 0x2f), ...from(0x3a, 0x40), ...from(0x5b, 0x60),
    ...from(0x7b, 0x7e)];
const lengths = [1, 2, 3, 8, 64, 100, 128, 129, 200, 201, 254, 255, 256, 257, 512, 1000, 4096, 4097,
    8000]    .flatMap((size) => ['a'.repeat(size), 'é'.repeat(size / 2 + 1),
    '\u{1f600}'.repeat(size / 4 + 1)]);

export const strings = [...new Set([
    ...quotes.flatMap((quote) => attacks.map((attack) => `x${quote}${attack}`)),
    ...sql, ...others, ...unicode, ...punctuation, ...punctuation.map((one) => `a${one}${one}b`),
    ...from(0x01, 0x1f), '\x7f', ...from(0x80, 0x9f), ...lengths,
])];

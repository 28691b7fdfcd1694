-- Ed25519 and HMAC-SHA-256 give the answers of their standards, and refuse keys of another length.
CREATE FUNCTION hex(bytea) RETURNS text LANGUAGE sql AS $$ SELECT encode($1, 'hex') $$;
CREATE FUNCTION b(text) RETURNS bytea LANGUAGE sql AS $$ SELECT decode($1, 'hex') $$;

-- RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc).
CREATE TEMP TABLE ed25519 (test text, seed bytea, public_key bytea, message bytea, signature bytea);
INSERT INTO ed25519 VALUES
    ('1', b('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'),
     b('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'), '',
     b('e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155'
       '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b')),
    ('2', b('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'),
     b('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'), b('72'),
     b('92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da'
       '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00')),
    ('3', b('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7'),
     b('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025'), b('af82'),
     b('6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac'
       '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a')),
    ('SHA(abc)', b('833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42'),
     b('ec172b93ad5e563f4932c70e1245034c35467ef2efd4d64ebf819683467e2bf2'),
     b('ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a'
       '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f'),
     b('dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589'
       '09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704'));
SELECT test, tix_ed25519_public_key(seed) = public_key AS public_key,
       tix_ed25519_sign(seed, message) = signature AS signature,
       tix_ed25519_verify(public_key, message, signature) AS verified
FROM ed25519;

-- Nothing else verifies: one bit off anywhere, another key, another message.
SELECT count(*) AS forgeries FROM ed25519, generate_series(0, 511) bit
WHERE tix_ed25519_verify(public_key, message,
                         set_bit(signature, bit, 1 - get_bit(signature, bit)));
SELECT count(*) AS forgeries FROM ed25519, generate_series(0, 255) bit
WHERE tix_ed25519_verify(set_bit(public_key, bit, 1 - get_bit(public_key, bit)), message,
                         signature);
SELECT count(*) AS forgeries FROM ed25519 a, ed25519 b
WHERE a.test <> b.test AND tix_ed25519_verify(a.public_key, a.message, b.signature);
SELECT count(*) AS forgeries FROM ed25519
WHERE tix_ed25519_verify(public_key, message || '\x00', signature);
-- A message of any size; the same signature every time.
SELECT tix_ed25519_verify(public_key, long, tix_ed25519_sign(seed, long)) AS verified,
       tix_ed25519_sign(seed, long) = tix_ed25519_sign(seed, long) AS same
FROM ed25519, convert_to(repeat('tix', 1000000), 'UTF8') long WHERE test = '2';

-- RFC 4231, test cases 1 to 4, 6 and 7.
SELECT hex(tix_hmac_sha256(decode(repeat('0b', 20), 'hex'), 'Hi There'));
SELECT hex(tix_hmac_sha256('Jefe', 'what do ya want for nothing?'));
SELECT hex(tix_hmac_sha256(b(repeat('aa', 20)), b(repeat('dd', 50))));
SELECT hex(tix_hmac_sha256(b('0102030405060708090a0b0c0d0e0f10111213141516171819'),
                           b(repeat('cd', 50))));
SELECT hex(tix_hmac_sha256(b(repeat('aa', 131)),
                           'Test Using Larger Than Block-Size Key - Hash Key First'));
SELECT hex(tix_hmac_sha256(b(repeat('aa', 131)),
    'This is a test using a larger than block-size key and a larger than block-size data. The '
    'key needs to be hashed before being used by the HMAC algorithm.'));
-- Known answers of two payment providers' published schemes.
SELECT hex(tix_hmac_sha256('whsec_test',
    '1700000000.{"id":"evt_1","type":"payment_intent.succeeded"}')) AS stripe;
SELECT encode(tix_hmac_sha256('test_channel_secret',
    'test_channel_secret'
    '/v3/payments/2018082512345678910/confirm'
    '{"amount":100,"currency":"TWD"}'
    '44453d45-768e-40e8-8349-748e797c450f'), 'base64') AS linepay;
-- An empty key is a key, whatever the call before had.
SELECT hex(tix_hmac_sha256('', '')) AS empty;

-- Bad input.
SELECT tix_ed25519_sign(''::bytea, 'm');
SELECT tix_ed25519_sign(b(repeat('00', 31)), 'm');
SELECT tix_ed25519_sign(b(repeat('00', 33)), 'm');
SELECT tix_ed25519_sign(b(repeat('00', 10000000)), 'm');
SELECT tix_ed25519_public_key(b(repeat('00', 64)));
SELECT tix_ed25519_verify(b(repeat('00', 31)), 'm', b(repeat('00', 64)));
SELECT tix_ed25519_verify(b(repeat('00', 32)), 'm', b(repeat('00', 63)));
\set VERBOSITY sqlstate
SELECT tix_ed25519_verify(b(repeat('00', 32)), 'm', ''::bytea);
\set VERBOSITY default
-- Bytes that are no point of the curve verify nothing.
SELECT tix_ed25519_verify(b(repeat('ff', 32)), 'm', b(repeat('00', 64)));
SELECT tix_ed25519_sign(NULL, 'm') IS NULL AS a,
       tix_ed25519_sign(b(repeat('00', 32)), NULL) IS NULL AS b,
       tix_ed25519_verify(NULL, NULL, NULL) IS NULL AS c, tix_ed25519_public_key(NULL) IS NULL AS d,
       tix_hmac_sha256(NULL, 'm') IS NULL AS e;
SELECT proname, provolatile, proparallel, proisstrict,
       has_function_privilege('public', oid, 'EXECUTE') AS public FROM pg_proc
WHERE proname IN ('tix_ed25519_sign', 'tix_ed25519_verify', 'tix_ed25519_public_key',
                  'tix_hmac_sha256') ORDER BY 1;
DROP FUNCTION hex, b;

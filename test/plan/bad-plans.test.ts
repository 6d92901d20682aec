import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderFinding } from '../../src/plan/finding.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';

const HEAD = 'version: 1\nname: p\n';
const HOSTS = 'hosts:\n  h1: { address: "https://h1:5986", credentials: { username: u, password: env:P } }\n';
const MEMBERS = 'members: [a]\n';
const KEYS = 'version, name, home, hosts, defaults, limits, members';
const NAMED_KEYS = 'vm, id, on, strategy, recoveryPoint, retry, timeouts, after, start, verify, reverse, rto, critical';
const PROBE_KEYS = 'heartbeat, tcp, http, status, script, args';
const PROBE = 'one of { heartbeat: true }, { tcp: HOST:PORT }, { http: URL, status: 200 }, { script: PATH, args: [] }';
const POINT_IN_TIME = 'now, or a point in time with its zone, such as 2026-03-01T22:00:00+01:00';
const HOST_KEYS =
  'address, transport, auth, credentials, spn, tls, allowUnencrypted, powershell, site, cluster, broker, replicaCertificate, limits';
const TICKET_FORMS = 'for auth negotiate: { username, password } or { username, keytab } or { cache, username }';
const PASSWORD_FORM = '{ username, password }';
const CERTIFICATE_FORM = 'for auth certificate: { certificate, key, passphrase }';
const ADDRESS = 'https://HOST, https://HOST:PORT or https://HOST:PORT/PATH; with transport powershell also dcom://HOST';
const SPN = 'a service principal name, such as HTTP/hv-dr-01.contoso.example or WSMAN/hv-dr-01.contoso.example';
const NAME_OF_VM = 'the name of a machine: text of 1 to 255 characters without control characters';
const HOST_NAME = 'letters, digits, dots, dashes and underscores, at most 63, starting with a letter or digit';
const FINGERPRINT = 'the SHA-256 fingerprint of the certificate: 64 hex digits, with or without colons';
const START_STATE = 'a WMI replication state a failback may start from: 1 to 11 or 15 to 21';

/** What the findings of a plan read like, one a line, without the file's name. */
function findingsOf(text: string): string[] {
  const { plan, findings } = parsePlan(text, 'p.yaml');
  expect(plan === null).toBe(findings.some(({ severity }) => severity === 'error'));
  return findings.map((finding) => renderFinding(finding).replace(/^p\.yaml:/, ''));
}

const atTop = (line: string) => HEAD + HOSTS + MEMBERS + line;
const withHost = (entry: string) => `${HEAD}hosts:\n  h1: ${entry}\n${MEMBERS}`;
const host = (more: string) => withHost(`{ address: "https://h1", credentials: { username: u, password: env:P }, ${more} }`);
const addressed = (address: string) => withHost(`{ address: ${address}, credentials: { username: u, password: env:P } }`);
const credentials = (text: string) => withHost(`{ address: "https://h1", credentials: ${text} }`);
const logOn = (auth: string, text: string) => withHost(`{ address: "https://h1", auth: ${auth}, credentials: ${text} }`);
const powershell = (address: string, more = '') => withHost(`{ address: "${address}", transport: powershell${more && `, ${more}`} }`);
const withDefaults = (text: string) => atTop(`defaults: ${text}`);
const withMember = (text: string) => `${HEAD}${HOSTS}members:\n  - ${text}\n`;

const duration = (min: string, max: string, such: string) =>
  `(valid: a duration from ${min} to ${max}, such as ${such} (units: d, h, m, s, ms))`;

const CASES: Record<string, [text: string, ...findings: string[]][]> = {
  'the file as YAML': [
    ['', '1:1: the file is empty'],
    [' \n\n', '1:1: the file is empty'],
    ['# only this\n', '1:1: the file holds no plan'],
    ['---\n...\n', '1:1: the file holds no plan'],
    ['version: 1\n---\nversion: 1\n', '2:1: a plan is one YAML document'],
    ['version: 1\nhosts:\n\th1: {}\n', '3:1: tabs cannot indent; use spaces'],
    ['version: 1\nname: "p\n', '3:1: a colon, comma, quote or bracket is missing before this place'],
    ['version: 1\nmembers: [a, b\n', '3:1: the indentation is wrong, or a bracket is not closed'],
    ['name: a: b\n', '1:7: a mapping cannot start on this line; quote a value that holds ": "'],
    ['name: @home\n', '1:7: a value that starts with this character must be quoted'],
    ['name: "\\q"\n', '1:8: a backslash in double quotes starts an escape that does not exist; double it, or use single quotes'],
    ['name: *home\n', '1:7: an alias without an anchor before it; quote a value that starts with *'],
    ['name: !home x\n', '1:13: a tag that is not used in plans; quote a value that starts with !'],
    ['? [a]\n: b\n', '1:3: a key must be plain text'],
    ['%YAML 1.1\n---\nversion: 1\n', '1:1: plans are YAML 1.2'],
    ['version: 1\r\nname: "p\r\n', '3:1: a colon, comma, quote or bracket is missing before this place'],
    [`name: ${'x'.repeat(1024 * 1024)}`, '1:1: the file is larger than 1 MiB'],
    [`a: ${'['.repeat(100_000)}`, '1:54: the file is nested too deeply'],
    [`${'- '.repeat(100_000)}`, '1:103: the file is nested too deeply'],
    ['just text\n', '1:1: a plan is a mapping (valid: version, name, hosts, members)'],
    ['- a\n', '1:1: a plan is a mapping (valid: version, name, hosts, members)'],
  ],
  'keys that are there twice': [
    [atTop('name: q\n'), '6:1: "name" is here twice, first in line 2'],
    [withMember('{ vm: a, vm: b }'), '6:14: "vm" is here twice, first in line 6'],
    [
      `${HEAD}hosts:\n  h1: { address: https://a, credentials: { username: u, password: env:P } }\n  h1:\n    address: https://b\n    credentials: { username: u, password: env:P }\n${MEMBERS}`,
      '5:3: "h1" is here twice, first in line 4',
    ],
  ],
  'keys at the top': [
    [HEAD + HOSTS, '1:1: "members" is missing (valid: a list of names, { vm: NAME } and { match: GLOB })'],
    [`version: 2\nname: p\n${HOSTS}${MEMBERS}`, '1:10: this failback does not know version 2 of the plan format (valid: 1)'],
    [`version: "1"\nname: p\n${HOSTS}${MEMBERS}`, '1:10: this failback does not know version "1" of the plan format (valid: 1)'],
    [
      `version: 1\nname:\n${HOSTS}${MEMBERS}`,
      '2:1: "name" has no value (valid: the name of a plan: text of 1 to 100 characters without control characters)',
    ],
    [
      `version: 1\nname: "a\\u0007b"\n${HOSTS}${MEMBERS}`,
      '2:7: the name of a plan holds control characters (valid: the name of a plan: text of 1 to 100 characters without control characters)',
    ],
    [atTop('membres: []\n'), `6:1: unknown key "membres"; did you mean "members"? (valid: ${KEYS})`],
    [atTop('colour: red\n'), `6:1: unknown key "colour" (valid: ${KEYS})`],
    [atTop('<<: {}\n'), `6:1: unknown key "<<" (valid: ${KEYS})`],
    [atTop('retry: { attempts: 3 }\n'), `6:1: "retry" belongs under "defaults" (valid: ${KEYS})`],
    [atTop('limits: { inFlight: 0 }\n'), '6:21: 0 is not valid for "inFlight" (valid: a whole number from 1 to 100000)'],
    [atTop('limits: { inFlight: 100001 }\n'), '6:21: 100001 is not valid for "inFlight" (valid: a whole number from 1 to 100000)'],
    [atTop('limits: { inFlight: 2.5 }\n'), '6:21: 2.5 is not valid for "inFlight" (valid: a whole number from 1 to 100000)'],
    [atTop('limits: 20\n'), '6:9: 20 is not valid for "limits" (valid: a mapping with inFlight)'],
    [`${HEAD}hosts: {}\n${MEMBERS}`, '3:8: at least one host'],
    [`${HEAD}${HOSTS}members: []\n`, '5:10: a list is not valid for "members" (valid: at least one member)'],
    [`${HEAD}${HOSTS}members: a\n`, '5:10: "a" is not valid for "members" (valid: a list of names, { vm: NAME } and { match: GLOB })'],
  ],
  'what comes with a later version': [
    [`${HEAD}${HOSTS}waves:\n  - { name: a, members: [x] }\n`, `5:1: "waves" comes with a later version (valid: ${KEYS})`],
    [atTop('approval: { prompt: x }\n'), `6:1: "approval" comes with a later version (valid: ${KEYS})`],
    [atTop('haltAfterFailures: 1\n'), `6:1: "haltAfterFailures" comes with a later version (valid: ${KEYS})`],
    [withMember("{ match: '*', haltAfterFailures: 1 }"), '6:19: "haltAfterFailures" comes with a later version (valid: match, on, except)'],
  ],
  probes: [
    [
      withDefaults('{ verify: [{ tcp: "a:1" }] }'),
      '6:21: a list of probes belongs under "probes" here (valid: a mapping with stable, within, every and probes)',
    ],
    [withDefaults('{ verify: { tcp: "a:1" } }'), '6:23: "tcp" belongs into the list "probes" (valid: stable, within, every, probes)'],
    [withDefaults('{ verify: { every: 0s } }'), `6:30: 0s is too short ${duration('100ms', '1h', '10s')}`],
    [
      withDefaults('{ verify: { probes: [{ tpc: "a:1" }] } }'),
      `6:32: this probe asks nothing (valid: ${PROBE})`,
      `6:34: unknown key "tpc"; did you mean "tcp"? (valid: ${PROBE_KEYS})`,
    ],
    [
      withMember('{ vm: a, verify: 7 }'),
      '6:22: 7 is not valid for "verify" (valid: a list of probes, or a mapping with stable, within, every and probes)',
    ],
    [withMember('{ vm: a, verify: [] , verfy: 1 }'), `6:27: unknown key "verfy"; did you mean "verify"? (valid: ${NAMED_KEYS})`],
    [withMember('{ vm: a, verify: [{ tcp: a }] }'), '6:30: this is not host:port (valid: host:port, such as sql01.example.net:1433)'],
    [
      withMember('{ vm: a, verify: [{ tcp: "a:65536" }] }'),
      '6:30: this is not host:port (valid: host:port, such as sql01.example.net:1433)',
    ],
    [
      withMember('{ vm: a, verify: [{ http: ftp://a }] }'),
      '6:31: this is not an http:// or https:// address (valid: http://… or https://…, without user name and password)',
    ],
    [
      withMember('{ vm: a, verify: [{ http: "https://u:geheim@a" }] }'),
      '6:31: a probe holds no user name and no password (valid: http://… or https://…, without user name and password)',
    ],
    [
      withMember('{ vm: a, verify: [{ heartbeat: true, tcp: "a:1" }] }'),
      `6:23: heartbeat and tcp are probes of their own (valid: ${PROBE})`,
    ],
    [withMember('{ vm: a, verify: [{ tcp: "a:1", status: 200 }] }'), `6:23: "status" belongs to a probe with "http" (valid: ${PROBE})`],
    [withMember('{ vm: a, verify: [{ tcp: "a:1", args: [x] }] }'), `6:23: "args" belongs to a probe with "script" (valid: ${PROBE})`],
    [withMember('{ vm: a, verify: [{ heartbeat: no }] }'), '6:36: "no" is not valid for "heartbeat" (valid: true)'],
    [
      withMember('{ vm: a, verify: { stble: 1s } }'),
      '6:24: unknown key "stble"; did you mean "stable"? (valid: stable, within, every, probes)',
    ],
    [
      withMember("{ match: '*', verify: [] }"),
      '6:19: "verify" belongs to a member named with "vm"; machines picked by "match" take the plan\'s defaults (valid: match, on, except)',
    ],
  ],
  'the way home between two hosts': [
    [withDefaults('{ strategy: reserve }'), '6:23: "reserve" is not valid for "strategy" (valid: auto, provider or reverse)'],
    [
      withDefaults('{ strategy: reverse }'),
      '6:23: strategy reverse needs to know which site is home (valid: home: SITE at the top of the plan, and site: at its hosts)',
    ],
    [
      withMember('{ vm: a, strategy: reverse }'),
      '6:24: strategy reverse needs to know which site is home (valid: home: SITE at the top of the plan, and site: at its hosts)',
    ],
    [atTop('home: milan\n'), '6:7: no host stands at site "milan" (valid: a site that at least one host names with site:)'],
    [`home: milna\n${host('site: milan')}`, '1:7: no host stands at site "milna"; did you mean "milan"? (valid: milan)'],
    [`home: milan\n${host('site: milan')}`, '1:7: warning: all hosts stand at "milan": no machine can come from another site'],
    [`${host('reverse: {}')}`, `4:79: unknown key "reverse" (valid: ${HOST_KEYS})`],
    [atTop('reverse: {}\n'), `6:1: "reverse" belongs under "defaults" (valid: ${KEYS})`],
    [
      withDefaults('{ reverse: { fistCopy: network } }'),
      '6:24: unknown key "fistCopy"; did you mean "firstCopy"? (valid: firstCopy, copyAt, sync, shutdown, hold, unseen, giveUpExtended)',
    ],
    [withDefaults('{ reverse: { firstCopy: tape } }'), '6:35: "tape" is not valid for "firstCopy" (valid: seeded or network)'],
    [withDefaults('{ reverse: { copyAt: 22:00 } }'), `6:32: this is not a point in time (valid: ${POINT_IN_TIME})`],
    [withDefaults('{ reverse: { copyAt: 2026-03-01T22:00 } }'), `6:32: this is not a point in time (valid: ${POINT_IN_TIME})`],
    [
      withDefaults('{ reverse: { sync: { pending: 64MB } } }'),
      '6:41: "64MB" is not a number of bytes (valid: a number of bytes up to 64TiB, such as 64MiB (units: B, KiB, MiB, GiB, TiB))',
    ],
    [
      withDefaults('{ reverse: { sync: { pending: 65TiB } } }'),
      '6:41: 65TiB is too much (valid: a number of bytes up to 64TiB, such as 64MiB (units: B, KiB, MiB, GiB, TiB))',
    ],
    [withDefaults('{ reverse: { shutdown: { within: 0s } } }'), `6:44: 0s is too short ${duration('1s', '1d', '5m')}`],
    [
      withMember('{ vm: a, reverse: { shutdown: { turnoff: true } } }'),
      '6:37: unknown key "turnoff"; did you mean "turnOff"? (valid: within, turnOff)',
    ],
    [withMember('{ vm: a, rto: soon }'), `6:19: "soon" is not a duration ${duration('1s', '30d', '30m')}`],
    [withMember('{ vm: a, after: { reverse: always } }'), '6:32: "always" is not valid for "reverse" (valid: none, commit or rollback)'],
    [
      `${HEAD}hosts:\n  h1: { address: https://a, credentials: &c { username: u, password: env:P }, cluster: c, site: x }\n  h2: { address: https://b, credentials: *c, cluster: c, site: y }\n${MEMBERS}`,
      '5:3: hosts "h1" and "h2" are nodes of cluster "c", but their sites differ (valid: site: x at both)',
    ],
  ],
  hosts: [
    [withHost('{}'), `4:7: "address" is missing (valid: ${ADDRESS})`, `4:7: "credentials" is missing (valid: ${TICKET_FORMS})`],
    [host('adress: x'), `4:79: unknown key "adress"; did you mean "address"? (valid: ${HOST_KEYS})`],
    [host('limits: { inFlight: 1001 }'), '4:99: 1001 is not valid for "inFlight" (valid: a whole number from 1 to 1000)'],
    [host('allowUnencrypted: yes'), '4:97: "yes" is not valid for "allowUnencrypted" (valid: true or false)'],
    [
      `${HEAD}hosts:\n  "h 1": { address: https://a, credentials: { username: u, password: env:P } }\n${MEMBERS}`,
      `4:3: this name of a host cannot be used (valid: ${HOST_NAME})`,
    ],
    [
      `${HEAD}${HOSTS}  H1: { address: https://a, credentials: { username: u, password: env:P } }\n${MEMBERS}`,
      '5:3: host "H1" differs from "h1" by case only',
    ],
  ],
  addresses: [
    ...(
      [
        ['h1:5986', 'an address starts with https:// or http://'],
        ['ftp://h1', 'an address starts with https:// or http://'],
        ['https://u:geheim@h1', 'an address holds no user name or password; use credentials'],
        ['https://h1/wsman?x=1', 'an address has no query and no fragment'],
        ['"https://"', 'this is not an address of a host'],
        ['"https://h 1"', 'this is not an address of a host'],
        ['"https://h1:x"', 'this is not an address of a host'],
        ['https://h1:0', 'the port of the address is not a number from 1 to 65535'],
        ['https://h1:65536', 'the port of the address is not a number from 1 to 65535'],
        ['https://10.0.0.256', 'the host of the address is neither a DNS name nor an IP address'],
        ['https://10.0.1', 'the host of the address is neither a DNS name nor an IP address'],
        ['"https://[fe80::zz]"', 'the host of the address is neither a DNS name nor an IP address'],
        ['https://-h1', 'the host of the address is neither a DNS name nor an IP address'],
        ['https://h1..net', 'the host of the address is neither a DNS name nor an IP address'],
      ] as const
    ).map(([address, message]): [string, string] => [addressed(address), `4:18: ${message} (valid: ${ADDRESS})`]),
  ],
  credentials: [
    ...['hunter2', '"env:"', 'env:1X', 'env:A-B', '"file:"', '"vault:x"', '"ENV:X"', '12345', '{ x: 1 }', 'true'].map(
      (password): [string, string] => [
        credentials(`{ username: u, password: ${password} }`),
        '4:70: credentials are references: env:NAME or file:PATH (valid: env:NAME or file:PATH)',
      ],
    ),
    [credentials('{ username: u, password: }'), '4:60: "password" has no value (valid: env:NAME or file:PATH)'],
    [
      credentials('{ user: u, password: env:P }'),
      `4:45: "username" is missing (valid: ${TICKET_FORMS})`,
      `4:47: unknown key "user"; did you mean "username"? (valid: username, password, keytab, cache, certificate, key, passphrase)`,
    ],
    [credentials('env:P'), '4:45: this value is not valid for "credentials" (valid: a mapping)'],
    [
      credentials('{ cache: default, passphrase: hunter2 }'),
      `4:63: "passphrase" does not go with auth negotiate (valid: ${TICKET_FORMS})`,
      `4:75: credentials are references: env:NAME or file:PATH (valid: env:NAME or file:PATH)`,
    ],
    [
      host('tls: { fingerprint: "AB:CD" }'),
      `4:99: this is not a SHA-256 fingerprint (the thumbprint Windows shows is SHA-1) (valid: ${FINGERPRINT})`,
    ],
  ],
  'how a host is logged on to': [
    [host('auth: digest'), '4:85: "digest" is not valid for "auth" (valid: negotiate, kerberos, ntlm, basic or certificate)'],
    [host('transport: ssh'), '4:90: "ssh" is not valid for "transport" (valid: wsman or powershell)'],
    [credentials('{}'), `4:45: "username" is missing (valid: ${TICKET_FORMS})`, `4:45: "password" is missing (valid: ${TICKET_FORMS})`],
    [credentials('{ keytab: k }'), `4:45: "username" is missing (valid: ${TICKET_FORMS})`],
    [
      credentials('{ username: u, keytab: k, password: env:P }'),
      `4:60: "password" and "keytab" are credentials of their own (valid: ${TICKET_FORMS})`,
    ],
    [logOn('ntlm', '{ username: u, keytab: k }'), `4:72: "keytab" does not go with auth ntlm (valid: for auth ntlm: ${PASSWORD_FORM})`],
    [logOn('basic', '{ cache: default }'), `4:60: "cache" does not go with auth basic (valid: for auth basic: ${PASSWORD_FORM})`],
    [
      logOn('basic', '{ username: "a:b", password: env:P }'),
      `4:70: an account name for Basic authentication holds no colon (valid: for auth basic: ${PASSWORD_FORM})`,
    ],
    [
      logOn('certificate', '{ username: u, password: env:P }'),
      `4:79: "password" does not go with auth certificate (valid: ${CERTIFICATE_FORM})`,
    ],
    [logOn('certificate', '{ certificate: c }'), `4:64: "key" is missing (valid: ${CERTIFICATE_FORM})`],
    [
      logOn('certificate', '{ username: u, certificate: c, key: k }'),
      `4:66: "username" does not go with auth certificate (valid: ${CERTIFICATE_FORM})`,
    ],
    [host('spn: hv-dr-01'), `4:84: this is not a service principal name (valid: ${SPN})`],
    [host('auth: ntlm, spn: HTTP/h1'), '4:91: spn goes with auth negotiate and kerberos only'],
    [
      host('powershell: { sessions: 9 }'),
      '4:79: powershell goes with transport: powershell only',
      '4:103: 9 is not valid for "sessions" (valid: a whole number from 1 to 8)',
    ],
    [
      withHost('{ address: "http://h1", auth: basic, credentials: { username: u, password: env:P } }'),
      '4:18: http:// sends the password in clear text (valid: https://, another auth, or allowUnencrypted: true for a lab)',
    ],
    [
      withHost('{ address: "http://h1", auth: certificate, credentials: { certificate: c, key: k } }'),
      '4:18: a certificate logs on over TLS only (valid: https://)',
    ],
    ...[
      '{ address: "https://10.0.0.7", auth: kerberos, credentials: { username: u, password: env:P } }',
      '{ address: "http://[fe80::1]", credentials: { cache: default } }',
    ].map((entry): [string, string] => [
      withHost(entry),
      '4:18: Kerberos knows hosts by name, not by IP address (valid: the DNS name of the host, or spn: HTTP/NAME)',
    ]),
    [addressed('dcom://h1'), '4:18: dcom:// is spoken by PowerShell only (valid: https://, or transport: powershell)'],
  ],
  'PowerShell as the way to a host': [
    [powershell('https://h1', 'auth: ntlm'), '4:61: auth ntlm cannot be had with transport powershell (valid: negotiate, kerberos, basic)'],
    [
      powershell('dcom://h1', 'powershell: { configurationName: Failback }'),
      '4:18: dcom:// has no session configurations (valid: https:// or http://, or no configurationName)',
    ],
    [
      powershell('https://h1', "powershell: { configurationName: 'a b' }"),
      '4:88: this is not the name of a session configuration (valid: the name of a session configuration: letters, digits, dots, dashes and underscores)',
    ],
    [powershell('dcom://h1:135'), `4:18: a dcom:// address has no port and no path (valid: ${ADDRESS})`],
    [powershell('https://h1/other'), '4:18: PowerShell asks at /wsman only (valid: an address without a path)'],
    [powershell('dcom://h1', 'auth: basic'), '4:18: dcom:// has no Basic authentication (valid: auth: negotiate or kerberos)'],
    [
      powershell('https://h1', 'credentials: { username: u, keytab: k }'),
      `4:83: "keytab" does not go with auth negotiate (valid: for auth negotiate: ${PASSWORD_FORM})`,
    ],
    [powershell('https://h1', 'spn: HTTP/h1'), '4:55: spn goes with transport wsman only'],
    [powershell('https://h1', 'tls: { ca: ca.pem }'), '4:55: tls goes with transport wsman only: PowerShell trusts whom Windows trusts'],
  ],
  'times, numbers and choices': [
    [withDefaults('{ timeouts: { call: 60 } }'), `6:31: 60 is not valid for "call" ${duration('1s', '10m', '1m')}`],
    [withDefaults('{ timeouts: { call: 5x } }'), `6:31: "5x" is not a duration ${duration('1s', '10m', '1m')}`],
    [withDefaults('{ timeouts: { call: 999ms } }'), `6:31: 999ms is too short ${duration('1s', '10m', '1m')}`],
    [withDefaults('{ timeouts: { call: 601s } }'), `6:31: 601s is too long ${duration('1s', '10m', '1m')}`],
    [withDefaults('{ timeouts: { job: 59s } }'), `6:30: 59s is too short ${duration('1m', '30d', '4h')}`],
    [withDefaults('{ timeouts: { step: 31d } }'), `6:31: 31d is too long ${duration('1m', '30d', '1d')}`],
    [withDefaults('{ timeouts: { doubt: 0s } }'), `6:32: 0s is too short ${duration('1s', '10m', '3s')}`],
    [withDefaults('{ timeouts: { settle: 2h } }'), `6:33: 2h is too long ${duration('1s', '1h', '1m')}`],
    [withDefaults('{ verify: { stable: 2h } }'), `6:31: 2h is too long ${duration('0s', '1h', '10s')}`],
    [withDefaults('{ retry: { delay: 99ms } }'), `6:29: 99ms is too short ${duration('100ms', '1h', '30s')}`],
    [withDefaults('{ retry: { max: 25h } }'), `6:27: 25h is too long ${duration('100ms', '24h', '10m')}`],
    [withDefaults('{ retry: { attempts: 101 } }'), '6:32: 101 is not valid for "attempts" (valid: a whole number from 1 to 100)'],
    [withDefaults('{ retry: { attempts: 1e99 } }'), '6:32: 1e+99 is not valid for "attempts" (valid: a whole number from 1 to 100)'],
    [withDefaults('{ retry: { jitter: 1.1 } }'), '6:30: 1.1 is not valid for "jitter" (valid: a number from 0 to 1)'],
    [withDefaults('{ retry: { jitter: .nan } }'), '6:30: NaN is not valid for "jitter" (valid: a number from 0 to 1)'],
    [withDefaults('{ retry: { backoff: linear } }'), '6:31: "linear" is not valid for "backoff" (valid: exponential or fixed)'],
    [
      withDefaults('{ after: { provider: reverse } }'),
      '6:32: "reverse" is not valid for "provider" (valid: none, commit or commit+reverse)',
    ],
    [withDefaults('{ after: commit }'), '6:20: "commit" is not valid for "after" (valid: a mapping with provider and reverse)'],
    [withDefaults('{ startStates: [] }'), '6:26: a list is not valid for "startStates" (valid: at least one state)'],
    [withDefaults('{ startStates: [6, 13] }'), `6:30: a failback cannot start from state 13 (valid: ${START_STATE})`],
    [withDefaults('{ startStates: [committed] }'), `6:27: "committed" is not valid (valid: ${START_STATE})`],
    [withDefaults('{ start: "no" }'), '6:20: "no" is not valid for "start" (valid: true or false)'],
    [withDefaults('{ retry: { delay: 20m } }'), '6:29: retry.delay (20m) is longer than retry.max (10m)'],
    [withMember('{ vm: a, retry: { max: 10s } }'), '6:28: retry.delay (30s) is longer than retry.max (10s)'],
    [withDefaults('{ timeouts: { job: 2d } }'), '6:30: warning: timeouts.job (2d) is longer than timeouts.step (1d), so it never runs out'],
  ],
  members: [
    [withMember('""'), `6:5: the name of a machine is empty (valid: ${NAME_OF_VM})`],
    [withMember('"a\\tb"'), `6:5: the name of a machine holds control characters (valid: ${NAME_OF_VM})`],
    [withMember('"\\uD83D"'), `6:5: the name of a machine holds control characters (valid: ${NAME_OF_VM})`],
    [
      withMember('007'),
      '6:5: 7 is not valid for a member; quote a name that looks like something else (valid: a name, { vm: NAME } or { match: GLOB })',
    ],
    [withMember('null'), '6:5: an empty value is not valid for a member (valid: a name, { vm: NAME } or { match: GLOB })'],
    [withMember('[a]'), '6:5: a list is not valid for a member (valid: a name, { vm: NAME } or { match: GLOB })'],
    [withMember('{ name: a }'), `6:5: "vm" is missing (valid: ${NAME_OF_VM})`, `6:7: unknown key "name" (valid: ${NAMED_KEYS})`],
    [withMember('{ vm: a, critcal: true }'), `6:14: unknown key "critcal"; did you mean "critical"? (valid: ${NAMED_KEYS})`],
    [withMember('{ vm: a, match: b }'), `6:14: unknown key "match" (valid: ${NAMED_KEYS})`],
    [withMember('{ vm: a, id: 12 }'), '6:18: 12 is not valid for "id" (valid: a GUID such as 6B2F0C7E-0000-4000-8000-00000000CAFE)'],
    [withMember('{ vm: a, id: x }'), '6:18: this is not a GUID (valid: a GUID such as 6B2F0C7E-0000-4000-8000-00000000CAFE)'],
    [
      withMember('{ vm: a, on: h2 }'),
      '4:3: warning: no member can be on host "h1"',
      '6:18: there is no host "h2"; did you mean "h1"? (valid: h1)',
    ],
    [
      withMember('{ match: "*", start: false }'),
      '6:19: "start" belongs to a member named with "vm"; machines picked by "match" take the plan\'s defaults (valid: match, on, except)',
    ],
    [withMember('{ match: "*", except: web }'), '6:27: "web" is not valid for "except" (valid: a list of names or globs)'],
    [withMember('{ match: "*a*b*c*d*" }'), '6:14: a glob has at most 4 stars'],
    [withMember('{ match: "{1..99999}" }'), '6:14: a glob has at most 100 alternatives'],
    [withMember('dc01\n  - DC01'), '7:5: "DC01" is a member already (members[0])'],
    [
      withMember('{ vm: a, id: "{6b2f0c7e-0000-4000-8000-00000000cafe}" }\n  - { vm: a, id: 6B2F0C7E-0000-4000-8000-00000000CAFE }'),
      '7:5: "a" is a member already (members[0])',
    ],
  ],
  'warnings, which leave the plan usable': [
    [
      `${HEAD}${HOSTS}  h2: { address: https://h2, credentials: { username: u, password: env:P } }\nmembers: [{ vm: a, on: h1 }]\n`,
      '5:3: warning: no member can be on host "h2"',
    ],
    [host('auth: basic, allowUnencrypted: true'), '4:92: warning: allowUnencrypted does nothing for an https:// address'],
    [host('allowUnencrypted: true'), '4:79: warning: allowUnencrypted does nothing with auth negotiate: only basic needs it'],
    [
      host('limits: { inFlight: 30 }').replace(MEMBERS, `limits: { inFlight: 20 }\n${MEMBERS}`),
      '4:99: warning: 30 is never reached: limits.inFlight of the plan is 20',
    ],
    [
      withHost('{ address: "http://h1", auth: basic, allowUnencrypted: true, tls: {}, credentials: { username: u, password: env:P } }'),
      '4:68: warning: tls does nothing for an http:// address',
    ],
  ],
};

for (const [group, cases] of Object.entries(CASES)) {
  describe(group, () => {
    it.each(cases.map(([text, ...findings]) => ({ title: text.slice(0, 200).replaceAll('\n', '⏎').slice(-90), text, findings })))(
      '$title',
      ({ text, findings }) => {
        expect(findingsOf(text)).toEqual(findings);
      },
    );
  });
}

describe('all of it at once', () => {
  it('reports every mistake of the sample in the order of the file', () => {
    const found = findingsOf(readFileSync(new URL('../../examples/broken.yaml', import.meta.url), 'utf8'));
    expect(found.map((line) => line.replace(/ \(valid: .*$/, ''))).toEqual([
      '6:14: http:// sends the password in clear text',
      '7:54: credentials are references: env:NAME or file:PATH',
      '10:5: "address" is missing',
      '10:5: unknown key "addres"; did you mean "address"?',
      '11:44: "password" does not go with auth certificate',
      '14:13: strategy reverse needs to know which site is home',
      '15:21: 60 is not valid for "call"',
      '15:30: "4 hours" is not a duration',
      '16:22: 0 is not valid for "attempts"',
      '16:32: retry.delay (1h) is longer than retry.max (10m)',
      '17:25: "inFlight" is here twice, first in line 17',
      '20:22: there is no host "hv-dr-1"; did you mean "hv-dr-01"?',
      '21:5: "DC01" is a member already (members[0])',
      '22:23: "critical" belongs to a member named with "vm"; machines picked by "match" take the plan\'s defaults',
      '23:5: 2024 is not valid for a member; quote a name that looks like something else',
    ]);
  });

  it('lists the first thousand findings and counts the rest', () => {
    const { findings } = parsePlan(`${HEAD}${HOSTS}members:\n${'  - 7\n'.repeat(1500)}`, 'p.yaml');
    expect(findings).toHaveLength(1001);
    expect(findings.at(-1)).toMatchObject({ line: 1005, message: 'and 500 more findings from here on' });
  });

  it('finds the place of a mistake behind an alias, where the text stands', () => {
    const text = `${HEAD}hosts:\n  h1: &h { address: https://a, credentials: { username: u, password: nope } }\n  h2: *h\n${MEMBERS}`;
    const place = '4:70: credentials are references: env:NAME or file:PATH (valid: env:NAME or file:PATH)';
    expect(findingsOf(text)).toEqual([place, place]);
  });

  it('counts lines and columns the same with a byte order mark', () => {
    expect(findingsOf(`\uFEFFversion: 3\nname: p\n${HOSTS}${MEMBERS}`)).toEqual([
      '1:10: this failback does not know version 3 of the plan format (valid: 1)',
    ]);
  });

  it('refuses aliases that stand for too much', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) =>
        `x${i}: &x${i} [${
          i === 0
            ? 'a'
            : Array(10)
                .fill(`*x${i - 1}`)
                .join(', ')
        }]`,
    ).join('\n');
    expect(findingsOf(levels)).toEqual(['1:1: the aliases of the file stand for more than 10000 nodes']);
  });
});

import { describe, expect, test } from 'vitest';
import { GssError, MAJOR } from '../../../../src/gssapi/gss-error.ts';
import { principalOf } from '../../../../src/hyperv/wsman/log-on/kerberos-principal.ts';
import { type Attempt, explain } from '../../../../src/hyperv/wsman/log-on/kerberos-trouble.ts';

const ATTEMPT: Attempt = {
  spn: 'HTTP/hv-dr-01.contoso.example',
  principal: 'svc@CONTOSO.EXAMPLE',
  shows: 'password',
  place: null,
  answered: false,
};
const FAILURE = 13 << 16;
const about = (code: number, attempt: Partial<Attempt> = {}) =>
  explain(new GssError(FAILURE, 0x96_c7_3a_00 + code, 'its own words'), { ...ATTEMPT, ...attempt });

// What a KDC or host of the tests' realm can not be brought to say; Windows can.
test.each([
  [1, 'credentials', 'expired', 'Get-ADUser'],
  [12, 'credentials', 'policy', 'policy'],
  [147, 'credentials', 'not known under this name', 'NAME@REALM'],
  [2, 'host', 'no service', 'setspn -Q HTTP/hv-dr-01.contoso.example'],
  [14, 'host', 'encryption', 'Get-ADComputer hv-dr-01 '],
  [41, 'host', 'can not read a ticket', 'Test-ComputerSecureChannel'],
  [37, 'unavailable', 'clocks', 'w32tm'],
  [33, 'unavailable', 'clocks', 'w32tm'],
  [68, 'unavailable', 'CONTOSO.EXAMPLE is known here', '_kerberos._tcp.CONTOSO.EXAMPLE'],
  [136, 'unavailable', 'configuration', 'krb5.conf'],
  [224, 'unavailable', 'without a realm', 'NAME@REALM'],
])('error %i of Kerberos is %s', (code, trouble, words, remedy) => {
  const error = about(code);
  expect(error).toMatchObject({ trouble, message: expect.stringContaining(words), remedy: expect.stringContaining(remedy) });
  expect(error.message).toContain('(its own words)');
});

test('what can not be opened is a wrong password before the host has answered, and a wrong host after', () => {
  expect(about(31)).toMatchObject({ trouble: 'credentials' });
  expect(about(31, { answered: true })).toMatchObject({ trouble: 'tampered', remedy: expect.stringContaining('setspn') });
});

test('a context that lacks what was asked for is a downgrade', () => {
  expect(explain(new GssError(MAJOR.unavailable, 0, 'lacks'), ATTEMPT)).toMatchObject({ trouble: 'downgrade' });
});

test('an error that nobody has heard of is told as it is', () => {
  expect(explain(new GssError(FAILURE, 42, 'strange'), ATTEMPT)).toMatchObject({
    trouble: 'unavailable',
    message: expect.stringContaining('(strange)'),
  });
});

describe('a user', () => {
  test.each([
    ['svc@contoso.example', 'svc@CONTOSO.EXAMPLE'],
    ['svc@CONTOSO.EXAMPLE', 'svc@CONTOSO.EXAMPLE'],
    ['CONTOSO\\svc', 'svc@CONTOSO'],
    ['contoso.example\\svc', 'svc@CONTOSO.EXAMPLE'],
    ['svc', 'svc'],
    ['mail@contoso.example@ad.contoso.example', 'mail\\@contoso.example@AD.CONTOSO.EXAMPLE'],
    ['contoso\\mail@contoso.example', 'mail\\@contoso.example@CONTOSO'],
    ['HTTP/worker.contoso.example@contoso.example', 'HTTP/worker.contoso.example@CONTOSO.EXAMPLE'],
  ])('%s is the principal %s', (username, principal) => {
    expect(principalOf(username)).toBe(principal);
  });

  test.each(['.\\Administrator', '\\Administrator'])('%s is none of a domain', (username) => {
    expect(() => principalOf(username)).toThrow(expect.objectContaining({ trouble: 'unavailable' }));
  });
});

import { describe, expect, it } from 'vitest';
import type { HostQuirkSettings } from '../../../src/simulator/world/quirks.ts';
import { AWAY, accepted, HOME, pairIn, reverse } from './pair-kit.ts';

/** What the job of a reversal says, with home as a receiver like this; nothing when it succeeds. */
async function reversal(home: HostQuirkSettings, away: HostQuirkSettings = {}, changes: Record<string, string | number> = {}) {
  const pair = pairIn('home-is-replica', {}, { home, away });
  const { test } = pair;
  const point = pair.away.relationship?.primaryConnectionPoint ?? '';
  const settings = test.settings(pair.away, { RecoveryConnectionPoint: point, ...changes });
  const outcome = await accepted(test.replication(pair.away, 'ReverseReplicationRelationship', { ReplicationSettingData: settings }));
  test.advance(5);
  const job = test.job(outcome, AWAY)?.values;
  expect(test.seen(pair.away)).toEqual(job?.JobState === 7 ? [1, 1, 2] : [2, 6, 2]);
  return job?.ErrorDescription;
}

describe('a home host takes a reversal', () => {
  it('only as an enabled Replica server', async () => {
    expect(await reversal({ recoveryServerEnabled: false })).toContain('0x80070005');
  });

  it('only from a server it has an authorization entry for', async () => {
    expect(await reversal({ authorizedPrimaries: [] })).toContain('authorization entry');
    expect(await reversal({ authorizedPrimaries: ['other.example.net'] })).toContain('authorization entry');
    expect(await reversal({ authorizedPrimaries: ['other.example.net', `${AWAY}.Example.net`] })).toBe('');
    expect(await reversal({ authorizedPrimaries: ['*.example.net'] })).toBe('');
  });

  it('shows its authorization entries', () => {
    const { test } = pairIn('committed', {}, { home: { authorizedPrimaries: ['a.example.net', '*.b.example.net'] } });
    const entries = test.all('Msvm_ReplicationAuthorizationSettingData', HOME).map(({ values }) => values.AllowedPrimaryHostSystem);
    expect(entries).toEqual(['a.example.net', '*.b.example.net']);
  });

  it('with a certificate where it wants one: the new sender own, not the one the settings had so far', async () => {
    const home: HostQuirkSettings = { authentication: 'certificate', certificateThumbPrint: 'AA' };
    const away: HostQuirkSettings = { certificateThumbPrint: 'BB' };
    expect(await reversal(home, away)).toContain('0x00002F8F');
    expect(await reversal(home, away, { CertificateThumbPrint: 'BB' })).toBe('');
    expect(await reversal(home, away, { AuthenticationType: 1 })).toContain('0x80090303');
    const { test } = pairIn('committed', {}, { home, away });
    expect(test.all('Msvm_ReplicationServiceSettingData', HOME)[0]?.values).toMatchObject({
      AllowedAuthenticationType: 2,
      CertificateThumbPrint: 'AA',
    });
  });

  it('or refuses the call itself, when the quirk says so', async () => {
    const pair = pairIn('home-is-replica', { quirks: { reverseRefusal: 32775 } }, { home: { authorizedPrimaries: [] } });
    expect((await reverse(pair, pair.away)).returnValue).toBe(32775);
    expect(pair.test.seen(pair.away)).toEqual([2, 6, 2]);
  });

  it('of a failover that is neither planned nor committed only when the quirk says so', async () => {
    const strict = pairIn('failed-over');
    expect((await reverse(strict, strict.away)).returnValue).toBe(32775);
    const lax = pairIn('failed-over', { quirks: { reverseUncommitted: true } });
    await accepted(lax.test.changeState(lax.home, 2));
    lax.test.advance(3);
    await accepted(reverse(lax, lax.away));
  });
});

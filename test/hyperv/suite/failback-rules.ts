import { describe, expect, it } from 'vitest';
import { JobRequestedState, JobState } from '../../../src/domain/cim-job.ts';
import { EnabledState, RequestedState } from '../../../src/domain/power.ts';
import { IN_BOX_PROVIDER, ReplicationState } from '../../../src/domain/replication.ts';
import { failureOf } from '../wsman/hosts.ts';
import { type Access, HOUR, pair, scenes, soon } from './scene.ts';

const NAMES = ['q"uo\'te', '<&>', 'back\\slash\\\\', 'party 🎉 host'];

export function failbackRules(access: Access): void {
  describe('failback by a provider', () => {
    const start = scenes(access);

    it('goes call, job, state 14, start, commit', async () => {
      const scene = await start({ vms: [{ names: NAMES, sizeGB: 40 }] });
      const host = scene.host();
      for (const name of NAMES) {
        const vmId = scene.idOf(name);
        const settings = await scene.settingsOf(name);
        expect(settings.providerId).not.toBe(IN_BOX_PROVIDER);
        const { returnValue, jobId } = await host.initiateFailback({ vmId, settings, recoveryPointIdentifier: null }, soon());
        expect(returnValue).toBe(4096);
        const running = await scene.look(name);
        expect(running.jobsOfVm?.get(vmId)).toEqual([jobId]);
        const job = { jobType: 124, owner: 'hvadmin', errorCode: 0, errorDescription: null, cancellable: true };
        expect(running.jobs.get(jobId ?? '')).toMatchObject(job);
        expect(Date.parse(running.jobs.get(jobId ?? '')?.timeSubmitted ?? '')).toBe(scene.clock.now());
        expect(running.vm?.replication?.state).toBe(ReplicationState.FailbackInProgress);
        scene.clock.advance(2 * HOUR);
        expect((await scene.look(name)).vm?.replication?.state).toBe(ReplicationState.FailbackComplete);
        expect((await host.requestStateChange(vmId, RequestedState.Start, soon())).returnValue).toBe(4096);
        scene.clock.advance(60_000);
        expect((await scene.look(name)).vm?.power).toBe(EnabledState.Running);
        expect([0, 4096]).toContain((await host.commitFailover(vmId, soon())).returnValue);
        scene.clock.advance(60_000);
        expect((await scene.look(name)).vm?.replication?.state).toBe(ReplicationState.Committed);
      }
    });

    it('is not for the in-box provider', async () => {
      const scene = await start(pair({ vms: [{ ...pair().vms?.[0], power: 3 }] }));
      const request = { vmId: scene.idOf('pair'), settings: await scene.settingsOf('pair'), recoveryPointIdentifier: null };
      expect(request.settings.providerId).toBe(IN_BOX_PROVIDER);
      expect((await scene.host().initiateFailback(request, soon())).returnValue).toBe(32770);
    });
  });

  describe('a failback whose call', () => {
    const start = scenes(access);

    it('was lost on the way is told from one whose answer was lost only by looking', async () => {
      const faults = (['before', 'after'] as const).map((drop) => ({ vm: drop, do: { drop } }));
      const scene = await start({ vms: [{ names: ['before', 'after'] }], faults });
      for (const [name, state] of [
        ['before', ReplicationState.Committed],
        ['after', ReplicationState.FailbackInProgress],
      ] as const) {
        const request = { vmId: scene.idOf(name), settings: await scene.settingsOf(name), recoveryPointIdentifier: null };
        const failure = await failureOf(scene.host().initiateFailback(request, soon()));
        expect(failure).toMatchObject({ code: 'host.disconnected', class: 'reconcile', details: { sent: true } });
        expect((await scene.look(name)).vm?.replication?.state).toBe(state);
      }
    });
  });

  describe('a job', () => {
    const start = scenes(access);

    it('that failed says why, and is missed when it is gone', async () => {
      const description = 'Die Verbindung <abgebrochen> & "weg" 🎈';
      const scene = await start({
        vms: [{ names: ['vm'] }],
        faults: [{ do: { jobException: { atPercent: 10, errorCode: 32768, description, hresult: '0x00002EE2' } } }],
      });
      const host = scene.host();
      const request = { vmId: scene.idOf('vm'), settings: await scene.settingsOf('vm'), recoveryPointIdentifier: null };
      const jobId = (await host.initiateFailback(request, soon())).jobId ?? '';
      expect(await host.jobErrors(jobId)).toEqual([]);
      scene.clock.advance(HOUR / 60);
      expect((await scene.look('vm')).jobs.get(jobId)).toMatchObject({ jobState: JobState.Exception, errorCode: 32768 });
      const [error] = await host.jobErrors(jobId);
      expect(error?.message).toContain(description);
      scene.clock.advance(HOUR);
      expect(await failureOf(host.jobErrors(jobId))).toMatchObject({ code: 'job.vanished', class: 'reconcile' });
      expect(await failureOf(host.requestJobStateChange(jobId, JobRequestedState.Terminate, soon()))).toMatchObject({
        code: 'job.vanished',
        details: { sent: false },
      });
    });

    it('can be cancelled', async () => {
      const scene = await start({ vms: [{ names: ['vm'] }] });
      const host = scene.host();
      const request = { vmId: scene.idOf('vm'), settings: await scene.settingsOf('vm'), recoveryPointIdentifier: null };
      const jobId = (await host.initiateFailback(request, soon())).jobId ?? '';
      scene.clock.advance(10_000);
      expect([0, 4096]).toContain((await host.requestJobStateChange(jobId, JobRequestedState.Terminate, soon())).returnValue);
      scene.clock.advance(30_000);
      expect((await scene.look('vm')).jobs.get(jobId)?.jobState).toBe(JobState.Terminated);
    });
  });
}

import { describe, expect, it } from 'vitest';
import { reverseSteps } from '../../machines/reverse-steps.ts';
import { foresee, type Scene } from '../../src/cli/foresee-steps.ts';
import type { VmObservation } from '../../src/domain/observation.ts';
import { type Side, STAGE_NAMES, stageNamed } from '../../src/simulator/world/stage.ts';
import { quickSettings } from '../support/system.ts';

const settings = { ...quickSettings, strategy: 'reverse' } as const;

function seen({ mode, state, health, power, failedOverType }: Side): VmObservation {
  return {
    vmId: '6B2F0C7E-0000-4000-8000-00000000CAFE',
    name: 'vm',
    power,
    operationalStatus: [2],
    healthState: 5,
    mode,
    replication: { state, health, failedOverType, lastReplicationTime: null },
    extended: false,
    testReplica: null,
  };
}

function sceneOf(stage: (typeof STAGE_NAMES)[number]): Scene {
  const { home, away } = stageNamed(stage);
  const hosts = { home: 'hv-b', away: 'hv-a' };
  return { home: seen(home), away: seen(away), hosts, statistics: null, test: null, jobs: { home: [], away: [] } };
}

const ways = STAGE_NAMES.filter((stage) => stage !== 'both-running' && stage !== 'extended');

describe('what is foretold', () => {
  it.each(ways)('from stage %s leaves every step done by its own condition, to the end', (stage) => {
    // Each rung twice: the second one is only skipped when the first has brought it about.
    const twice = reverseSteps(settings).flatMap((step) => (step.lasting ? [step, step] : [step]));
    const { steps, blocked } = foresee(twice, sceneOf(stage), settings);
    expect(blocked).toEqual([]);
    const second = twice.flatMap((step, n) => (step.lasting && twice[n - 1] === step ? [steps[n]] : []));
    expect(second.filter((step) => step?.does !== 'skip')).toEqual([]);
  });

  it('ends where the lifecycle would stop, in the lifecycle’s words', () => {
    const scene = sceneOf('failed-over');
    const { steps, blocked } = foresee(
      reverseSteps(settings),
      { ...scene, home: { ...scene.home, power: 2 }, away: seen(stageNamed('committed').away) },
      settings,
    );
    expect(blocked).toMatchObject([{ step: 'replica', failure: { message: expect.stringContaining('the copy on hv-b is 2 (running)') } }]);
    expect(steps).toHaveLength(reverseSteps(settings).length);
  });

  it('tells an operation that runs from one that is to be begun, and what it would wait for', () => {
    const job = {
      jobId: 'J',
      jobType: 94,
      jobState: 4,
      percentComplete: 5,
      errorCode: 0,
      errorDescription: null,
      timeSubmitted: null,
      owner: null,
      cancellable: true,
    };
    expect(foresee(reverseSteps(settings), sceneOf('copying'), settings)).toMatchObject({ underWay: true, waits: null });
    const busy = { ...sceneOf('failed-over'), jobs: { home: [], away: [job] } };
    expect(foresee(reverseSteps(settings), busy, settings)).toMatchObject({ underWay: false, waits: expect.stringContaining('job J') });
  });
});

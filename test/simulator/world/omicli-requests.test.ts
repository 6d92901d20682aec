import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { type HttpAnswer, payloadOf } from '../wire/client.ts';
import { replayTo } from '../wire/replay.ts';

let simulator: Simulator;
let ids: readonly string[];

beforeAll(async () => {
  const vms = [{ names: ['vm-one'], mode: 0, power: 2 }, { names: ['vm-two'] }, { names: ['other'] }];
  simulator = await startSimulator({ hosts: 1, vms: 0, seed: 1, password: 'Passw0rd!', scenario: { vms } });
  ids = simulator.hosts[0]?.vms.map(({ id }) => id) ?? [];
});
afterAll(() => simulator.close());

/** Replays a request; the recorded machines, host and service become those of this world. */
function replay(name: string): Promise<HttpAnswer> {
  return replayTo(simulator.hosts[0]?.url ?? '', name, (body) =>
    body
      .replace(/6A45A8B4-2B3C-4A61-9B0F-0C000000000(\d)/gi, (_all, nth) => ids[Number(nth) - 1] ?? '')
      .replaceAll('HVHOST1', simulator.hosts[0]?.name ?? '')
      .replace('>vmms<', '>replicasvc<'),
  );
}

describe('omicli’s requests', () => {
  it('enumerate a class', async () => {
    const { status, body } = await replay('omicli-enumerate-class');
    expect(status).toBe(200);
    expect(body.match(/<p:Msvm_ReplicationService /g)).toHaveLength(1);
  });

  it('select properties of replicas', async () => {
    const { body } = await replay('omicli-enumerate-wql');
    expect([...body.matchAll(/<ElementName>([^<]*)</g)].map(([, name]) => name)).toEqual(['vm-two', 'other']);
  });

  it('select by a pattern', async () => {
    const { body } = await replay('omicli-enumerate-wql-like');
    expect([...body.matchAll(/<p:ElementName>([^<]*)</g)].map(([, name]) => name)).toEqual(['vm-one', 'vm-two']);
  });

  it('get a machine', async () => {
    const answer = await replay('omicli-get');
    expect(payloadOf(answer).localName).toBe('Msvm_ComputerSystem');
    expect(answer.body).toContain('<p:ElementName>vm-one</p:ElementName>');
  });

  it('change the state of a machine: a job is started', async () => {
    const { body } = await replay('omicli-invoke-simple');
    expect(body).toMatch(/<p:ReturnValue>4096<\/p:ReturnValue>/);
    expect(body).toMatch(/<w:Selector Name="InstanceID">[0-9A-F-]{36}</);
  });

  it.each(['omicli-invoke-noargs', 'omicli-invoke-epr-embeddedstring'])(
    'cannot fail back, whose arguments name no machine by reference: %s',
    async (name) => {
      const { status, body } = await replay(name);
      expect([status, /<p:ReturnValue>\d+</.exec(body)?.[0]]).toEqual([200, '<p:ReturnValue>32773<']);
    },
  );
});

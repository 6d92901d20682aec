/**
 * The simulated hosts, as a process. Says which hosts there are, and after each order at which host time it was carried out.
 *
 *   hosts-process.js '{ "seed": 1, "speed": 600, "ledgerFile": "…", "scenario": { … } }'
 */
import { type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';

/** `crash`: everything on the host stops, for a time · `restart`: its management service forgets its jobs · `disconnect`: nobody reaches it, for a time. */
export interface HostOrder {
  readonly host: string;
  readonly what: 'crash' | 'restart' | 'disconnect';
  /** Host milliseconds. */
  readonly forMs: number;
}

const { hosts, world } = await startSimulator(JSON.parse(process.argv[2] ?? '{}') as SimulatorOptions);

process.on('message', ({ host: name, what, forMs }: HostOrder) => {
  const at = world.now();
  const happen = (): void => {
    const host = world.host(name);
    if (what === 'crash') host.crash(forMs);
    else if (what === 'restart') host.restartManagementService();
    else host.disconnect(forMs);
    process.send?.({ host: name, what, at: new Date(world.now()).toISOString() });
  };
  world.timeline.schedule(at, happen, { wake: true });
});
process.on('disconnect', () => process.exit());
process.send?.(hosts);

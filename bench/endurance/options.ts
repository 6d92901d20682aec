import { parseArgs } from 'node:util';

export interface EnduranceOptions {
  /** VMs in flight at a time. */
  readonly vms: number;
  /** Host time, hours. */
  readonly hours: number;
  /** Host seconds a second. */
  readonly speed: number;
  readonly hosts: number;
  /** File for a processor profile of the worker, of what is measured; null: none. */
  readonly profile: string | null;
  readonly json: boolean;
}

const USAGE = `npm run endurance -- [options]
  --vms 2000     VMs in flight at a time
  --hours 4      for so long, in host time; then everything that is under way comes home
  --speed 30     host seconds a second
  --hosts 4      over how many simulated hosts they are spread
  --profile FILE write a processor profile of the worker
  --json`;

/** @throws Error with the usage for what can not be understood */
export function readOptions(args: readonly string[]): EnduranceOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      vms: { type: 'string', default: '2000' },
      hours: { type: 'string', default: '4' },
      speed: { type: 'string', default: '30' },
      hosts: { type: 'string', default: '4' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Error(USAGE);
  const number = (name: 'vms' | 'hours' | 'speed' | 'hosts'): number => {
    const value = Number(values[name]);
    if (Number.isFinite(value) && value > 0) return value;
    throw new Error(`--${name} takes numbers above 0, not ${JSON.stringify(values[name])}\n\n${USAGE}`);
  };
  return {
    vms: Math.ceil(number('vms')),
    hours: number('hours'),
    speed: number('speed'),
    hosts: Math.ceil(number('hosts')),
    profile: values.profile ?? null,
    json: values.json,
  };
}

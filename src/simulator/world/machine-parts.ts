import { diskInstanceId } from './instances/storage-instance.ts';
import { AWKWARD_NAMES, machineNames } from './machine-names.ts';
import type { RandomStream } from './random.ts';
import type { VmEntry } from './scenario.ts';
import type { Disk, RecoveryPoint } from './virtual-machine.ts';

const GIGABYTE = 1e9;
const HOUR_MS = 3_600_000;

/** How many machines an entry makes. */
export function countOf(entry: VmEntry): number {
  return entry.count ?? entry.names?.length ?? 1;
}

/** Each name once, compared without regard to case: a second machine of a name gets `-2`. */
export function namesFor(entries: readonly VmEntry[], awkward: boolean): string[] {
  const ordinary = machineNames(entries.reduce((sum, entry) => sum + countOf(entry), 0));
  const taken = new Set<string>();
  let index = 0;
  const pick = (entry: VmEntry, nth: number): string => {
    const own = entry.names?.[nth] ?? (entry.prefix === undefined ? undefined : `${entry.prefix}-${String(nth + 1).padStart(3, '0')}`);
    return own ?? (awkward ? AWKWARD_NAMES[index] : undefined) ?? (ordinary[index] as string);
  };
  return entries.flatMap((entry) =>
    Array.from({ length: countOf(entry) }, (_, nth) => {
      const wanted = pick(entry, nth);
      let name = wanted;
      for (let copy = 2; taken.has(name.toLowerCase()); copy += 1) name = `${wanted}-${copy}`;
      taken.add(name.toLowerCase());
      index += 1;
      return name;
    }),
  );
}

export function disksOf(id: string, name: string, entry: VmEntry, random: RandomStream): Disk[] {
  const count = entry.disks ?? random.between(1, 3);
  const [low, high] = Array.isArray(entry.sizeGB) ? entry.sizeGB : [entry.sizeGB ?? 20, entry.sizeGB ?? 200];
  const total = (low + random.next() * (high - low)) * GIGABYTE;
  const folder = name.replace(/[^\w.-]+/g, '_');
  return Array.from({ length: count }, (_, index) => ({
    path: `D:\\Replica\\${folder}\\${folder}-${index}.vhdx`,
    instanceId: diskInstanceId(id, index),
    sizeBytes: Math.max(512, Math.round(total / count / 512) * 512),
  }));
}

export function recoveryPointsOf(entry: VmEntry, latest: number, random: RandomStream): RecoveryPoint[] {
  return Array.from({ length: entry.recoveryPoints ?? 3 }, (_, index) => ({
    id: random.guid(),
    createdAt: latest - index * HOUR_MS,
    kind: index % 4 === 1 ? ('ApplicationConsistent' as const) : ('Standard' as const),
  }));
}

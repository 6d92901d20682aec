/** What was measured: this many VMs whose jobs take this long, and how. */
export interface Place {
  readonly members: number;
  readonly jobMs: number;
  readonly workers: number;
  readonly appendfsync: 'everysec' | 'always';
  /** A worker was killed in the middle. */
  readonly killed: boolean;
}

export function describe({ members, jobMs, workers, appendfsync, killed }: Place): string {
  const how = `${workers} worker${workers === 1 ? '' : 's'}${killed ? ', killed in the middle' : ''}`;
  return `${members} VMs, jobs of ${jobMs / 1000} s, ${how}, appendfsync ${appendfsync}`;
}

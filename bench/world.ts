/** A VM that is to be brought home. */
export interface BenchVm {
  /** Upper-case GUID. */
  readonly vmId: string;
  readonly name: string;
}

/** A host with the VMs that wait on it. Goes to worker processes as it is. */
export interface BenchHost {
  /** The plan's name of the host. */
  readonly name: string;
  /** URL ending in `/wsman`; nobody listens there unless the kind of host says so. */
  readonly address: string;
  /** What the kind of host needs beside, e.g. credentials. */
  readonly connection: unknown;
  readonly vms: readonly BenchVm[];
}

/** VMs spread evenly over hosts nobody listens for yet. */
export function imaginaryHosts(members: number, hosts: number): readonly BenchHost[] {
  return Array.from({ length: Math.min(hosts, members) }, (_, h) => ({
    name: `bench-${h + 1}`,
    address: `http://bench-${h + 1}.invalid:5985/wsman`,
    connection: null,
    vms: Array.from({ length: Math.ceil((members - h) / hosts) }, (_, n) => {
      const number = n * hosts + h;
      return { vmId: guidOf(number), name: `vm-${String(number + 1).padStart(5, '0')}` };
    }),
  }));
}

function guidOf(number: number): string {
  return `BE4C0000-0000-4000-8000-${number.toString(16).toUpperCase().padStart(12, '0')}`;
}

import type { MemberInput, Strategy } from '../domain/member.ts';

/** Where a member is brought to, and from where: what words about it need to know. */
export interface Place {
  /** The host where it shall run in the end; in a planned failover that of the other site. */
  readonly host: string;
  /** The host of the other copy; null in a strategy that knows only home. */
  readonly partner: string | null;
  readonly strategy: Strategy;
}

export function placeOf({ host, partner, settings }: MemberInput): Place {
  return { host, partner, strategy: settings.strategy };
}

/** "on hv-dr-01", of two hosts "from hv-dr-01 to hv-mi-01". */
export function placeWords({ host, partner }: Pick<Place, 'host' | 'partner'>): string {
  return partner === null ? `on ${host}` : `from ${partner} to ${host}`;
}

/** "hv-dr-01", of two hosts "hv-dr-01 → hv-mi-01". */
export function hostsWords({ host, partner }: Pick<Place, 'host' | 'partner'>): string {
  return partner === null ? host : `${partner} → ${host}`;
}

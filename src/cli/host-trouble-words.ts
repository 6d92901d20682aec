import type { Failure } from '../domain/failure.ts';

/** Why a host can not be used, in one sentence that names the host. Not sanitised. */
export function hostTroubleWords({ host, failure }: { readonly host: string; readonly failure: Pick<Failure, 'message'> }): string {
  return failure.message.toLowerCase().includes(host.toLowerCase()) ? failure.message : `Host ${host}: ${failure.message}`;
}

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { FailbackError } from '../../../domain/failure.ts';
import { GssUnavailable } from '../../../gssapi/gss-error.ts';
import { gssapi } from '../../../gssapi/gssapi.ts';
import type { Identity } from './log-on.ts';

/**
 * Makes sure that this process can ask for tickets at all, where nothing but Kerberos will do: a worker that can not must not begin a call.
 * @throws FailbackError `host.log-on-failed` without the system's library, `secret.missing` for a keytab that can not be read
 */
export async function requireKerberos(host: string, identity: Identity): Promise<void> {
  try {
    await gssapi();
  } catch (error) {
    if (!(error instanceof GssUnavailable)) throw error;
    throw new FailbackError({
      class: 'operator',
      code: 'host.log-on-failed',
      message: `Host ${host} is to be logged on to by Kerberos, which this machine lacks: ${error.message}`,
      remedy: error.remedy,
      details: { host, sent: false },
    });
  }
  if (identity.kind === 'keytab') await requireFile(host, identity.file);
}

async function requireFile(host: string, file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new FailbackError({
      class: 'operator',
      code: 'secret.missing',
      message: `The keytab ${file} for host ${host} can not be read (${errno})`,
      remedy: 'Check the path and its permissions on the machine where the worker runs.',
      details: { host, errno, sent: false },
    });
  }
}

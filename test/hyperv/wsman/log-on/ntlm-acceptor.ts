import {
  directionKeys,
  encipherSessionKey,
  messageIntegrityCode,
  ntowfV2,
  ntProof,
  sessionBaseKey,
  unicode,
} from '../../../../src/hyperv/wsman/log-on/ntlm-keys.ts';
import { NtlmDirection } from '../../../../src/hyperv/wsman/log-on/ntlm-sealing.ts';
import { type AvPair, readTargetInfo } from '../../../../src/hyperv/wsman/log-on/ntlm-target-info.ts';

/** Flags of a challenge of OMI; Windows sends the same. */
export const GRANTED = 0xe28a8235;
export const TIMESTAMP = Buffer.from('d21cc6a18b7add01', 'hex');

const SERVER_CHALLENGE = Buffer.from('0123456789abcdef', 'hex');

/** The pairs that Windows sends, of the host HV1 in the domain EXAMPLE. */
export const HOST_PAIRS: readonly AvPair[] = [
  { id: 2, value: unicode('EXAMPLE') },
  { id: 1, value: unicode('HV1') },
  { id: 4, value: unicode('example.org') },
  { id: 3, value: unicode('hv1.example.org') },
  { id: 7, value: TIMESTAMP },
];

export function challenge({ flags = GRANTED, pairs = HOST_PAIRS }: { flags?: number; pairs?: readonly AvPair[] } = {}): Buffer {
  const info = Buffer.concat(
    [...pairs, { id: 0, value: Buffer.alloc(0) }].flatMap(({ id, value }) => [Buffer.from([id, 0, value.length, 0]), value]),
  );
  const message = Buffer.alloc(56);
  message.write('NTLMSSP\0\x02', 'latin1');
  message.writeUInt32LE(56, 16);
  message.writeUInt32LE(flags, 20);
  SERVER_CHALLENGE.copy(message, 24);
  message.writeUInt16LE(info.length, 40);
  message.writeUInt16LE(info.length, 42);
  message.writeUInt32LE(56, 44);
  return Buffer.concat([message, info]);
}

/** What a host sees in the third message and knows afterwards. */
export interface Accepted {
  readonly user: string;
  readonly domain: string;
  readonly workstation: string;
  readonly flags: number;
  readonly lmResponse: Buffer;
  /** Of the response, behind NTProofStr. */
  readonly time: Buffer;
  readonly clientChallenge: Buffer;
  readonly pairs: readonly AvPair[];
  readonly passwordIsRight: boolean;
  readonly micIsRight: boolean;
  readonly incoming: NtlmDirection;
  readonly outgoing: NtlmDirection;
}

/** The host's half of a log-on. */
export async function accept(password: string, negotiate: Buffer, sent: Buffer, authenticate: Buffer): Promise<Accepted> {
  const field = (at: number) => {
    const start = authenticate.readUInt32LE(at + 4);
    return authenticate.subarray(start, start + authenticate.readUInt16LE(at));
  };
  const [lmResponse, ntResponse, domain, user, workstation] = [
    field(12),
    field(20),
    ...[28, 36, 44].map((at) => field(at).toString('utf16le')),
  ];
  const blob = ntResponse.subarray(16);
  const ntowf = await ntowfV2(password, user ?? '', domain ?? '');
  const proof = ntProof(ntowf, SERVER_CHALLENGE, blob);
  const sessionKey = encipherSessionKey(sessionBaseKey(ntowf, proof), field(52));
  const withoutMic = Buffer.from(authenticate);
  withoutMic.fill(0, 72, 88);
  return {
    user: user ?? '',
    domain: domain ?? '',
    workstation: workstation ?? '',
    flags: authenticate.readUInt32LE(60),
    lmResponse,
    time: blob.subarray(8, 16),
    clientChallenge: blob.subarray(16, 24),
    pairs: readTargetInfo(blob.subarray(28, -4)),
    passwordIsRight: proof.equals(ntResponse.subarray(0, 16)),
    micIsRight: messageIntegrityCode(sessionKey, negotiate, sent, withoutMic).equals(authenticate.subarray(72, 88)),
    incoming: new NtlmDirection(directionKeys(sessionKey, 'client-to-server')),
    outgoing: new NtlmDirection(directionKeys(sessionKey, 'server-to-client')),
  };
}

import { z } from 'zod';
import { checkedText, freeText, wholeNumber } from './schema-values.ts';

const KINDS = ['heartbeat', 'tcp', 'http', 'script'] as const;

const tcpAddress = checkedText('host:port, such as sql01.example.net:1433', (value) => {
  const [, host, port] = /^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})$/.exec(value) ?? [];
  return host !== undefined && Number(port) >= 1 && Number(port) <= 65_535 ? null : 'this is not host:port';
});

const httpUrl = checkedText('http://… or https://…, without user name and password', (value) => {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:\/\//i.test(value)) return 'this is not an http:// or https:// address';
  return url.username === '' && url.password === '' ? null : 'a probe holds no user name and no password';
});

const valid = 'one of { heartbeat: true }, { tcp: HOST:PORT }, { http: URL, status: 200 }, { script: PATH, args: [] }';

/** One question to a started machine. */
export const probe = z
  .strictObject(
    {
      heartbeat: z.literal(true, { error: 'true' }).optional(),
      tcp: tcpAddress.optional(),
      http: httpUrl.optional(),
      status: wholeNumber(100, 599, null).optional().meta({ description: 'With http; default: any below 400.' }),
      script: freeText('the path of a program', 4096)
        .optional()
        .meta({ description: "On the worker's machine; relative to the plan file." }),
      args: z.array(freeText('an argument', 4096), { error: 'a list of arguments' }).optional(),
    },
    { error: valid },
  )
  .superRefine((value, context) => {
    const say = (message: string) => context.addIssue({ code: 'custom', message, params: { valid } });
    const kinds = KINDS.filter((kind) => value[kind] !== undefined);
    if (kinds.length !== 1) say(kinds.length === 0 ? 'this probe asks nothing' : `${kinds.join(' and ')} are probes of their own`);
    else if (value.status !== undefined && value.http === undefined) say('"status" belongs to a probe with "http"');
    else if (value.args !== undefined && value.script === undefined) say('"args" belongs to a probe with "script"');
  });

export type ProbeInput = z.infer<typeof probe>;

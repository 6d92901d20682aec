import { accessRules } from '../suite/access-rules.ts';
import { failbackRules } from '../suite/failback-rules.ts';
import { describeHyperVHost } from '../suite/hyperv-host-suite.ts';
import type { Access } from '../suite/scene.ts';
import { basic, hostAt } from './hosts.ts';
import { accountOf, wayBy } from './ways.ts';

/** Every way to log on that needs nothing but this machine's Node.js. That of Kerberos is in a file of its own. */
const WAYS: Readonly<Record<string, Access>> = {
  'Basic over HTTP': { open: ({ name, url, username, password }) => hostAt(url, { name, logOn: basic(username, password) }) },
  'Basic over TLS': wayBy(
    () => ({ auth: ['basic'], tls: true }),
    (served) => ({ scheme: 'basic', credentials: accountOf(served) }),
  ),
  'NTLM, sealed over HTTP': wayBy(
    () => ({ auth: ['negotiate'] }),
    (served) => ({ scheme: 'ntlm', credentials: accountOf(served) }),
  ),
  'NTLM over TLS': wayBy(
    () => ({ auth: ['negotiate'], tls: true }),
    (served) => ({ scheme: 'ntlm', credentials: accountOf(served) }),
  ),
  'a certificate': wayBy(
    () => ({ auth: ['certificate'], tls: true }),
    ({ clientCertificate = '', clientKey = '' }) => ({
      scheme: 'certificate',
      certificateFile: clientCertificate,
      keyFile: clientKey,
      passphrase: null,
    }),
  ),
};

/** The others are as these are, with other protection. */
const TRIED_WHOLE = ['NTLM, sealed over HTTP', 'a certificate'];

for (const [way, access] of Object.entries(WAYS))
  describeHyperVHost(`WS-Management: ${way}`, access, TRIED_WHOLE.includes(way) ? undefined : [accessRules, failbackRules]);

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { LOOPBACK, listens } from '../../src/redis/local-endpoint.ts';
import type { PemPair } from './certificates.ts';
import { freePorts, guard, until } from './redis-servers.ts';

/** Where packages put servers that a plain user's PATH may lack. */
const PATH = `${process.env.PATH}:/usr/sbin`;
const FOREGROUND = 'foreground = yes\npid =\nsyslog = no\n';
const APACHE_MODULES = '/usr/lib/apache2/modules';

/** A program that others wrote: a plain process with a directory and a port of its own, ended with the test. */
interface Peer {
  readonly program: 'stunnel' | 'nginx' | 'apache2' | 'openssl';
  /** Arguments before the name of the configuration file, if it has one. */
  readonly options: readonly string[];
  readonly configuration: ((directory: string) => string) | null;
  /** On which it shows that it is ready. */
  readonly port: number;
}

/** stunnel ends TLS and hands on what was inside. @returns the port of its own */
export async function stunnelTo(target: number, certificate: PemPair): Promise<number> {
  const [port = 0] = await freePorts(1);
  const configuration = (directory: string) => FOREGROUND + accepting(directory, port, target, certificate);
  await start({ program: 'stunnel', options: [], port, configuration });
  return port;
}

/**
 * Two ends of stunnel that open TLS and close it again, as a proxy does that inspects.
 * @param certificate which it shows
 * @param protocol of TLS that it speaks with its clients; default what OpenSSL does
 * @returns the port of its own
 */
export async function inspectingProxyTo(target: number, certificate: PemPair, protocol?: 'TLSv1.2' | 'TLSv1.3'): Promise<number> {
  const [port = 0, between = 0] = await freePorts(2);
  const only = protocol === undefined ? '' : `sslVersion = ${protocol}\n`;
  const onwards = `[out]\nclient = yes\naccept = ${LOOPBACK}:${between}\nconnect = ${LOOPBACK}:${target}\n`;
  const configuration = (directory: string) => FOREGROUND + accepting(directory, port, between, certificate) + only + onwards;
  await start({ program: 'stunnel', options: [], port, configuration });
  return port;
}

/**
 * nginx ends TLS and asks a server in plain HTTP.
 * @param settings further lines of its server
 * @returns the port of its own
 */
export async function nginxTo(target: number, certificate: PemPair, settings = ''): Promise<number> {
  const [port = 0] = await freePorts(1);
  await start({
    program: 'nginx',
    options: ['-e', 'stderr', '-c'],
    port,
    configuration: (directory) => {
      const { certFile, keyFile } = writePair(directory, certificate);
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((of) => `${of}_temp_path ${directory}/${of};`);
      return `daemon off; master_process off; error_log stderr; pid ${directory}/nginx.pid;
events {}
http {
  access_log off; ${temporary.join(' ')}
  server {
    listen ${LOOPBACK}:${port} ssl; ssl_certificate ${certFile}; ssl_certificate_key ${keyFile};
    ${settings}
    location / { proxy_pass http://${LOOPBACK}:${target}; }
  }
}
`;
    },
  });
  return port;
}

/**
 * Apache ends TLS, wants a client's certificate for `/wsman` only after it has read what is asked for, and hands on whose it was as `X-Client`.
 * It speaks TLS 1.2, which is negotiated anew for that, and 1.3, which has post-handshake authentication.
 * @param clientCa file with the authority of clients, PEM
 * @returns the port of its own
 */
export async function apacheTo(target: number, certificate: PemPair, clientCa: string): Promise<number> {
  const [port = 0] = await freePorts(1);
  await start({
    program: 'apache2',
    options: ['-X', '-f'],
    port,
    configuration: (directory) => {
      const { certFile, keyFile } = writePair(directory, certificate);
      const modules = ['mpm_event', 'authz_core', 'headers', 'proxy', 'proxy_http', 'ssl'];
      return `ServerRoot ${directory}
ServerName ${LOOPBACK}
PidFile ${directory}/apache.pid
ErrorLog ${directory}/log
Listen ${LOOPBACK}:${port}
${modules.map((name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so\n`).join('')}User www-data
Group www-data
SSLEngine on
SSLProtocol +TLSv1.2 +TLSv1.3
SSLCertificateFile ${certFile}
SSLCertificateKeyFile ${keyFile}
SSLCACertificateFile ${clientCa}
RequestHeader set X-Client "%{SSL_CLIENT_S_DN_CN}s"
<Location /wsman>
  SSLVerifyClient require
  SSLVerifyDepth 3
  ProxyPass http://${LOOPBACK}:${target}/wsman
</Location>
`;
    },
  });
  return port;
}

/** OpenSSL's own server wants a client's certificate while TLS is set up; it serves nobody. @returns its port */
export async function opensslServer(certificate: PemPair, protocol: 'TLSv1.2' | 'TLSv1.3', clientCa: string): Promise<number> {
  const [port = 0] = await freePorts(1);
  const { certFile, keyFile } = writePair(mkdtempSync(join(inject('runDirectory'), 'openssl-')), certificate);
  const own = ['-accept', `${LOOPBACK}:${port}`, '-cert', certFile, '-cert_chain', certFile, '-key', keyFile, '-quiet', '-www'];
  const clients = ['-Verify', '3', '-verify_return_error', '-CAfile', clientCa];
  const options = ['s_server', ...own, ...clients, protocol === 'TLSv1.2' ? '-tls1_2' : '-tls1_3'];
  await start({ program: 'openssl', options, port, configuration: null });
  return port;
}

function accepting(directory: string, port: number, target: number, certificate: PemPair): string {
  const { certFile, keyFile } = writePair(directory, certificate);
  return `[in]\naccept = ${LOOPBACK}:${port}\nconnect = ${LOOPBACK}:${target}\ncert = ${certFile}\nkey = ${keyFile}\n`;
}

function writePair(directory: string, { cert, key }: PemPair): { readonly certFile: string; readonly keyFile: string } {
  const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  return { certFile, keyFile };
}

async function start({ program, options, configuration, port }: Peer): Promise<void> {
  const directory = mkdtempSync(join(inject('runDirectory'), `${program}-`));
  const file = join(directory, 'configuration');
  if (configuration !== null) writeFileSync(file, configuration(directory));
  const logFile = join(directory, 'log');
  const log = openSync(logFile, 'a');
  const child = spawn(program, configuration === null ? options : [...options, file], {
    env: { ...process.env, PATH },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  if (child.pid === undefined) throw new Error(`${program} does not start`);
  guard(child, child.pid);
  const gone = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  const ended = gone.then(() => {
    throw new Error(`${program} ended at once: ${readFileSync(logFile, 'utf8')}`);
  });
  await Promise.race([ended, until(`${program} to listen`, () => listens(port))]);
}

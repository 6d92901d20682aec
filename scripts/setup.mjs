// Makes a fresh checkout ready: npm packages, dist/, a Redis or Valkey server. Does what is missing, says so, and nothing twice.
//
//   node scripts/setup.mjs               for `npm start`; with FAILBACK_REDIS_URL set no local server is needed
//   node scripts/setup.mjs --for-tests   for `npm test`; tests start and kill servers of their own, so they always need one
//
// Exit codes: 0 ready, 1 packages or build failed, 2 Node.js is too old, 6 no Redis and no way to install one.
// Needs no terminal and no package; everything is written to stderr.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const PEERS = [
  ...['krb5-kdc', 'krb5-admin-server', 'krb5-user', 'libgssapi-krb5-2', 'gss-ntlmssp', 'faketime'],
  ...['curl', 'python3-winrm', 'python3-gssapi', 'python3-requests-kerberos'],
  ...['stunnel4', 'nginx', 'apache2-bin'],
];
/** Those of them that would start a service of the same name. */
const PEER_SERVICES = new Set(['krb5-kdc', 'krb5-admin-server', 'stunnel4', 'nginx']);

requireNode();
installPackages();
build();
const forTests = process.argv.includes('--for-tests');
if (forTests || !process.env.FAILBACK_REDIS_URL) requireRedis();
if (forTests) {
  installPeers();
  offerPowerShell();
}

function requireNode() {
  if (Number(process.versions.node.split('.')[0]) >= 20) return;
  stop(2, `Node.js 20 or newer is needed, this is ${process.version}; get it from https://nodejs.org`);
}

function installPackages() {
  if (packagesAreCurrent()) return;
  say('installing npm packages (npm install)');
  // Installs what package-lock.json says and leaves it alone. `npm ci` would refuse a lock file that lacks optional packages
  // of other platforms. The development packages build dist/, also where NODE_ENV is production.
  const args = ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund'];
  const npm = process.env.npm_execpath ?? '';
  const done = /npm-cli\.c?js$/.test(npm)
    ? run(process.execPath, [npm, ...args])
    : run('npm', args, { shell: process.platform === 'win32' });
  if (!done) stop(1, 'the npm packages could not be installed; the reason is above');
}

/** Compares package-lock.json with the copy npm keeps of what it installed. */
function packagesAreCurrent() {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = readJson(join(root, 'package-lock.json')).packages;
  const installed = readJson(installedFile).packages;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    const there = installed[path];
    // Packages for other platforms are never installed.
    if (path === '' || (optional && there === undefined)) return true;
    return there?.version === version && there?.integrity === integrity;
  });
}

function build() {
  if (!run(process.execPath, [join(root, 'scripts', 'build.mjs')])) stop(1, 'the build of dist/ failed');
}

function requireRedis() {
  const server = findServer() ?? installServer();
  const { stdout } = spawnSync(server, ['--version'], { encoding: 'utf8' });
  const [, major, minor] = /v=(\d+)\.(\d+)/.exec(stdout ?? '') ?? [];
  if (Number(major) > 6 || (Number(major) === 6 && Number(minor) >= 2)) return;
  stop(
    6,
    `${server} is version ${major ?? '?'}.${minor ?? '?'}, 6.2 or newer is needed; install a newer Redis or Valkey, or set FAILBACK_REDIS_URL`,
  );
}

function findServer() {
  return find('redis-server') ?? find('valkey-server');
}

function installServer() {
  const manager = [
    {
      program: 'apt-get',
      byHand: 'apt-get install redis-server',
      // The package would start a server of its own on port 6379, now and at every boot; only the program is wanted.
      script: aptScript('$install redis-server || $install valkey-server', ['redis-server', 'valkey-server']),
    },
    { program: 'dnf', byHand: 'dnf install valkey', script: 'dnf install -y -q valkey || dnf install -y -q redis' },
    { program: 'apk', byHand: 'apk add valkey', script: 'apk add --no-cache valkey || apk add --no-cache redis' },
    { program: 'brew', byHand: 'brew install redis', script: 'brew install redis', asUser: true },
  ].find(({ program }) => find(program));
  const advice = `install Redis 6.2 or newer or Valkey${manager ? ` (${manager.byHand})` : ''}, or set FAILBACK_REDIS_URL, then run this again`;
  const become = manager && rightsFor(manager);
  if (!become) stop(6, `no redis-server or valkey-server found: ${advice}`);
  say(`installing a Redis server (${[...become, manager.byHand].join(' ')}); it is only started when needed`);
  const [command, ...args] = [...become, 'sh', '-c', manager.script];
  const server = run(command, args) ? findServer() : undefined;
  return server ?? stop(6, `the package manager could not install a Redis server: ${advice}`);
}

/**
 * What others wrote and some tests talk to: a Kerberos realm, an NTLM mechanism, clients of WinRM, servers that end TLS. Where it can not be
 * installed those tests say that they are skipped, and everything else is tested all the same.
 */
function installPeers() {
  if (!find('apt-get') || !find('dpkg-query')) return;
  const missing = missingPackages();
  if (missing.length === 0) return;
  const become = rightsFor({});
  if (become) {
    say(`installing what some tests talk to (${[...become, 'apt-get install', ...missing].join(' ')}); none of it is started`);
    const install = missing.map((name) => `$install ${name} || true`).join('\n');
    const [command, ...args] = [
      ...become,
      'sh',
      '-c',
      aptScript(
        install,
        missing.filter((name) => PEER_SERVICES.has(name)),
      ),
    ];
    run(command, args);
  }
  const left = missingPackages();
  if (left.length > 0) say(`some tests will be skipped without: apt-get install ${left.join(' ')}`);
}

function missingPackages() {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', `\${Package} \${db:Status-Status}\n`, ...PEERS], { encoding: 'utf8' });
  const there = new Set((stdout ?? '').split('\n'));
  return PEERS.filter((name) => !there.has(`${name} installed`));
}

/**
 * A script that installs packages and lets none of them start a service, now or at boot.
 * @param install lines that use `$install`
 * @param services that come with them
 */
function aptScript(install, services) {
  return `set -e
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || true
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
      trap "rm -f $policy" EXIT
      printf '#!/bin/sh\\nexit 101\\n' > $policy
      chmod 755 $policy
    fi
    install='apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120'
    ${install}
    systemctl disable ${services.join(' ')} >/dev/null 2>&1 || true`;
}

/** Tests of PowerShell access say that they are skipped where there is none; with .NET's SDK it is one command to have it. */
function offerPowerShell() {
  const tools = join(root, '.failback', 'tools');
  if (process.env.FAILBACK_TEST_PWSH || find('pwsh') || existsSync(join(tools, process.platform === 'win32' ? 'pwsh.exe' : 'pwsh'))) return;
  if (existsSync(join(homedir(), '.dotnet', 'tools', 'pwsh')) || !find('dotnet')) return;
  say('installing PowerShell for the tests (dotnet tool install --tool-path .failback/tools PowerShell)');
  const done = run('dotnet', ['tool', 'install', '--tool-path', tools, 'PowerShell', '--version', '7.6.9']);
  if (!done) say('PowerShell could not be installed; tests that need it are skipped');
}

/** The words before a command that needs root: none, sudo without a password, or undefined where neither works. */
function rightsFor({ asUser }) {
  if (asUser || process.getuid?.() === 0) return [];
  return find('sudo') && run('sudo', ['-n', 'true'], { stdio: 'ignore' }) ? ['sudo', '-n'] : undefined;
}

function find(program) {
  const more = ['/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/opt/homebrew/bin'];
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...more];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options }).status === 0;
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function stop(code, text) {
  say(text);
  process.exit(code);
}

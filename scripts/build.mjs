// Builds dist/ when a source changed: TypeScript becomes JavaScript, everything else is copied.
// Files are replaced one by one and only when they differ, so a running process never sees half a file.
// Types are not checked here; `npm run types` does that.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = ['src', 'machines', 'workers', 'test/chaos', 'test/fuzz', 'test/support', 'test/hyperv/wsman', 'bench'];
const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/build.mjs'];
const dist = join(root, 'dist');
const stampFile = join(dist, '.stamp');

const sources = folders.flatMap((folder) => filesBelow(join(root, folder)));
const stamp = hashOf([...settings.map((file) => join(root, file)), ...sources]);
if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) process.exit(0);

const staging = `${dist}.${process.pid}`;
try {
  compile();
  for (const file of sources.filter((name) => !name.endsWith('.ts'))) copy(file, join(staging, relative(root, file)));
  replaceWith(staging);
  writeFileSync(stampFile, stamp);
} finally {
  rmSync(staging, { recursive: true, force: true });
}

function compile() {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [compiler, '-p', join(root, 'tsconfig.build.json'), '--noCheck', '--outDir', staging];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    rmSync(staging, { recursive: true, force: true });
    process.exit(1);
  }
}

function replaceWith(fresh) {
  const names = new Set(filesBelow(fresh).map((file) => relative(fresh, file)));
  for (const name of names) {
    const [from, to] = [join(fresh, name), join(dist, name)];
    if (/^src\/bin\/.*\.js$/.test(name.replaceAll('\\', '/'))) chmodSync(from, 0o755);
    if (existsSync(to) && readFileSync(to).equals(readFileSync(from))) continue;
    mkdirSync(dirname(to), { recursive: true });
    renameSync(from, to);
  }
  for (const file of filesBelow(dist)) {
    if (file !== stampFile && !names.has(relative(dist, file))) rmSync(file, { force: true });
  }
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${relative(root, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

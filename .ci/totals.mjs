// Prints "N passed, N failed[, N skipped]" from vitest's JSON report. Exits with 1 when a test failed or none ran.
import { readFileSync } from 'node:fs';

const report = read(process.argv[2]);
const passed = report.numPassedTests ?? 0;
// A file that cannot even be loaded has no failed test of its own.
const broken = (report.testResults ?? []).filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0);
const failed = (report.numFailedTests ?? 0) + broken.length;
const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

/** An empty report when the run ended before it wrote one. */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

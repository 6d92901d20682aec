import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FailbackError } from '../domain/failure.ts';
import { makeDirectory } from '../redis/make-directory.ts';
import { renderCsv } from './render-csv.ts';
import { renderHtml } from './render-html.ts';
import { renderJson } from './render-json.ts';
import { renderMarkdown } from './render-markdown.ts';
import type { RunReport } from './run-report.ts';

const RENDERERS = { html: renderHtml, json: renderJson, md: renderMarkdown, csv: renderCsv } as const;

export type ReportFormat = keyof typeof RENDERERS;
export const REPORT_FORMATS = Object.keys(RENDERERS) as readonly ReportFormat[];

export function renderReport(report: RunReport, format: ReportFormat): string {
  return RENDERERS[format](report);
}

/**
 * Writes a file as a whole: whoever reads it sees the old content or the new one. Folders are made.
 * @throws FailbackError `usage.invalid` when it can not be written
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    makeDirectory(dirname(file), 0o777);
    await writeFile(draft, text);
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `${file} can not be written: ${reason}`;
    throw new FailbackError(
      { class: 'operator', code: 'usage.invalid', message, remedy: 'Check the path and its permissions.' },
      { cause },
    );
  }
}

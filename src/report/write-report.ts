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

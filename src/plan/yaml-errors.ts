import type { ErrorCode } from 'yaml';

/**
 * Our sentences for the parser's error codes. The parser's own messages quote the text around the error, which may be
 * somebody's password; these never do.
 */
const SENTENCES: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias cannot have an anchor or a tag',
  BAD_ALIAS: 'an alias or anchor without a proper name',
  BAD_DIRECTIVE: 'this directive is not used in plans',
  BAD_DQ_ESCAPE: 'a backslash in double quotes starts an escape that does not exist; double it, or use single quotes',
  BAD_INDENT: 'the indentation is wrong, or a bracket is not closed',
  BAD_PROP_ORDER: 'an anchor or tag stands in the wrong place',
  BAD_SCALAR_START: 'a value that starts with this character must be quoted',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping cannot start on this line; quote a value that holds ": "',
  BLOCK_IN_FLOW: 'block style cannot stand inside brackets',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters',
  MISSING_CHAR: 'a colon, comma, quote or bracket is missing before this place',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line, and needs a colon after it',
  MULTIPLE_ANCHORS: 'a node has at most one anchor',
  MULTIPLE_DOCS: 'a plan is one YAML document',
  MULTIPLE_TAGS: 'a node has at most one tag',
  NON_STRING_KEY: 'a key must be plain text',
  RESOURCE_EXHAUSTION: 'the file is too deeply nested',
  TAB_AS_INDENT: 'tabs cannot indent; use spaces',
  UNEXPECTED_TOKEN: 'this does not belong here; quote the value if it is text',
};

/** What to tell the author about a YAML error of this code. */
export function yamlErrorSentence(code: ErrorCode): string {
  return SENTENCES[code] ?? 'this is not YAML';
}

const UNSAFE_IN_TEXT = /[^\t\n -%'-;=?-\uD7FF\uE000-\uFFFD]/;
const UNSAFE_CODE_POINT_IN_TEXT = /[^\t\n -%'-;=?-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const UNSAFE_IN_ATTRIBUTE = /[^ !#-%'-;=?-\uD7FF\uE000-\uFFFD]/;
const UNSAFE_CODE_POINT_IN_ATTRIBUTE = /[^ !#-%'-;=?-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ['\t', '&#x9;'],
  ['\n', '&#xA;'],
  ['\r', '&#xD;'],
]);

/** What XML 1.0 cannot carry (control characters, lone surrogates, U+FFFE, U+FFFF) becomes U+FFFD. */
const escapeCodePoint = (character: string): string => ESCAPES.get(character) ?? '\uFFFD';

/** Element content that a parser reads back unchanged, for every string that is legal in XML; illegal characters become U+FFFD. */
export function escapeText(text: string): string {
  return UNSAFE_IN_TEXT.test(text) ? text.replace(UNSAFE_CODE_POINT_IN_TEXT, escapeCodePoint) : text;
}

/** Like {@link escapeText}, for an attribute value in double quotes. */
export function escapeAttribute(text: string): string {
  return UNSAFE_IN_ATTRIBUTE.test(text) ? text.replace(UNSAFE_CODE_POINT_IN_ATTRIBUTE, escapeCodePoint) : text;
}

/** Keys of the full plan format that this version does not know yet, by place (see `KEYS_BY_PLACE`). */
const LATER_KEYS: Readonly<Record<string, readonly string[]>> = {
  '': ['waves', 'approval', 'haltAfterFailures', 'windows'],
  defaults: ['approval', 'haltAfterFailures'],
  'members.*': ['approval', 'haltAfterFailures', 'wave'],
  'members.*.match': ['approval', 'haltAfterFailures', 'wave'],
};

export function isLaterKey(place: string, key: string): boolean {
  return LATER_KEYS[place]?.includes(key) ?? false;
}

/** Keys of the full plan format that this version does not know yet, by place (see `KEYS_BY_PLACE`). */
const LATER_KEYS: Readonly<Record<string, readonly string[]>> = {
  '': ['waves', 'approval', 'haltAfterFailures', 'windows'],
  'hosts.*': ['certificate', 'domain'],
  defaults: ['approval', 'haltAfterFailures'],
  'members.*': ['approval', 'haltAfterFailures', 'wave'],
  'members.*.match': ['approval', 'haltAfterFailures', 'wave'],
};

/** Values of the full plan format that this version does not know yet, by key. */
const LATER_VALUES: Readonly<Record<string, readonly string[]>> = {
  auth: ['kerberos', 'ntlm', 'negotiate', 'certificate'],
  transport: ['powershell'],
};

export function isLaterKey(place: string, key: string): boolean {
  return LATER_KEYS[place]?.includes(key) ?? false;
}

export function isLaterValue(key: PropertyKey | undefined, value: unknown): boolean {
  return typeof key === 'string' && Object.hasOwn(LATER_VALUES, key) && (LATER_VALUES[key]?.some((later) => later === value) ?? false);
}

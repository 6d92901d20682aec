/** Keys of the full plan format that this version does not know yet, by place (see `KEYS_BY_PLACE`). */
const LATER_KEYS: Readonly<Record<string, readonly string[]>> = {
  '': ['waves', 'approval', 'haltAfterFailures', 'reverse', 'windows'],
  'hosts.*': ['certificate', 'domain'],
  defaults: ['reverse', 'approval', 'haltAfterFailures'],
  'defaults.after': ['reverse'],
  'defaults.verify': ['tcp', 'http', 'script', 'probes'],
  'members.*': ['verify', 'reverse', 'approval', 'haltAfterFailures', 'wave'],
  'members.*.after': ['reverse'],
  'members.*.match': ['verify', 'reverse', 'approval', 'haltAfterFailures', 'wave'],
};

/** Values of the full plan format that this version does not know yet, by key. */
const LATER_VALUES: Readonly<Record<string, readonly string[]>> = {
  strategy: ['reverse'],
  auth: ['kerberos', 'ntlm', 'negotiate', 'certificate'],
  transport: ['powershell'],
};

export function isLaterKey(place: string, key: string): boolean {
  return LATER_KEYS[place]?.includes(key) ?? false;
}

export function isLaterValue(key: PropertyKey | undefined, value: unknown): boolean {
  return typeof key === 'string' && Object.hasOwn(LATER_VALUES, key) && (LATER_VALUES[key]?.some((later) => later === value) ?? false);
}

import { DEFAULT_HOST_QUIRKS } from '../quirks.ts';
import { answer, type Method } from './method.ts';

const LOCAL_MACHINE = 0x8000_0002;
const REPLICATION_KEY = 'software\\microsoft\\windows nt\\currentversion\\virtualization\\replication';
/** ERROR_FILE_NOT_FOUND */
const NOT_FOUND = 2;

/** `StdRegProv.GetDWORDValue`: of the registry there is the limit of transfers, where the host does not keep to Windows' own. */
export const getDwordValue: Method = ({ host, call: { args } }) => {
  const { parallelTransfers } = host.quirks;
  const asked = [Number(args.hDefKey ?? LOCAL_MACHINE), String(args.sSubKeyName).toLowerCase(), String(args.sValueName).toLowerCase()];
  const isLimit = asked.join('|') === [LOCAL_MACHINE, REPLICATION_KEY, 'maximumactivetransfers'].join('|');
  if (!isLimit || parallelTransfers === DEFAULT_HOST_QUIRKS.parallelTransfers) return answer(NOT_FOUND, { uValue: null });
  return answer(0, { uValue: parallelTransfers });
};

import { describe, expect, it } from 'vitest';
import { DEFINITIONS } from '../../machines/definitions.ts';

const { version, upcasts } = DEFINITIONS.failback;
const stored = (value: object | string, touched: boolean) => ({ value: value as string, context: { touched, jobId: 'J', attempt: 2 } });

describe('a failback lifecycle stored by version 1', () => {
  it.each(['checking', 'holding', 'calling', 'backingOff', 'failed'])('that had been at work and is in %s has seen it end', (value) => {
    expect(upcasts[1]?.(stored(value, true))).toEqual({
      value,
      context: { touched: true, jobId: null, attempt: 2, ended: 'operation' },
    });
  });

  it.each(['pending', 'needsOperator', 'quarantined', { tracking: 'going' }, { cancelling: 'ending' }])(
    'that had been at work and is in %j has not',
    (value) => {
      expect(upcasts[1]?.(stored(value, true))).toEqual({ value, context: { touched: true, jobId: 'J', attempt: 2, ended: null } });
    },
  );

  it('that was never at work has seen nothing end', () => {
    expect(upcasts[1]?.(stored('failed', false)).context).toEqual({ touched: false, jobId: 'J', attempt: 2, ended: null });
  });
});

it('every version below the present one can be brought up', () => {
  expect(Object.keys(upcasts).map(Number)).toEqual(Array.from({ length: version - 1 }, (_, n) => n + 1));
});

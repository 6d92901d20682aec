import { describe, expect, test } from 'vitest';
import { textOf } from '../../../src/hyperv/cim/cim-instance.ts';
import { failureOf } from '../wsman/hosts.ts';
import { ask, change, echoes } from './echo.ts';
import { NO_PWSH, PWSH } from './pwsh.ts';

const WORDS = '\u00E4\u65E5\u672C';

describe.skipIf(PWSH === null)(`answers of the script${PWSH === null ? ` (skipped: ${NO_PWSH})` : ''}`, () => {
  const access = echoes()();

  test('keep null, empty, one and many apart, numbers of any size, moments and intervals, references and instances', async () => {
    const [instance] = await ask(access, 'Echo_Types');
    expect(Object.fromEntries(instance?.properties ?? [])).toEqual({
      Nothing: [null],
      Empty: [''],
      Large: ['18446744073709551615'],
      Negative: ['-9223372036854775808'],
      Real: ['1234.5'],
      Yes: ['true'],
      No: ['false'],
      None: [],
      One: ['7'],
      Two: ['a', null],
      Moment: ['2026-11-30T20:15:01.2340000Z'],
      Local: ['2026-01-02T03:04:05.0000000Z'],
      Interval: ['00000012030405.678000:000'],
      Words: [`tab\tquote" back\\slash ${WORDS} \u{1F389} \uD800 \u0000`],
      Friend: [
        {
          className: 'Echo_Friend',
          namespace: 'root/virtualization/v2',
          keys: new Map([
            ['A', 'x'],
            ['B', '7'],
          ]),
        },
      ],
      Inside: [{ className: 'Echo_Inside', properties: new Map([['P', ['q']]]) }],
    });
  });

  test('are found in whatever else is written, and in any code page', async () => {
    for (let round = 0; round < 2; round += 1) {
      const [instance] = await ask(access, 'Echo_Noise');
      expect(instance && textOf(instance, 'Name')).toBe(WORDS);
    }
  });

  test('may be large', async () => {
    const wanted = { namespace: 'root/virtualization/v2', className: 'Echo_Many', properties: ['Name'] };
    const instances = await access.list(wanted, { deadline: performance.now() + 60_000, signal: null });
    expect(instances).toHaveLength(2000);
    expect(Object.fromEntries(instances[1999]?.properties ?? [])).toEqual({ Name: [`vm-2000-${WORDS}`] });
  });

  test('tell of arguments what they became', async () => {
    const machine = { namespace: null, className: 'Msvm_ComputerSystem', keys: new Map([['Name', 'x']]) };
    const result = await change(access, 'Echo', {
      parameters: [
        ['Number', 'uint16', '65535'],
        ['Force', 'boolean', 'false'],
        ['Start', 'datetime', '20261130201501.000000+000'],
        ['Machine', 'reference', machine],
      ],
    });
    expect(Object.fromEntries(result.properties)).toMatchObject({
      Number: ['65535'],
      'type of Number': ['System.UInt16'],
      Force: ['false'],
      'type of Force': ['System.Boolean'],
      Start: ['2026-11-30T20:15:01.0000000Z'],
      'type of Start': ['System.DateTime'],
      Machine: [{ ...machine, namespace: 'root/virtualization/v2' }],
    });
  });

  test('say what failed in numbers, whatever the language', async () => {
    expect(await failureOf(ask(access, 'Echo_Denied'))).toMatchObject({
      code: 'host.forbidden',
      class: 'operator',
      details: { hresult: '0x80041003', native: 2, category: 'PermissionDenied', sent: false },
    });
    expect(await failureOf(ask(access, 'Echo_Gone'))).toMatchObject({ code: 'host.not-found', class: 'reconcile', details: { native: 6 } });
    expect(await failureOf(ask(access, 'Echo_Broken'))).toMatchObject({ code: 'host.fault', class: 'retryable' });
    expect(await failureOf(change(access, 'Fail'))).toMatchObject({
      code: 'host.fault',
      class: 'reconcile',
      message: expect.stringContaining('Kaputt'),
      details: { hresult: '0x80041001', sent: true },
    });
    expect(await failureOf(change(access, 'Refuse'))).toMatchObject({
      code: 'host.forbidden',
      class: 'operator',
      details: { sent: false },
    });
  });
});

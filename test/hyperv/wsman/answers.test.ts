import { describe, expect, it } from 'vitest';
import { integerOf, textOf, textsOf } from '../../../src/hyperv/cim/cim-instance.ts';
import { readMethodResult } from '../../../src/hyperv/cim/method-result.ts';
import { readPage } from '../../../src/hyperv/wsman/enumeration-page.ts';
import { meaningOf, readFault } from '../../../src/hyperv/wsman/soap-fault.ts';
import { readInstance } from '../../../src/hyperv/wsman/wire-instance.ts';
import { descend } from '../../../src/hyperv/xml/xml-reader.ts';
import { recordedEnvelope } from './recordings.ts';

function body(name: string) {
  const element = descend(recordedEnvelope(name), 'Body')?.children[0];
  if (element === undefined) throw new Error(`${name} has no body`);
  return element;
}

describe('enumeration pages of real servers', () => {
  it.each([
    ['omi-enum-wql-op2', 2, true],
    ['omi-enum-plain', 0, false],
    ['omi-pull-10', 2, false],
    ['omi-pull-last', 21, true],
    ['omi-enum-wql-empty', 0, true],
    ['openwsmand-enum', 0, false],
    ['openwsmand-enum-optimized-3', 3, false],
    ['openwsmand-enum-optimized-all', 3, true],
    ['openwsmand-pull-max10', 10, false],
    ['openwsmand-pull-nomax', 1, false],
  ])('%s has %i items, ended: %s', (name, count, ended) => {
    const page = readPage(recordedEnvelope(name));
    expect(page?.items.length).toBe(count);
    expect(page?.ended).toBe(ended);
    if (!ended) expect(page?.context).toMatch(/\S/);
  });

  it.each(['omi', 'openwsmand'])('%s gives the reference of a service with all its keys', (server) => {
    const [item] = readPage(recordedEnvelope(`${server}-enum-EnumerateEPR`))?.items ?? [];
    expect(item?.instance).toBeNull();
    expect(item?.reference?.resourceUri).toMatch(/Msvm_ReplicationService$/);
    expect(item?.reference?.selectors.get('CreationClassName')).toBe('Msvm_ReplicationService');
    expect(item?.reference?.selectors.get('SystemName')).toBe('HVHOST1');
  });

  it.each(['omi', 'openwsmand'])('%s gives object and reference together', (server) => {
    const [item] = readPage(recordedEnvelope(`${server}-enum-EnumerateObjectAndEPR`))?.items ?? [];
    expect(item?.instance?.className).toMatch(/^Msvm_/);
    expect(item?.reference?.selectors.size).toBeGreaterThan(0);
  });

  it('keeps null, empty and repeated values apart', () => {
    const page = readPage(recordedEnvelope('openwsmand-enum-optimized-all'));
    const machine = page?.items[1]?.instance;
    expect(machine?.properties.get('Description')).toEqual([null]);
    expect(machine?.properties.get('StatusDescriptions')).toEqual(['a', '']);
    expect(machine && textOf(machine, 'OnTimeInMilliseconds')).toBe('18446744073709551615');
    const probes = readPage(recordedEnvelope('omi-pull-last'))?.items ?? [];
    expect(probes[2]?.instance && textsOf(probes[2].instance, 'Multi')).toEqual(['one', 'two <&>']);
  });
});

describe('method answers of real servers', () => {
  it.each([
    ['omi-invoke-failback-epr-cdata', { returnValue: 4096, jobId: '0F0F0F0F-0000-4000-8000-000000000001' }],
    ['openwsmand-invoke-epr-cdata', { returnValue: 4096, jobId: '0F0F0F0F-0000-4000-8000-000000000002' }],
    ['omi-invoke-failback-wrong-state', { returnValue: 32775, jobId: null }],
    ['omi-invoke-failback-unknown-vm', { returnValue: 32773, jobId: null }],
  ])('%s', (name, expected) => {
    expect(readMethodResult('hv', 'InitiateFailback', readInstance(body(name)))).toEqual(expected);
  });

  it('reads arrays and nulls by local name whatever the output element is called', () => {
    const arrays = readInstance(body('omi-invoke-arrays'));
    expect([integerOf(arrays, 'ReturnValue'), textOf(arrays, 'TextOut'), textsOf(arrays, 'NumbersOut')]).toEqual([0, 'a&b', ['1', '2']]);
    expect(readInstance(body('omi-invoke-nil')).properties.get('TextOut')).toEqual([null]);
    expect(readInstance(body('omi-invoke-empty')).properties.get('TextOut')).toEqual(['']);
  });

  it('reads characters outside ASCII as they are', () => {
    expect(textOf(readInstance(body('omi-invoke-utf8')), 'TextOut')).toBe('é漢😀 "\'');
  });

  it('reads an interval as its text', () => {
    expect(textOf(readInstance(body('omi-get-job-done')), 'ElapsedTime')).toBe('PT1S');
  });
});

describe('faults of real servers', () => {
  it.each([
    ['omi-invoke-failback-denied', 'host.forbidden', 'operator', true],
    ['omi-invoke-access-denied-provider', 'host.fault', 'retryable', false],
    ['omi-invoke-unknown-method', 'host.fault', 'retryable', false],
    ['omi-get-notfound', 'host.not-found', 'reconcile', true],
    ['omi-get-invalid-selector', 'host.fault', 'retryable', false],
    ['omi-invoke-fail-notfound', 'host.not-found', 'reconcile', true],
    ['openwsmand-invoke-notfound', 'host.not-found', 'reconcile', true],
    ['omi-get-maxenvelope-small', 'host.envelope-too-small', 'operator', false],
    ['omi-enumerate-unknown-ns', 'host.no-hyperv', 'operator', true],
    ['omi-enumerate-unknown-class', 'host.no-hyperv', 'operator', true],
    ['omi-enum-wql-bad', 'host.fault', 'permanent', false],
    ['omi-pull-after-release', 'host.not-found', 'reconcile', true],
    ['openwsmand-get-invalid-selector', 'host.not-found', 'reconcile', true],
    ['openwsmand-get-missing-selector', 'host.fault', 'permanent', true],
    ['openwsmand-get-maxenvelope-tiny', 'host.envelope-too-small', 'operator', false],
    ['openwsmand-get-extra-mustunderstand', 'host.fault', 'permanent', true],
    ['openwsmand-get-unknown-class', 'host.no-hyperv', 'operator', true],
    ['openwsmand-get-notfound', 'host.not-found', 'reconcile', true],
    ['openwsmand-invoke-unknown-method', 'host.fault', 'permanent', true],
    ['openwsmand-enum-bad-dialect', 'host.fault', 'permanent', true],
    ['openwsmand-pull-after-release', 'host.fault', 'retryable', false],
    ['openwsmand-bad-xml', 'host.fault', 'permanent', true],
  ])('%s is %s, class %s, refused: %s', (name, code, failureClass, refused) => {
    const found = readFault(recordedEnvelope(name), (text) => text);
    expect(found).not.toBeNull();
    expect(found && meaningOf(found)).toMatchObject({ code, class: failureClass, refused });
    expect(found?.reason).toMatch(/\S/);
  });

  it('is no fault when the body holds an answer', () => {
    expect(readFault(recordedEnvelope('omi-get'), (text) => text)).toBeNull();
  });
});

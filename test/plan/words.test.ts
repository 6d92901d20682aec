import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/plan/duration.ts';
import { renderPath } from '../../src/plan/finding.ts';
import { compileGlob } from '../../src/plan/name-glob.ts';
import { nearest } from '../../src/plan/nearest.ts';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['10m', 600_000],
    ['4h', 14_400_000],
    ['1h30m', 5_400_000],
    ['2d1h1m1s1ms', 176_461_001],
    ['0s', 0],
    ['90m', 5_400_000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '30', 's', '1.5h', '-1s', '30 s', '1m1h', '1s1s', '1S', '１s', '1h ', '1w'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it('read back as they were written', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e11 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});

describe('globs over names of machines', () => {
  it.each([
    ['*', '.hidden'],
    ['*', 'a/b\\c'],
    ['web?', 'WEB1'],
    ['web[1-3]', 'web2'],
    ['web[!1-3]', 'web4'],
    ['{dc,sql}*', 'SQL01'],
    ['vm{1..3}', 'vm3'],
    ['a/*', 'a/b'],
    ['sql (old)*', 'sql (old) 2'],
    ['!x*', '!xy'],
    ['#x*', '#xy'],
    ['+(a)*', '+(a)b'],
    ['**', 'a/b'],
    ['a\\*b', 'a*b'],
    ['c:\\\\x*', 'c:\\xy'],
    ['web[1]', 'web[1]'],
    ['É*', 'éa'],
  ])('%j takes %j', (glob, name) => {
    expect(compileGlob(glob)(name)).toBe(true);
  });

  it.each([
    ['web?', 'web'],
    ['web?', 'web12'],
    ['web[1-3]', 'web4'],
    ['a\\*b', 'axb'],
    ['!x', 'y'],
    ['+(a)', 'aa'],
    ['web', 'web1'],
  ])('%j leaves out %j', (glob, name) => {
    expect(compileGlob(glob)(name)).toBe(false);
  });

  it.each(['*a*b*c*d*', '{1..101}', '{a,b}{1..60}', 'x'.repeat(201)])('%j is refused', (glob) => {
    expect(() => compileGlob(glob)).toThrow(RangeError);
  });

  it('take the name they are, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (name) => {
        fc.pre(name.split('*').length <= 5 && !name.includes('{'));
        expect(compileGlob(name)(name)).toBe(true);
      }),
    );
  });
});

describe('the nearest word', () => {
  it.each([
    ['membres', 'members'],
    ['HOSTS', 'hosts'],
    ['hsots', 'hosts'],
    ['default', 'defaults'],
    ['mem', 'members'],
    ['colour', null],
    ['x', null],
    ['', null],
  ])('to %j is %j', (word, close) => {
    expect(nearest(word, ['version', 'name', 'hosts', 'defaults', 'members'])).toBe(close);
  });
});

describe('paths', () => {
  it('are written as in code', () => {
    expect(renderPath(['hosts', 'hv.dr', 'tls', 'ca'])).toBe('hosts["hv.dr"].tls.ca');
    expect(renderPath(['members', 2, 'vm'])).toBe('members[2].vm');
    expect(renderPath([])).toBe('');
  });
});

import { beforeEach, expect, test, vi } from 'vitest';

beforeEach(() => {
  vi.resetModules();
});

const ask = () => import('../../src/gssapi/gssapi.ts').then(({ gssapi }) => gssapi());

test('says that koffi is missing', async () => {
  vi.doMock('koffi', () => {
    throw new Error("Cannot find package 'koffi'");
  });
  await expect(ask()).rejects.toMatchObject({
    name: 'GssUnavailable',
    what: 'koffi',
    remedy: expect.stringContaining('npm install koffi'),
  });
});

test('says that the library is missing, and looks again the next time', async () => {
  const load = vi.fn(() => {
    throw new Error('libgssapi_krb5.so.2: cannot open shared object file');
  });
  vi.doMock('koffi', async (original) => {
    const real = await original<typeof import('koffi')>();
    return { ...real, default: { ...real.default, load } };
  });
  const { gssapi } = await import('../../src/gssapi/gssapi.ts');
  for (const times of [1, 2]) {
    await expect(gssapi()).rejects.toMatchObject({
      name: 'GssUnavailable',
      what: 'library',
      message: expect.stringContaining('libgssapi_krb5.so.2'),
      remedy: expect.stringContaining('apt install libgssapi-krb5-2'),
    });
    expect(load).toHaveBeenCalledTimes(times);
  }
});

test('says where there is no such library', async () => {
  const platform = vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin');
  await expect(ask()).rejects.toMatchObject({ name: 'GssUnavailable', what: 'library', message: expect.stringContaining('darwin') });
  platform.mockRestore();
});

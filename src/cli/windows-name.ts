const WINDOWS: readonly (readonly [build: number, name: string])[] = [
  [26_100, 'Windows Server 2025'],
  [20_348, 'Windows Server 2022'],
  [17_763, 'Windows Server 2019'],
  [14_393, 'Windows Server 2016'],
  [9_600, 'Windows Server 2012 R2'],
];

/** "Windows Server 2019 (10.0.17763)". */
export function windowsName(osVersion: string): string {
  const build = Number(osVersion.split('.')[2] ?? 0);
  const name = WINDOWS.find(([least]) => build >= least)?.[1];
  return name === undefined ? `Windows ${osVersion}` : `${name} (${osVersion})`;
}

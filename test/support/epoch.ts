/** How the product recognises a server, from what that says of itself (`INFO`). */
export function epochIn(info: string): string {
  const half = (name: string): string | undefined => new RegExp(`${name}:(\\w{16})`).exec(info)?.[1];
  return `${half('run_id')}-${half('master_replid')}`;
}

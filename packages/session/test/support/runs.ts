/** Where there is an environment, `CWEB_LONG=1` asks for long runs, and `CWEB_SEED` for others than the usual ones. */
const env: Readonly<Record<string, string | undefined>> =
  (globalThis as { readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> } }).process?.env ?? {};

export const isLong: boolean = env.CWEB_LONG === "1";
/** Browsers make keys more slowly. */
export const isBrowser: boolean = "document" in globalThis;

/** Parameters of a property: as many runs as its place allows, always the same ones. */
export function runs(count: number, seed: number): { readonly numRuns: number; readonly seed: number } {
  const numRuns = isLong ? count * 50 : isBrowser ? Math.max(1, Math.round(count / 6)) : count;
  return { numRuns, seed: seed + Number(env.CWEB_SEED ?? 0) };
}

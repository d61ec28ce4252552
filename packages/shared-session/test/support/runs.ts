/** Where there is an environment, `CWEB_LONG=1` asks for long runs, and `CWEB_SEED` for others than the usual ones. */
const env: Readonly<Record<string, string | undefined>> =
  (globalThis as { readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> } }).process?.env ?? {};

export const isLong: boolean = env.CWEB_LONG === "1";
/** Browsers make keys more slowly. */
export const isBrowser: boolean = "document" in globalThis;

/** How many runs there are room for here. */
export const effort = (count: number): number => (isLong ? count * 20 : isBrowser ? Math.max(1, Math.round(count / 25)) : count);

/** Parameters of a property: as many runs as its place allows, always the same ones. */
export function runs(count: number, seed: number): { readonly numRuns: number; readonly seed: number } {
  return { numRuns: effort(count), seed: seed + Number(env.CWEB_SEED ?? 0) };
}

/** Seeds in blocks, so that no single test takes long: [first, behind the last]. */
export function blocks(count: number, size: number, from: number): readonly (readonly [number, number])[] {
  const first = from + Number(env.CWEB_SEED ?? 0) * 1_000_000;
  const whole = effort(count);
  const step = Math.max(1, Math.min(size, whole));
  return Array.from({ length: Math.ceil(whole / step) }, (_, i) => [first + i * step, first + Math.min(whole, (i + 1) * step)] as const);
}

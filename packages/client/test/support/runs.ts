/** Where there is an environment, `CWEB_LONG=1` asks for long runs. */
const env: Readonly<Record<string, string | undefined>> =
  (globalThis as { readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> } }).process?.env ?? {};

export const isLong: boolean = env.CWEB_LONG === "1";
/** Browsers make keys more slowly. */
export const isBrowser: boolean = "document" in globalThis;

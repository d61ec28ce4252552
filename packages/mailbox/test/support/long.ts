/** Whether there is time for the long searches: `CWEB_LONG=1`, in Node only. */
export const isLong: boolean =
  (globalThis as { readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> } }).process?.env?.CWEB_LONG === "1";

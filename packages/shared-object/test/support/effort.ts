const { process } = globalThis as { readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> } };

/** How hard to search: `CWEB_LONG=1` gives Node all the time it wants; a browser repeats only the gist of what Node searches. */
export const effort: "gist" | "usual" | "long" = !process?.env ? "gist" : process.env.CWEB_LONG === "1" ? "long" : "usual";

/** One of three, by effort. */
export const byEffort = <T>(gist: T, usual: T, long: T): T => ({ gist, usual, long })[effort];

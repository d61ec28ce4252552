/** A result: one line of JSON, or of text for people. */
export type Line = { readonly type: string } & Readonly<Record<string, unknown>>;

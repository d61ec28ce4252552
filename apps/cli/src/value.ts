/** Bytes of an application, as a line of JSON has them: text where they are UTF-8, base64 where they are not, null where there are none. */
export function contentOf(bytes: Uint8Array | undefined): { readonly value: string | null } | { readonly payload: string } {
  if (bytes === undefined) return { value: null };
  try {
    return { value: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { payload: Buffer.from(bytes).toString("base64") };
  }
}

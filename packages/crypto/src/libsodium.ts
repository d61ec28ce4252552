import type { CipherSuite } from "./cipher-suite.ts";
import { createCipherSuite } from "./create-cipher-suite.ts";
import { libsodiumProvider } from "./provider/libsodium.ts";

/**
 * The suite over libsodium's WebAssembly, once it is compiled: several times faster than noble in browsers.
 * Rejects with `provider-unavailable` where `libsodium-wrappers` is not installed.
 */
export async function libsodiumSuite(options: { readonly signal?: AbortSignal } = {}): Promise<CipherSuite> {
  options.signal?.throwIfAborted();
  const provider = await libsodiumProvider();
  options.signal?.throwIfAborted();
  return createCipherSuite(provider);
}

import { platformProvider } from "#platform-provider";
import type { CipherSuite } from "../src/cipher-suite.ts";
import { createCipherSuite } from "../src/create-cipher-suite.ts";
import { libsodiumProvider } from "../src/provider/libsodium.ts";
import { nobleProvider } from "../src/provider/noble.ts";
import type { CryptoProvider } from "../src/provider.ts";

/** Every provider that can run here: noble, libsodium, and in Node `node`. */
export const providers: readonly CryptoProvider[] = [
  nobleProvider,
  await libsodiumProvider(),
  ...(platformProvider.name === "noble" ? [] : [platformProvider]),
];

/** For `describe.each`: a name and a provider. */
export const eachProvider: readonly (readonly [string, CryptoProvider])[] = providers.map((provider) => [provider.name, provider]);

export const eachSuite: readonly (readonly [string, CipherSuite])[] = providers.map((provider) => [
  provider.name,
  createCipherSuite(provider),
]);

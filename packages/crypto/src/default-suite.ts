import { platformProvider } from "#platform-provider";
import type { CipherSuite } from "./cipher-suite.ts";
import { createCipherSuite } from "./create-cipher-suite.ts";

/** The suite over the platform's best synchronous provider: `node:crypto` in Node, noble elsewhere. */
export const cipherSuite: CipherSuite = /* @__PURE__ */ createCipherSuite(platformProvider);

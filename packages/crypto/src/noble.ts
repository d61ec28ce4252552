import type { CipherSuite } from "./cipher-suite.ts";
import { createCipherSuite } from "./create-cipher-suite.ts";
import { nobleProvider } from "./provider/noble.ts";

/** The suite in JavaScript alone: runs everywhere. */
export const nobleSuite: CipherSuite = /* @__PURE__ */ createCipherSuite(nobleProvider);

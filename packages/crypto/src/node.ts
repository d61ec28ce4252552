import type { CipherSuite } from "./cipher-suite.ts";
import { createCipherSuite } from "./create-cipher-suite.ts";
import { nodeProvider } from "./provider/node.ts";

/** The suite over `node:crypto`. */
export const nodeSuite: CipherSuite = /* @__PURE__ */ createCipherSuite(nodeProvider);

import { utf8 } from "./bytes.ts";
import { CryptoError } from "./crypto-error.ts";
import { aesSealLabels, chachaSealLabels, deriveLabels, hashLabels, publicNameLabels, signLabels } from "./labels.ts";

export interface LabelPrefixes {
  /** `"cweb/v1/" ‖ label ‖ 00`. SEAL labels are asked for with `seal/` in front. Throws `unknown-label` outside the registry. */
  of(label: string): Uint8Array;
}

/** Every label of the registry, encoded once. */
export function createLabelPrefixes(): LabelPrefixes {
  const sealLabels = [...chachaSealLabels, ...aesSealLabels].map((label) => `seal/${label}`);
  const labels: readonly string[] = [...hashLabels, ...publicNameLabels, ...deriveLabels, ...signLabels, ...sealLabels];
  const encoded = new Map(labels.map((label) => [label, utf8(`cweb/v1/${label}\0`)]));
  return {
    of: (label) => {
      const prefix = encoded.get(label);
      if (prefix === undefined) throw new CryptoError("unknown-label", `not a registered label: ${JSON.stringify(label)}`);
      return prefix;
    },
  };
}

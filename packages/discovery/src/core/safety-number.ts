import { type CipherSuite, compare, concat } from "@cweb/crypto";

const groups = 12;
const sliceBytes = 5;

/**
 * What two people compare: 12 groups of 5 digits, separated by spaces, the same on both sides. Each group is a 40-bit
 * slice modulo 10^5 of a SHA-512 over both 32-byte ids, the smaller first (SPEC §7).
 */
export function safetyNumber(a: Uint8Array, b: Uint8Array, crypto: CipherSuite): string {
  const digest = crypto.safetyHash(compare(a, b) <= 0 ? concat(a, b) : concat(b, a));
  const group = (index: number): string => {
    let value = 0;
    for (const byte of digest.subarray(index * sliceBytes, (index + 1) * sliceBytes)) value = value * 256 + byte;
    return String(value % 100_000).padStart(5, "0");
  };
  return Array.from({ length: groups }, (_, index) => group(index)).join(" ");
}

/** Whether a < b, both little-endian and of one length. Not constant-time: for public values. */
export function isLess(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = a.length - 1; i >= 0; i--) {
    if (a[i] !== b[i]) return (a[i] as number) < (b[i] as number);
  }
  return false;
}

/** p = 2^255 - 19, little-endian. */
export const fieldPrime: Uint8Array = new Uint8Array(32).fill(0xff).with(0, 0xed).with(31, 0x7f);

/** The order of the prime subgroup, 2^252 + 27742317777372353535851937790883648493, little-endian. */
export const groupOrder: Uint8Array = Uint8Array.of(
  ...[0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10],
);

/** The 32 bytes of a small number, and of p minus it. */
export const fieldElement = (small: number): Uint8Array => new Uint8Array(32).with(0, small);
export const negatedFieldElement = (small: number): Uint8Array => fieldPrime.with(0, 0xed - small);

/** SPEC §4. They hold on top of the `maxBytes` of a codec. */
export interface Limits {
  /** Arrays within arrays, the outermost counted. */
  readonly depth: number;
  /** Elements of one array. */
  readonly array: number;
  /** UTF-8 bytes of one string. */
  readonly string: number;
}

export const defaultLimits: Limits = Object.freeze({ depth: 8, array: 65_536, string: 16_384 });

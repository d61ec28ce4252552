/** The only source of randomness of every Cweb package. */
export interface Random {
  /** `length` unpredictable bytes, freshly allocated. */
  bytes(length: number): Uint8Array;
}

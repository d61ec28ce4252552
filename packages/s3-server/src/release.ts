interface Transferable {
  /** ES2024. */
  transfer?(length: number): ArrayBuffer;
}

/**
 * Gives the memory of arrays back that nobody else holds, and that no pending operation reads or fills: left to the garbage collector it costs as
 * much as reading what was in it. Views of something larger are left as they are.
 */
export function release(...arrays: readonly Uint8Array[]): void {
  for (const { buffer, byteLength } of arrays) {
    if (byteLength > 0 && byteLength === buffer.byteLength) (buffer as Transferable).transfer?.(0);
  }
}

import { crc32 } from "node:zlib";

/** What a forger makes of a card: the same Id, another storage. The layout is that of discovery's SPEC: [1, id, profile, minSeq]. */
export function encodeCard(card: string, profile: Uint8Array): string {
  const whole = Buffer.from(card.slice("cweb:".length), "base64url");
  const id = whole.subarray(2, 36);
  const rest = Buffer.from([0xc4, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
  const body = Buffer.concat([Buffer.from([0x94, 1]), id, Buffer.from([0xc4, profile.length]), profile, rest]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return `cweb:${Buffer.concat([body, sum]).toString("base64url")}`;
}

import { PeerError } from "../peer-error.ts";

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The text of a 16-byte message id: the form of a UUID, in lower case. */
export function formatMessageId(id: Uint8Array): string {
  const hex = Array.from(id, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export const isMessageId = (text: string): boolean => pattern.test(text);

/** Its 16 bytes. Throws `PeerError` `bad-message-id` for anything but 8-4-4-4-12 hexadecimal digits. */
export function parseMessageId(text: string): Uint8Array {
  if (!isMessageId(text)) throw new PeerError("bad-message-id", "A message id is a UUID, such as 6f1c1f0a-9d3e-4b7a-8c55-0d1e2f3a4b5c.");
  const hex = text.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

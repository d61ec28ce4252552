import { bytes, type Codec, codec, struct, type TypeOf } from "@cweb/serialization";
import { signedMessageType } from "./message.ts";

const evidenceType = struct({ gspk: bytes(32), first: signedMessageType, second: signedMessageType });
/** Two messages under one key for one place: whoever knows that key's epoch can check it. */
export type Evidence = TypeOf<typeof evidenceType>;
export const evidenceCodec: Codec<Evidence> = codec(evidenceType, { maxBytes: 130 * 1024 });

import { type CipherSuite, pad, type Random, sealOverhead, sizeClass, sizeClasses, unpad } from "@cweb/crypto";
import { tryDecode } from "../wire/decode.ts";
import { roomKinds } from "../wire/kinds.ts";
import { messageCodec, type RoomMessage, type SignedMessage, signedMessageCodec } from "../wire/message.ts";
import { type MessageHash, toMessageHash } from "./ids.ts";
import { maxMessageBytes } from "./limits.ts";

/** B, with its signature and its id. */
export interface OpenedMessage {
  readonly message: RoomMessage;
  readonly signed: SignedMessage;
  readonly messageId: MessageHash;
}

export const messageIdOf = (crypto: CipherSuite, body: Uint8Array): MessageHash => toMessageHash(crypto.hash("ss/id", body));

/** Reads B; its signature is not looked at. `undefined` where it is not one, or longer than its kind may be. */
export function readMessage(crypto: CipherSuite, signed: SignedMessage): OpenedMessage | undefined {
  const message = tryDecode(messageCodec, signed.body);
  if (!message || (message.kind !== roomKinds.copy.number && signed.body.length > maxMessageBytes)) return undefined;
  return { message, signed, messageId: messageIdOf(crypto, signed.body) };
}

export function signMessage(crypto: CipherSuite, signingSeed: Uint8Array, message: RoomMessage): OpenedMessage {
  const body = messageCodec.encode(message);
  const signed = { body, signature: crypto.ed25519.sign(signingSeed, "ss/sig", body) };
  return { message, signed, messageId: messageIdOf(crypto, body) };
}

/** The object of a message; its length is one of five. */
export function sealMessage(
  crypto: CipherSuite,
  random: Random,
  { messageKey, associatedData }: { readonly messageKey: Uint8Array; readonly associatedData: Uint8Array },
  signed: SignedMessage,
): Uint8Array {
  const inner = signedMessageCodec.encode(signed);
  const size = sizeClass(inner.length + 4 + sealOverhead) as number;
  return crypto.seal("ss/msg", messageKey, associatedData, pad(inner, size - sealOverhead), random);
}

export function openMessage(
  crypto: CipherSuite,
  { messageKey, associatedData }: { readonly messageKey: Uint8Array; readonly associatedData: Uint8Array },
  object: Uint8Array,
): OpenedMessage | undefined {
  if (!sizeClasses.includes(object.length)) return undefined;
  const padded = crypto.open("ss/msg", messageKey, associatedData, object);
  const inner = padded && unpad(padded);
  const signed = inner && tryDecode(signedMessageCodec, inner);
  return signed && readMessage(crypto, signed);
}

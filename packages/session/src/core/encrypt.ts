import { type CipherSuite, concat, type PqxdhResult, pad, type Random, secret, sizeClass, u32 } from "@cweb/crypto";
import { type ChainHeader, encodeHeader, encodeInitialHeader, type Header, headerLength } from "../wire/header.ts";
import {
  bodyRoom,
  direction,
  initialKeys,
  messageKeyOf,
  nextChainKey,
  noCiphertext,
  rootStep,
  sealOverhead,
  zero32,
} from "./key-schedule.ts";
import type { ActiveChain, RatchetState, SendingChain } from "./ratchet-state.ts";

export interface RatchetTools {
  readonly crypto: CipherSuite;
  readonly random: Random;
}

/** The initiator's state, before its message 0. `signedPrekey` is the responder's, 32 bytes. */
export function initiateRatchet(crypto: CipherSuite, handshake: PqxdhResult, signedPrekey: Uint8Array): RatchetState {
  const keys = initialKeys(crypto, handshake.sharedKey, handshake.sessionId);
  return {
    sessionId: handshake.sessionId,
    role: "initiator",
    rootKey: keys.root,
    nextSending: keys.initiator,
    nextReceiving: keys.responder,
    sending: { kind: "due", remoteKey: signedPrekey, remoteKemKey: undefined, previous: undefined },
    receiving: undefined,
    skipped: new Map(),
  };
}

/** The deferred half of the ratchet step: fresh keys, and the root key moves. Throws where the peer's keys, once accepted, do not agree. */
function beginChain(
  state: RatchetState,
  due: Extract<SendingChain, { kind: "due" }>,
  { crypto, random }: RatchetTools,
): { state: RatchetState; active: ActiveChain } {
  const ratchet = crypto.x25519.generate(random);
  const kem = crypto.mlKem768.generate(random);
  const dh = crypto.x25519.agree(ratchet.privateKey, due.remoteKey);
  const encapsulated = due.remoteKemKey
    ? crypto.mlKem768.encapsulate(due.remoteKemKey, random)
    : { ciphertext: noCiphertext, sharedSecret: secret(zero32) };
  if (!dh || !encapsulated) throw new RangeError("the peer's ratchet keys were accepted but do not agree");
  const header: ChainHeader = {
    ratchetKey: ratchet.publicKey,
    kemKey: kem.publicKey,
    ciphertext: encapsulated.ciphertext,
    previousLength: due.previous?.length ?? 0,
  };
  const { root, chain, next } = rootStep(crypto, state.rootKey, dh, encapsulated.sharedSecret, header);
  const active: ActiveChain = { kind: "active", keys: state.nextSending, chainKey: chain, header, ratchet, kem, n: 0 };
  return { state: { ...state, rootKey: root, nextSending: next, sending: active }, active };
}

/** The name of the next message that this state would send; `undefined` where it stands in the slot. */
export function ownNextName(crypto: CipherSuite, { sending, nextSending, role }: RatchetState): string | undefined {
  if (sending.kind === "active") return crypto.name(sending.keys.nameKey, u32(sending.n));
  if (sending.previous) return crypto.name(sending.previous.nameKey, u32(sending.previous.length));
  return role === "initiator" ? undefined : crypto.name(nextSending.nameKey, u32(0));
}

export interface Encrypted {
  readonly state: RatchetState;
  /** Where the object stands; `undefined` for the initiator's message 0. */
  readonly name: string | undefined;
  /** 4, 8, 16, 32 or 64 KiB; message 0 in the slot is not padded. */
  readonly object: Uint8Array;
  readonly consumed: readonly Uint8Array[];
}

/** Encrypts one body. Throws `RangeError` for one that does not fit 64 KiB. */
export function encrypt(state: RatchetState, body: Uint8Array, tools: RatchetTools): Encrypted {
  const { crypto, random } = tools;
  const name = ownNextName(crypto, state);
  const begun = state.sending.kind === "due" ? beginChain(state, state.sending, tools) : { state, active: state.sending };
  const { active } = begun;
  const messageKey = messageKeyOf(crypto, active.chainKey);
  const header: Header = { chain: active.header, n: active.n };
  const context = concat(state.sessionId, direction(state.role));
  const encoded = name === undefined ? encodeInitialHeader(header) : encodeHeader(header);
  const sealedHeader = crypto.seal("dr/hdr", active.keys.headerKey, context, encoded, random);
  const plain = name === undefined ? body : padded(body);
  const sealedBody = crypto.seal("dr/msg", messageKey, concat(context, sealedHeader), plain, random);
  const sending = { ...active, chainKey: nextChainKey(crypto, active.chainKey), n: active.n + 1 };
  const consumed = [messageKey, active.chainKey, ...(begun.state === state ? [] : [state.rootKey])];
  return { state: { ...begun.state, sending }, name, object: concat(sealedHeader, sealedBody), consumed };
}

function padded(body: Uint8Array): Uint8Array {
  const size = sizeClass(body.length + headerLength + 2 * sealOverhead + 4);
  if (size === undefined) throw new RangeError("a message body does not fit 64 KiB");
  return pad(body, bodyRoom(size) + 4);
}

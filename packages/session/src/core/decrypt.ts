import { type CipherSuite, concat, equal, type PqxdhResult, type Secret, sizeClass, u32, unpad } from "@cweb/crypto";
import { type ChainHeader, decodeHeader, decodeInitialHeader, type Header } from "../wire/header.ts";
import type { RatchetTools } from "./encrypt.ts";
import {
  direction,
  fingerprintOf,
  initialKeys,
  messageKeyOf,
  nextChainKey,
  rootStep,
  sealedHeaderLength,
  sealedInitialHeaderLength,
  zero32,
} from "./key-schedule.ts";
import { maxSkipped, maxSkippedInChain } from "./limits.ts";
import type { ActiveChain, RatchetState, ReceivingChain, SkippedKey } from "./ratchet-state.ts";

/** Where the peer's next message stands, if it has sent one. */
export function expectedName(crypto: CipherSuite, { receiving, nextReceiving }: RatchetState): string {
  return receiving ? crypto.name(receiving.keys.nameKey, u32(receiving.n)) : crypto.name(nextReceiving.nameKey, u32(0));
}

/** Names beyond the expected one under which a message may stand after a loss: `inChain` in the current chain, `inNext` in the next. */
export function namesAhead(crypto: CipherSuite, state: RatchetState, inChain: number, inNext: number): readonly string[] {
  const { receiving, nextReceiving, sending } = state;
  const current = receiving ? Array.from({ length: inChain }, (_, i) => crypto.name(receiving.keys.nameKey, u32(receiving.n + 1 + i))) : [];
  const next = sending.kind === "active" ? Array.from({ length: inNext }, (_, i) => crypto.name(nextReceiving.nameKey, u32(1 + i))) : [];
  return [...current, ...next];
}

export interface Decrypted {
  readonly state: RatchetState;
  readonly body: Uint8Array;
  /** The chain's number and the message's place in it; `previousLength` is the chain's PN. */
  readonly chain: number;
  readonly n: number;
  readonly previousLength: number;
  /** Names whose messages were passed over by this one. */
  readonly passedOver: readonly string[];
  readonly consumed: readonly Uint8Array[];
}

/** Opens the object found at `name`. `undefined`: not a message of this session, or one that breaks its rules; nothing is changed. */
export function decrypt(state: RatchetState, name: string, object: Uint8Array, tools: Pick<RatchetTools, "crypto">): Decrypted | undefined {
  if (sizeClass(object.length) !== object.length) return undefined;
  const sealed = new SealedMessage(tools.crypto, state, object.subarray(0, sealedHeaderLength), object.subarray(sealedHeaderLength));
  const skipped = state.skipped.get(name);
  if (skipped) return openSkipped(state, name, skipped, sealed);
  // Only after an own chain can the peer have begun another; then that is what comes most often, so its key is tried first.
  const inNext = state.sending.kind === "active" ? sealed.header(state.nextReceiving.headerKey) : undefined;
  if (inNext) return openInNextChain(state, name, inNext, sealed);
  const inChain = state.receiving && sealed.header(state.receiving.keys.headerKey);
  return state.receiving && inChain && openInChain(state, state.receiving, inChain, sealed);
}

/** One received object: its two sealed parts and what they are bound to. */
class SealedMessage {
  readonly crypto: CipherSuite;
  readonly #context: Uint8Array;
  readonly #header: Uint8Array;
  readonly #body: Uint8Array;
  readonly #isInitial: boolean;

  constructor(
    crypto: CipherSuite,
    state: Pick<RatchetState, "sessionId" | "role">,
    header: Uint8Array,
    body: Uint8Array,
    isInitial = false,
  ) {
    this.crypto = crypto;
    this.#context = concat(state.sessionId, direction(state.role === "initiator" ? "responder" : "initiator"));
    this.#header = header;
    this.#body = body;
    this.#isInitial = isInitial;
  }

  header(headerKey: Secret): Header | undefined {
    const opened = this.crypto.open("dr/hdr", headerKey, this.#context, this.#header);
    return opened && (this.#isInitial ? decodeInitialHeader(opened) : decodeHeader(opened));
  }

  body(messageKey: Secret): Uint8Array | undefined {
    const opened = this.crypto.open("dr/msg", messageKey, concat(this.#context, this.#header), this.#body);
    return opened && (this.#isInitial ? opened : unpad(opened));
  }
}

function openSkipped(state: RatchetState, name: string, key: SkippedKey, sealed: SealedMessage): Decrypted | undefined {
  const header = sealed.header(key.headerKey);
  if (!header || header.n !== key.n || !equal(fingerprintOf(sealed.crypto, header.chain), key.fingerprint)) return undefined;
  const body = sealed.body(key.messageKey);
  if (!body) return undefined;
  const skipped = new Map(state.skipped);
  skipped.delete(name);
  const { chain, n } = key;
  return {
    state: { ...state, skipped },
    body,
    chain,
    n,
    previousLength: header.chain.previousLength,
    passedOver: [],
    consumed: [key.messageKey],
  };
}

interface Passed {
  readonly chainKey: Secret;
  readonly keys: readonly (readonly [string, SkippedKey])[];
  readonly consumed: readonly Secret[];
}

/** Moves a receiving chain on to message `n`, keeping the keys of what it passes over. */
function passOver(crypto: CipherSuite, chain: ReceivingChain, n: number): Passed {
  const keys: (readonly [string, SkippedKey])[] = [];
  const consumed: Secret[] = [];
  let chainKey = chain.chainKey;
  for (let i = chain.n; i < n; i++) {
    const name = i === 0 ? chain.zeroName : crypto.name(chain.keys.nameKey, u32(i));
    const { headerKey } = chain.keys;
    const messageKey = messageKeyOf(crypto, chainKey);
    keys.push([name, { chain: chain.index, n: i, headerKey, messageKey, fingerprint: chain.fingerprint }]);
    consumed.push(chainKey);
    chainKey = nextChainKey(crypto, chainKey);
  }
  return { chainKey, keys, consumed };
}

function openInChain(state: RatchetState, chain: ReceivingChain, header: Header, sealed: SealedMessage): Decrypted | undefined {
  const { crypto } = sealed;
  if (!equal(fingerprintOf(crypto, header.chain), chain.fingerprint)) return undefined;
  if (header.n < chain.n || header.n - chain.n > maxSkippedInChain) return undefined;
  return finish(state, chain, header, sealed, [], []);
}

/** The peer's next chain: the receiving half of a ratchet step, with the own keys of the chain that it answers. */
function openInNextChain(state: RatchetState, name: string, header: Header, sealed: SealedMessage): Decrypted | undefined {
  const { crypto } = sealed;
  const { sending, receiving } = state;
  if (sending.kind !== "active") return undefined;
  if (receiving ? !isPlausibleNext(crypto, receiving, name, header) : header.chain.previousLength !== 0) return undefined;
  const step = receiveStep(state, sending, header.chain, crypto);
  if (!step) return undefined;
  const old = receiving && passOver(crypto, receiving, header.chain.previousLength);
  const zeroName = receiving
    ? crypto.name(receiving.keys.nameKey, u32(header.chain.previousLength))
    : crypto.name(state.nextReceiving.nameKey, u32(0));
  const chain = { ...step.chain, index: receiving ? receiving.index + 1 : 0, zeroName };
  const consumed = [sending.ratchet.privateKey, sending.kem.privateKey, sending.chainKey, sending.keys.headerKey, state.rootKey];
  if (old) consumed.push(...old.consumed, old.chainKey);
  return finish(step.state, chain, header, sealed, old?.keys ?? [], consumed);
}

/** A chain after another has PN ≥ 1, skips no more than is allowed, and its message 0 stands under the old chain's next unused name. */
function isPlausibleNext(crypto: CipherSuite, receiving: ReceivingChain, name: string, { chain, n }: Header): boolean {
  const passed = chain.previousLength - receiving.n;
  if (chain.previousLength < 1 || passed < 0 || passed > maxSkippedInChain) return false;
  return n > 0 || name === crypto.name(receiving.keys.nameKey, u32(chain.previousLength));
}

function receiveStep(
  state: RatchetState,
  sending: ActiveChain,
  header: ChainHeader,
  crypto: CipherSuite,
): { state: RatchetState; chain: Omit<ReceivingChain, "index" | "zeroName"> } | undefined {
  if (!crypto.mlKem768.isValidPublicKey(header.kemKey)) return undefined;
  const dh = crypto.x25519.agree(sending.ratchet.privateKey, header.ratchetKey);
  const ss = crypto.mlKem768.decapsulate(sending.kem.privateKey, header.ciphertext);
  if (!dh || !ss) return undefined;
  const { root, chain, next } = rootStep(crypto, state.rootKey, dh, ss, header);
  const due = {
    kind: "due" as const,
    remoteKey: header.ratchetKey,
    remoteKemKey: header.kemKey,
    previous: { nameKey: sending.keys.nameKey, length: sending.n },
  };
  return {
    state: { ...state, rootKey: root, nextReceiving: next, sending: due },
    chain: {
      keys: state.nextReceiving,
      chainKey: chain,
      fingerprint: fingerprintOf(crypto, header),
      previousLength: header.previousLength,
      n: 0,
    },
  };
}

/** Moves on to the message, opens it, and only then answers the new state (verify, then assign). */
function finish(
  state: RatchetState,
  chain: ReceivingChain,
  header: Header,
  sealed: SealedMessage,
  old: readonly (readonly [string, SkippedKey])[],
  consumedBefore: readonly Uint8Array[],
): Decrypted | undefined {
  const { crypto } = sealed;
  if (header.n - chain.n > maxSkippedInChain) return undefined;
  const passed = passOver(crypto, chain, header.n);
  const keys = [...old, ...passed.keys];
  if (state.skipped.size + keys.length > maxSkipped) return undefined;
  const messageKey = messageKeyOf(crypto, passed.chainKey);
  const body = sealed.body(messageKey);
  if (!body) return undefined;
  const receiving = { ...chain, chainKey: nextChainKey(crypto, passed.chainKey), n: header.n + 1 };
  const skipped = keys.length === 0 ? state.skipped : new Map([...state.skipped, ...keys]);
  return {
    state: { ...state, receiving, skipped },
    body,
    chain: chain.index,
    n: header.n,
    previousLength: chain.previousLength,
    passedOver: keys.map(([name]) => name),
    consumed: [...consumedBefore, ...passed.consumed, passed.chainKey, messageKey],
  };
}

/** What the responder needs of its signed prekey: the agreement, not the key. */
export type SignedPrekeyAgreement = (publicKey: Uint8Array) => Uint8Array | undefined;

/** The responder's state from the initiator's message 0, which is not padded and has no ciphertext. */
export function acceptRatchet(
  handshake: PqxdhResult,
  agree: SignedPrekeyAgreement,
  object: Uint8Array,
  { crypto }: Pick<RatchetTools, "crypto">,
): Decrypted | undefined {
  const keys = initialKeys(crypto, handshake.sharedKey, handshake.sessionId);
  const base = { sessionId: handshake.sessionId, role: "responder" as const };
  const sealed = new SealedMessage(
    crypto,
    base,
    object.subarray(0, sealedInitialHeaderLength),
    object.subarray(sealedInitialHeaderLength),
    true,
  );
  const header = sealed.header(keys.initiator.headerKey);
  if (header?.n !== 0 || header.chain.previousLength !== 0) return undefined;
  const dh = agree(header.chain.ratchetKey);
  if (!dh || !crypto.mlKem768.isValidPublicKey(header.chain.kemKey)) return undefined;
  const { root, chain, next } = rootStep(crypto, keys.root, dh, zero32, header.chain);
  const state: RatchetState = {
    ...base,
    rootKey: root,
    nextSending: keys.responder,
    nextReceiving: next,
    sending: { kind: "due", remoteKey: header.chain.ratchetKey, remoteKemKey: header.chain.kemKey, previous: undefined },
    receiving: undefined,
    skipped: new Map(),
  };
  const first: ReceivingChain = {
    index: 0,
    keys: keys.initiator,
    chainKey: chain,
    fingerprint: fingerprintOf(crypto, header.chain),
    previousLength: 0,
    zeroName: "",
    n: 0,
  };
  return finish(state, first, header, sealed, [], []);
}

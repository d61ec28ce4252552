import type { KeyPair, Secret } from "@cweb/crypto";
import type { ChainHeader } from "../wire/header.ts";

/**
 * The Double Ratchet with header encryption (revision 4, section 4), a KEM in every step, and name keys that move exactly like header
 * keys (SPEC "Ratchet"). Pure: a state and an input give a new state; states are never changed in place.
 */
export interface RatchetState {
  readonly sessionId: Uint8Array;
  readonly role: "initiator" | "responder";
  readonly rootKey: Secret;
  readonly nextSending: ChainKeys;
  readonly nextReceiving: ChainKeys;
  readonly sending: SendingChain;
  /** `undefined` until the peer's first chain is seen. */
  readonly receiving: ReceivingChain | undefined;
  /** Keys of messages that were passed over, by name. */
  readonly skipped: ReadonlyMap<string, SkippedKey>;
}

/** HK and NK of one chain. */
export interface ChainKeys {
  readonly headerKey: Secret;
  readonly nameKey: Secret;
}

/** Either the next message begins a chain (`due`: the deferred half of a ratchet step), or one is under way. */
export type SendingChain =
  | {
      readonly kind: "due";
      readonly remoteKey: Uint8Array;
      /** `undefined` only for the initiator's chain 0: no KEM key of the peer's is known but the prekey, which is in SK. */
      readonly remoteKemKey: Uint8Array | undefined;
      readonly previous: { readonly nameKey: Secret; readonly length: number } | undefined;
    }
  | {
      readonly kind: "active";
      readonly keys: ChainKeys;
      readonly chainKey: Secret;
      readonly header: ChainHeader;
      readonly ratchet: KeyPair;
      readonly kem: KeyPair;
      readonly n: number;
    };

export interface ReceivingChain {
  /** 0 for the peer's first chain. */
  readonly index: number;
  readonly keys: ChainKeys;
  readonly chainKey: Secret;
  /** SHA-256 of the chain's header values, which each of its messages must repeat. */
  readonly fingerprint: Uint8Array;
  readonly previousLength: number;
  /** Where this chain's message 0 stands. */
  readonly zeroName: string;
  /** Number of the next message. */
  readonly n: number;
}

export interface SkippedKey {
  readonly chain: number;
  readonly n: number;
  readonly headerKey: Secret;
  readonly messageKey: Secret;
  readonly fingerprint: Uint8Array;
}

export type ActiveChain = Extract<SendingChain, { kind: "active" }>;

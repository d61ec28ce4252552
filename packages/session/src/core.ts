export { acceptRatchet, type Decrypted, decrypt, expectedName, namesAhead, type SignedPrekeyAgreement } from "./core/decrypt.ts";
export { type Encrypted, encrypt, initiateRatchet, ownNextName, type RatchetTools } from "./core/encrypt.ts";
export { bodyRoom } from "./core/key-schedule.ts";
export type { RatchetState } from "./core/ratchet-state.ts";
export { ratchetCodec } from "./core/state-codec.ts";

export {
  acceptRatchet,
  bodyRoom,
  type Decrypted,
  decrypt,
  type Encrypted,
  encrypt,
  expectedName,
  initiateRatchet,
  namesAhead,
  ownNextName,
  type RatchetState,
  type RatchetTools,
  type SignedPrekeyAgreement,
} from "./core/ratchet.ts";
export { ratchetCodec } from "./core/state-codec.ts";

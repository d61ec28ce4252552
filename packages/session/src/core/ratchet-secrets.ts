import type { RatchetState } from "./ratchet-state.ts";

/** Every key of a state, for erasing when the session ends. */
export function ratchetSecrets(state: RatchetState): readonly Uint8Array[] {
  const { sending, receiving } = state;
  const ofSending =
    sending.kind === "active"
      ? [sending.chainKey, sending.keys.headerKey, sending.keys.nameKey, sending.ratchet.privateKey, sending.kem.privateKey]
      : sending.previous
        ? [sending.previous.nameKey]
        : [];
  const ofReceiving = receiving ? [receiving.chainKey, receiving.keys.headerKey, receiving.keys.nameKey] : [];
  const ofSkipped = [...state.skipped.values()].flatMap(({ headerKey, messageKey }) => [headerKey, messageKey]);
  const next = [state.nextSending, state.nextReceiving].flatMap(({ headerKey, nameKey }) => [headerKey, nameKey]);
  return [state.rootKey, ...next, ...ofSending, ...ofReceiving, ...ofSkipped];
}

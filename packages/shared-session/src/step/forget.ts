import type { Path } from "@cweb/storage-remote";
import { chainSecrets } from "../core/chain.ts";
import { ownCodec } from "../core/records.ts";
import type { RoomDraft } from "../room-draft.ts";
import { SharedSessionError } from "../shared-session-error.ts";

const perStep = 1000;

/** Erases a part of a room of the past: own objects, messages, letters, then the rest. Answers whether there is more. */
export function forgetSome(draft: RoomDraft): boolean {
  if (draft.isMember) throw new SharedSessionError("not-admin", "a room is left before it is forgotten");
  const { tx, names, head } = draft;
  const own = tx.scan(names.ownPrefix, { limit: perStep });
  const rest = [names.messagePrefix, names.letterPrefix].flatMap((prefix) => tx.scan(prefix, { limit: perStep }));
  for (const { bytes } of own) tx.withdraw(ownCodec.decode(bytes).path as Path);
  for (const { name } of [...own, ...rest]) tx.remove(name);
  if (own.length + rest.length > 0) return true;
  for (const { path } of head.retired) tx.withdraw(path as Path);
  for (const { epoch } of head.epochs) {
    const chains = draft.chains(epoch);
    if (chains) tx.consume(...chainSecrets(chains));
    draft.forget(epoch);
  }
  for (const epoch of head.pending) tx.remove(names.pending(epoch));
  for (const member of head.held) tx.remove(names.held(member));
  tx.consume(head.signingSeed, ...head.descriptors.map(({ key }) => key), ...head.epochKeys.map(({ key }) => key));
  return false;
}

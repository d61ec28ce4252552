import type { Path } from "@cweb/storage-remote";
import { chainSecrets } from "../core/chain.ts";
import { day, epochsKept, messagesKept } from "../core/limits.ts";
import { ownCodec, storedCodec } from "../core/records.ts";
import type { RoomDraft } from "../room-draft.ts";
import { coverage, history, isReadByAll } from "./receipts.ts";

/** What goes when its time is over (SPEC §7.6), by the clock that the own storage has confirmed. */

const tidyEvery: number = 6 * 60 * 60_000;
const perStep = 500;

export function tidy(draft: RoomDraft): void {
  const { confirmedNow } = draft.tx;
  const { tidiedAt } = draft.head;
  if (tidiedAt !== 0 && confirmedNow >= tidiedAt && confirmedNow - tidiedAt < tidyEvery) return;
  draft.set({ tidiedAt: confirmedNow });
  withdrawRead(draft);
  withdrawRetired(draft);
  forgetEpochs(draft);
}

/** Own messages that every member has, or that have stood long enough. */
function withdrawRead(draft: RoomDraft): void {
  const owned = draft.tx.scan(draft.names.ownPrefix, { limit: perStep });
  if (owned.length === 0) return;
  const { confirmedNow } = draft.tx;
  const keepDays = draft.current?.policy.keepDays ?? 0;
  const covered = coverage(draft, history(draft));
  for (const { name, bytes } of owned) {
    const own = ownCodec.decode(bytes);
    const age = confirmedNow - own.time;
    const isKept = age < keepDays * day;
    const isOver = age >= Math.max(messagesKept, keepDays * day);
    if (!isOver && (isKept || !isReadByAll(draft, covered, own))) continue;
    draft.tx.withdraw(own.path as Path);
    draft.tx.remove(name);
  }
}

function withdrawRetired(draft: RoomDraft): void {
  const over = draft.head.retired.filter(({ until }) => until <= draft.tx.confirmedNow);
  if (over.length === 0) return;
  for (const { path } of over) draft.tx.withdraw(path as Path);
  draft.set({ retired: draft.head.retired.filter((one) => !over.includes(one)) });
}

/** Epochs that were closed long ago go, and with them their messages. */
function forgetEpochs(draft: RoomDraft): void {
  const { head, tx } = draft;
  const last = head.epochs.findLast(({ epoch, learnedAt }) => epoch !== head.current && tx.confirmedNow - learnedAt >= epochsKept);
  if (!last) return;
  const next = head.epochs.find(({ previous }) => previous === last.epoch);
  if (!next || tx.confirmedNow - next.learnedAt < epochsKept || head.chains.includes(last.epoch)) return;
  const gone = new Set(head.epochs.filter(({ e }) => e <= last.e).map(({ epoch }) => epoch));
  const found = tx.scan(draft.names.messagePrefix, { limit: perStep }).filter(({ bytes }) => gone.has(storedCodec.decode(bytes).epoch));
  for (const { name } of found) tx.remove(name);
  if (found.length === perStep) {
    draft.set({ tidiedAt: 0 });
    return;
  }
  for (const epoch of gone) {
    const chains = draft.chains(epoch);
    if (chains) tx.consume(...chainSecrets(chains));
    draft.forget(epoch);
  }
}

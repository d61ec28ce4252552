import { decodeItems } from "@cweb/broadcast";
import { equal } from "@cweb/crypto";
import { type Path, toPath } from "@cweb/storage-remote";
import { type Acknowledgement, recordRead } from "../core/delivery.ts";
import { queuedCodec, type SentMessage, sentCodec } from "../core/state-codec.ts";
import { type Draft, orderIn } from "../draft.ts";
import { kinds } from "../kinds.ts";
import { retireOwnId } from "./own-ids.ts";

/**
 * What an acknowledgement finishes, and what it asks to be repaired (SPEC "Acknowledging"). One that reaches to objects which this home has not
 * uploaded may be of a state that was lost: it counts up to these, and for them once they are stored.
 */
export function settle(draft: Draft, said: Acknowledgement): void {
  const { ack, missing, lost } = said;
  const { live } = draft;
  // A peer that acknowledges what was never sent is not believed at all.
  if (!live || ack > live.delivery.lastSeq) return;
  const { oldestUnacked } = live.delivery;
  if (ack < oldestUnacked) return;
  const waiting = draft.tx.waiting();
  let believed = ack;
  for (const { name, bytes } of draft.scan(draft.names.sentPrefix, { limit: ack - oldestUnacked + 1 })) {
    const seq = orderIn(name);
    if (seq > ack) break;
    const sent = sentCodec.decode(bytes);
    if (waiting.has(sent.path as Path)) {
      believed = seq - 1;
      break;
    }
    if (!missing.includes(seq)) finish(draft, seq, sent, lost.includes(seq));
    else if (sent.path !== "") draft.repairs.push(toPath(sent.path));
  }
  const left = missing.filter((seq) => seq >= oldestUnacked);
  if (!draft.live) return;
  const { delivery } = draft.live;
  const heard = believed < ack ? said : null;
  draft.live = { ...draft.live, delivery: { ...delivery, heard, oldestUnacked: Math.min(believed + 1, ...left) } };
}

/** One-offs that went inside the session have arrived: they need not be listed in the slot any more. */
function dropListed(draft: Draft, queuedName: string): void {
  const queued = draft.get(queuedName);
  const list = queued && decodeItems(queuedCodec.decode(queued).payload);
  if (!list) return;
  // After a reset they may have gone a second time, and are reported once.
  for (const { messageId, kind } of draft.tools.broadcast.pendingOneOffs(draft.tx, draft.contact.id)) {
    if (list.items.some((item) => equal(item.messageId, messageId)))
      draft.report("delivered", { channel: "broadcast", messageId, number: kind });
  }
  draft.tools.broadcast.dropOneOffs(
    draft.tx,
    draft.contact.id,
    list.items.map(({ messageId }) => messageId),
  );
}

function finish(draft: Draft, seq: number, sent: SentMessage, isLost: boolean): void {
  const { tx, names, live } = draft;
  if (!live) return;
  draft.remove(names.sent(seq));
  if (sent.kind === kinds.oneOff.number && !isLost) dropListed(draft, names.queued(sent.order));
  if (sent.order > 0) draft.remove(names.queued(sent.order));
  if (sent.isNamed) retireOwnId(draft, sent.messageId);
  if (sent.path !== "") tx.withdraw(toPath(sent.path));
  if (!isLost) draft.live = { ...live, delivery: recordRead(live.delivery, sent.said) };
  if (sent.kind === kinds.ack.number) return;
  draft.state = { ...draft.state, unacked: draft.state.unacked - 1 };
  if (sent.kind === kinds.hello.number || sent.kind === kinds.oneOff.number) return;
  const about = { messageId: sent.messageId, number: sent.kind };
  if (!isLost) draft.report("delivered", about);
  else draft.report(sent.isResent ? "unconfirmed" : "undelivered", { ...about, detail: "lost" });
}

import type { CwebId } from "@cweb/discovery";
import { memberOf } from "./core/epoch.ts";
import type { GroupId } from "./core/ids.ts";
import { letterCodec } from "./core/room-head-codec.ts";
import type { Cancellable } from "./options.ts";
import type { RoomRunner } from "./room-runner.ts";

/** How many letters one step hands to sessions. */
const perStep = 32;
/** Session and mailbox tell by codes why a message cannot be queued now; its letter waits. */
const isFull = (failure: unknown): boolean =>
  failure instanceof Error && failure.name === "SessionError" && "code" in failure && failure.code === "peer-away";

interface Posted {
  readonly to: readonly CwebId[];
  /** Cards of members that must be written to and are no contacts yet. */
  readonly strangers: readonly string[];
  /** After this letter there are more. */
  readonly last: string | undefined;
}

/** Hands a room's letters to the sessions with their receivers, each in one commit with its removal. Answers to whom. */
export async function postLetters(runner: RoomRunner, groupId: GroupId, cancel: Cancellable): Promise<readonly CwebId[]> {
  const posted: CwebId[] = [];
  const strangers = new Set<string>();
  for (let after: string | undefined = ""; after !== undefined; ) {
    const from: string = after;
    const step = await postSome(runner, groupId, from, cancel);
    posted.push(...step.to);
    for (const card of step.strangers) strangers.add(card);
    after = step.last;
  }
  for (const card of strangers) await runner.options.introduce?.(card, cancel);
  return [...new Set(posted)];
}

function postSome(runner: RoomRunner, groupId: GroupId, after: string, cancel: Cancellable): Promise<Posted> {
  const { options } = runner;
  return runner.step(
    groupId,
    (draft) => {
      const found = draft.tx.scan(draft.names.letterPrefix, { limit: perStep, after });
      const to: CwebId[] = [];
      const strangers: string[] = [];
      for (const { name, bytes } of found) {
        const letter = letterCodec.decode(bytes);
        if (!options.isContact(draft.tx, letter.to)) {
          const card = draft.current && memberOf(draft.current, letter.to)?.card;
          if (card) strangers.push(card);
          continue;
        }
        try {
          options.enqueue(draft.tx, letter.to, { kind: letter.kind, payload: letter.payload, messageId: letter.messageId });
        } catch (failure) {
          if (isFull(failure)) continue;
          throw failure;
        }
        draft.tx.remove(name);
        to.push(letter.to);
      }
      return { to, strangers, last: found.length === perStep ? found.at(-1)?.name : undefined };
    },
    cancel,
  );
}

import { maxRiderBytes, maxRiders, maxWaitingRiders } from "../core/limits.ts";
import type { Draft } from "../draft.ts";
import { SessionError } from "../session-error.ts";
import type { Rider } from "../wire/body.ts";

/** Something small that waits for the next message that is sent anyway (SPEC "Riders"). */

/** Takes the place of those that `replaces` names: by default all of its number. Throws `SessionError` `too-large`. */
export function addRider(draft: Draft, { kind, bytes }: Rider, replaces: (other: Rider) => boolean = (other) => other.kind === kind): void {
  if (bytes.length > maxRiderBytes) throw new SessionError("too-large", `a rider may have ${maxRiderBytes} bytes`);
  const others = draft.state.riders.filter((other) => !replaces(other));
  draft.state = { ...draft.state, riders: [...others, { kind, bytes }].slice(-maxWaitingRiders) };
}

/** The oldest riders that fit one message. */
export function takeRiders(draft: Draft): readonly Rider[] {
  const taken: Rider[] = [];
  let bytes = 0;
  for (const rider of draft.state.riders) {
    if (taken.length === maxRiders || bytes + rider.bytes.length > maxRiderBytes) break;
    taken.push(rider);
    bytes += rider.bytes.length;
  }
  if (taken.length > 0) draft.state = { ...draft.state, riders: draft.state.riders.slice(taken.length) };
  return taken;
}

import type { PeerEvent } from "../../src/index.ts";
import type { Home } from "./world.ts";

type OfType<T extends PeerEvent["type"]> = Extract<PeerEvent, { type: T }>;

export const ofType = <T extends PeerEvent["type"]>(events: readonly PeerEvent[], type: T): readonly OfType<T>[] =>
  events.filter((event): event is OfType<T> => event.type === type);

/** What some rounds bring. */
export async function rounds(home: Home, count: number, full = false): Promise<readonly PeerEvent[]> {
  const events: PeerEvent[] = [];
  for (let i = 0; i < count; i++) events.push(...(await home.round(full)));
  return events;
}

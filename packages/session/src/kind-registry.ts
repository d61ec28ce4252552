import { kinds, type MessageKind, riderKinds } from "./kinds.ts";
import type { SessionLayer } from "./layer.ts";
import { SessionError } from "./session-error.ts";

/** Which kinds of messages are known, and which layer above takes them. */
export interface KindRegistry {
  get(number: number): MessageKind | undefined;
  /** The layer that messages of this kind go to; `undefined`: to the inbox. */
  layerOf(kind: number): SessionLayer | undefined;
  /** The layer that riders of this number go to; `undefined`: they are skipped. */
  layerOfRider(kind: number): SessionLayer | undefined;
  readonly layers: readonly SessionLayer[];
}

/**
 * This layer's kinds, those of `upper`, whose messages go to the inbox, and those of `layers`. Throws `SessionError` `duplicate-kind` where two
 * kinds have the same number, or two layers ask for the same riders.
 */
export function createKindRegistry(upper: readonly MessageKind[] = [], layers: readonly SessionLayer[] = []): KindRegistry {
  const byNumber = new Map<number, MessageKind>();
  for (const kind of [...Object.values(kinds), ...upper, ...layers.flatMap((layer) => layer.kinds)]) {
    if (byNumber.has(kind.number)) throw new SessionError("duplicate-kind", `two kinds of message have the number ${kind.number}`);
    byNumber.set(kind.number, kind);
  }
  const ofKind = new Map(layers.flatMap((layer) => layer.kinds.map(({ number }) => [number, layer] as const)));
  const ofRider = new Map<number, SessionLayer>();
  for (const layer of layers) {
    for (const rider of layer.riders ?? []) {
      if (rider === riderKinds.descSeen || ofRider.has(rider))
        throw new SessionError("duplicate-kind", `two layers take riders of number ${rider}`);
      ofRider.set(rider, layer);
    }
  }
  return {
    get: (number) => byNumber.get(number),
    layerOf: (kind) => ofKind.get(kind),
    layerOfRider: (kind) => ofRider.get(kind),
    layers: [...layers],
  };
}

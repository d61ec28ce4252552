import { seededRandom } from "@cweb/crypto/testing";
import type { InboxEvent, Transaction } from "@cweb/mailbox";

/** Records in a map, for a layer's functions alone. */
export class MapTransaction implements Transaction {
  readonly records: Map<string, Uint8Array> = new Map();
  readonly events: InboxEvent[] = [];
  readonly now: number = Date.UTC(2026, 0, 1);
  readonly confirmedNow: number = Date.UTC(2026, 0, 1);
  readonly incarnation = 1;
  readonly random: Transaction["random"] = seededRandom(1);
  #tick = 0;

  tick(): number {
    return ++this.#tick;
  }
  get(name: string): Uint8Array | undefined {
    return this.records.get(name);
  }
  scan(prefix: string, { limit = 1_000 } = {}): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
    const names = [...this.records.keys()].filter((name) => name.startsWith(prefix)).sort();
    return names.slice(0, limit).map((name) => ({ name, bytes: this.records.get(name) as Uint8Array }));
  }
  put(name: string, bytes: Uint8Array): void {
    this.records.set(name, bytes);
  }
  remove(name: string): void {
    this.records.delete(name);
  }
  deliver(event: InboxEvent): void {
    this.events.push(event);
  }
  waiting(): ReadonlySet<never> {
    return new Set();
  }
  publish(): void {
    throw new Error("this layer publishes nothing");
  }
  replace(): void {
    throw new Error("this layer publishes nothing");
  }
  withdraw(): void {
    throw new Error("this layer publishes nothing");
  }
  consume(): void {
    throw new Error("this layer has no keys");
  }
}

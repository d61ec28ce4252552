import type { ProviderProfile } from "./core/profile.ts";
import { Refusal } from "./core/refusal.ts";
import type { ServerClock } from "./system-clock.ts";

/** Above so many names the oldest are forgotten: a test's profile must not fill the memory. */
const maxRemembered = 10_000;

/** What the provider profile does to a request beside its meaning (SPEC §9): delay, refuse, cut. */
export class Faults {
  readonly #profile: ProviderProfile;
  readonly #clock: ServerClock;
  readonly #budgets = new Map<string, { left: number; at: number }>();
  #state: number;

  constructor(profile: ProviderProfile, clock: ServerClock, seed: number) {
    this.#profile = profile;
    this.#clock = clock;
    this.#state = seed >>> 0;
  }

  /** @throws Refusal `SlowDown`. */
  async delay(signal: AbortSignal): Promise<void> {
    const { latency = 0, slowDown = 0 } = this.#profile;
    if (latency > 0) await this.#clock.sleep(latency, signal);
    if (this.#happens(slowDown)) throw new Refusal("SlowDown");
  }

  /** @throws Refusal `TooManyRequests` above `writeRate` writes a second for one object. */
  countWrite(bucket: string, key: string): void {
    const rate = this.#profile.writeRate;
    if (rate === undefined) return;
    const name = `${bucket}/${key}`;
    const most = Math.max(1, rate);
    const now = this.#clock.now();
    const before = this.#budgets.get(name) ?? { left: most, at: now };
    const left = Math.min(most, before.left + ((now - before.at) / 1000) * rate);
    this.#budgets.delete(name);
    this.#budgets.set(name, { left: left < 1 ? left : left - 1, at: now });
    for (const oldest of this.#budgets.keys()) {
      if (this.#budgets.size <= maxRemembered) break;
      this.#budgets.delete(oldest);
    }
    if (left < 1) throw new Refusal("TooManyRequests");
  }

  /** Whether and when to cut the connection of one request: before anything is done, or in the answer. */
  cut(isWrite: boolean): "never" | "before" | "in-answer" {
    if (!this.#happens(this.#profile.cut ?? 0)) return "never";
    return isWrite && this.#happens(0.5) ? "before" : "in-answer";
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#dice() < probability;
  }

  /** Mulberry32: repeatable from its seed; nothing secret depends on it. */
  #dice(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }
}

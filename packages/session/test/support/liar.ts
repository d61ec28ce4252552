import type { Path, ReadResult } from "@cweb/storage-remote";
import type { Dice } from "./dice.ts";
import { day, hour, type Request, type TestPeer, type World } from "./world.ts";

/** Chances in percent, for each object. */
export interface Lies {
  readonly loses: number;
  readonly corrupts: number;
  readonly withholds: number;
  readonly delays: number;
  readonly replays: number;
}

/** Stores that lose, alter, withhold or delay objects, and show old slots and descriptors: each object's fate is drawn when it is first asked for. */
export class Liar {
  isOn = false;
  readonly #dice: Dice;
  readonly #lies: Lies;
  readonly #hiddenUntil = new Map<string, number>();
  readonly #altered = new Set<string>();
  readonly #seen = new Map<string, ReadResult[]>();

  constructor(dice: Dice, lies: Lies) {
    this.#dice = dice;
    this.#lies = lies;
  }

  get hasAltered(): boolean {
    return this.#altered.size > 0;
  }

  /** From now on nothing more is done; what was merely delayed comes. Answers whether something stays hidden for ever. */
  relent(): boolean {
    this.isOn = false;
    for (const [key, until] of this.#hiddenUntil) if (until < Number.POSITIVE_INFINITY) this.#hiddenUntil.delete(key);
    return this.#hiddenUntil.size > 0 || this.hasAltered;
  }

  answer(world: World, request: Request, answer: ReadResult): ReadResult {
    const { owner, by, path } = request;
    if (owner.index === by || answer.kind !== "found") return answer;
    const key = `${by} ${path}`;
    if (owner.mutablePaths().includes(path)) return this.isOn ? this.#replay(key, answer) : answer;
    if (this.isOn && !this.#hiddenUntil.has(key)) this.#decide(world, key, owner, path);
    if (this.#altered.has(key)) return { ...answer, bytes: answer.bytes.map((byte, i) => (i === 99 ? byte ^ 1 : byte)) };
    return (this.#hiddenUntil.get(key) ?? 0) > world.clock.now() ? { kind: "absent" } : answer;
  }

  #decide({ clock }: World, key: string, owner: TestPeer, path: Path): void {
    const dice = this.#dice;
    const { loses, corrupts, withholds, delays } = this.#lies;
    let until = 0;
    if (dice.chance(loses)) {
      // The store loses it: its owner, too, finds nothing there.
      void owner.bucket.writer.remove(path);
      until = clock.now() + 1;
    } else if (dice.chance(corrupts)) this.#altered.add(key);
    else if (dice.chance(withholds)) until = Number.POSITIVE_INFINITY;
    else if (dice.chance(delays)) until = clock.now() + dice.pick([hour, day, 10 * day]);
    this.#hiddenUntil.set(key, until);
  }

  #replay(key: string, answer: ReadResult): ReadResult {
    const seen = this.#seen.get(key) ?? [];
    this.#seen.set(key, [...seen.slice(-5), answer]);
    return seen.length > 0 && this.#dice.chance(this.#lies.replays) ? this.#dice.pick(seen) : answer;
  }
}

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type AtEnd, type Line, type Person, person, type Store, scratch, startStore } from "./cli.ts";

const names = ["ada", "ben", "cleo", "dan"] as const;

/** Four people over an S3 server, of whom all know each other. */
export class RoomOfFour {
  readonly store: Store;
  readonly people: readonly [Person, Person, Person, Person];

  private constructor(store: Store, people: RoomOfFour["people"]) {
    this.store = store;
    this.people = people;
  }

  static async meet(atEnd: AtEnd): Promise<RoomOfFour> {
    const folder = scratch(atEnd);
    const store = await startStore({}, atEnd);
    const people = await Promise.all(names.map(async (name) => person(folder, name, await store.mailbox(name))));
    const cards = await Promise.all(people.map((one) => one.card()));
    await Promise.all(
      people.map(async (one, i) => {
        for (const [k, card] of cards.entries()) if (i !== k) await one.ok(["add", card, "--as", names[k] as string]);
      }),
    );
    return new RoomOfFour(store, people as unknown as RoomOfFour["people"]);
  }

  /** A room of Ada's for all of them. */
  async room(name: string, options: readonly string[] = []): Promise<void> {
    const [ada] = this.people;
    await ada.ok(["room", "create", name, ...options]);
    await ada.ok(["room", "add", name, "ben", "cleo", "dan"]);
    await this.rounds(3);
  }

  /** Some rounds of some people, side by side. Answers what each was told. */
  async rounds(count: number, of: readonly Person[] = this.people, days = 0): Promise<ReadonlyMap<Person, readonly Line[]>> {
    const told = new Map<Person, Line[]>(of.map((one) => [one, []]));
    const env = days === 0 ? {} : { CWEB_CLOCK_OFFSET_MS: String(Math.round(days * 86_400_000)) };
    for (let i = 0; i < count; i++) {
      await Promise.all(of.map(async (one) => told.get(one)?.push(...(await one.ok(["receive"], { env })))));
    }
    return told;
  }

  /** The files of the objects that somebody's bucket holds. */
  objectsOf(name: string): readonly string[] {
    const entries = readdirSync(this.store.data, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => path.includes(`/${name}/`));
  }
}

export async function statusOf(one: Person, room: string): Promise<Line> {
  const [line] = await one.ok(["room", "status", room]);
  if (!line) throw new Error("no status");
  return line;
}

export async function textsOf(one: Person, room: string): Promise<readonly unknown[]> {
  return (await one.ok(["room", "history", room])).map(({ text }) => text);
}
